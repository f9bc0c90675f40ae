"""What the measurements of a call mean, in Chinese: their register in `analytics` is in English."""

from __future__ import annotations

#: Name of a feature → what is counted; ``each_`` stands for both parties, of whom {who} is one.
DEFINED: dict[str, str] = {
    "conversation_seconds": "对话部分从任一方的第一个字到最后一个字。",
    "talk_seconds": "至少有一方在说话的时间。",
    "talk_share": "说话时长 ÷ 对话时长。",
    "non_talk_seconds": "对话时长 − 说话时长；对话中的保持和提示音也算在内。",
    "non_talk_share": "非说话时长 ÷ 对话时长。",
    "each_talk_seconds": "{who}说话的时间。",
    "each_talk_share": "{who}说话时长 ÷ 对话时长；双方占比相加再减去重叠占比，等于说话占比。",
    "each_longest_monologue_seconds": (
        "{who}连续说话最长的一段，从第一个字到最后一个字：其间没有超过 2 秒的停顿，"
        "{other}最多只有“嗯、对、好的”之类的应答。"
    ),
    "silence_longest_seconds": "最长的一次静默，不论长短；双方之间没有静默时为 0。",
    "silence_over_2s_count": "超过 2 秒的静默有几次；保持和提示音不算静默。",
    "silence_over_2s_seconds": "超过 2 秒的静默的总时长。",
    "silence_over_2s_share": "超过 2 秒的静默总时长 ÷ 对话时长。",
    "silence_over_2s_broken_by_agent_count": "超过 2 秒的静默中，由坐席先开口的有几次。",
    "silence_over_2s_broken_by_caller_count": "超过 2 秒的静默中，由来电人先开口的有几次。",
    "silence_over_5s_count": "超过 5 秒的静默有几次；保持和提示音不算静默。",
    "silence_over_5s_seconds": "超过 5 秒的静默的总时长。",
    "silence_over_5s_share": "超过 5 秒的静默总时长 ÷ 对话时长。",
    "silence_over_5s_broken_by_agent_count": "超过 5 秒的静默中，由坐席先开口的有几次。",
    "silence_over_5s_broken_by_caller_count": "超过 5 秒的静默中，由来电人先开口的有几次。",
    "overlap_count": "双方同时说话有几段。",
    "overlap_seconds": "双方同时说话的总时长。",
    "overlap_share": "重叠时长 ÷ 对话时长。",
    "each_interruptions_count": (
        "{who}停了至少 1 秒之后，在{other}正说话时开口，并且双方同时说话超过 1 秒的次数。"
    ),
    "speech_rate_characters_per_minute": "双方的字数 ÷ 双方语句的分钟数。",
    "each_speech_rate_characters_per_minute": "{who}的字数 ÷ {who}语句的分钟数。",
    "each_response_latency_median_seconds": (
        "从{other}说完到{who}开口的时间，取中位数；只算没有重叠的换人说话。"
    ),
    "each_response_latency_p90_seconds": "从{other}说完到{who}开口的时间，取第 90 百分位数。",
    "hold_seconds": "坐席让来电人保持的时间，按通话的保持事件计算；没有结束的保持算到通话结束。",
    "hold_count": "坐席让来电人保持有几次。",
    "hold_longest_seconds": "其中最长的一次。",
    "caller_hold_seconds": "来电人让我方保持的时间。",
    "each_loudness_dbov": (
        "{who}各语句的有效话音电平（ITU-T P.56 方法 B）按时长的功率平均；0 dBov 是满幅方波。"
    ),
    "each_loudness_change_db": "{who}在对话最后四分之一的音量 − 最初四分之一的音量。",
    "utterances_count": "双方的语句数。",
    "turns_count": "话轮数：一方连续的几句，中间没有另一方的话，算一个话轮。",
    "each_turns_count": "{who}的话轮数。",
    "each_characters_count": "{who}说了多少字。",
    "caller_characters_share": "来电人的字数 ÷ 双方的字数。",
    "each_longest_turn_characters": "{who}最长的一个话轮的字数。",
    "caller_spoke_first": "第一句话是不是来电人说的。",
    "caller_spoke_last": "最后一句话是不是来电人说的。",
    "each_questions_count": "{who}带问号、疑问词（怎么、为什么、多少、是不是……）或以“吗、呢”结尾的语句数。",
    "each_thanks_count": "{who}说“谢谢、感谢、辛苦了”一类话的语句数；“不用谢”不算。",
    "each_apologies_count": "{who}说“抱歉、对不起、不好意思、请您谅解”一类话的语句数。",
    "caller_repeated_requests_count": (
        "来电人的语句中，至少 5 个字、并且与自己此前 40 句中的一句相似"
        "（按不带声调的音节，不低于 0.6）的句数。"
    ),
    "each_sentiment_mean": "{who}各语句情绪极性的平均，从 −1（负面）到 1（正面）。",
    "each_sentiment_quarter_1": "{who}在对话第一个四分之一里的情绪平均。",
    "each_sentiment_quarter_2": "{who}在对话第二个四分之一里的情绪平均。",
    "each_sentiment_quarter_3": "{who}在对话第三个四分之一里的情绪平均。",
    "each_sentiment_quarter_4": "{who}在对话第四个四分之一里的情绪平均。",
    "each_sentiment_change": "{who}第四段情绪 − 第一段情绪，从 −2 到 2。",
    "caller_earlier_calls_7_days_count": "同一来电人在这通电话之前 7 天内打来几次。",
    "caller_earlier_calls_30_days_count": "同一来电人在这通电话之前 30 天内打来几次。",
}

#: Why something is not available, as it is stored → in Chinese.
BECAUSE: dict[str, str] = {
    "nothing was said": "没有人说话",
    "nobody said a word": "没有人说话",
    "the transcript has no times": "转写没有时间",
    "it is not known who spoke": "不知道是谁在说话",
    "no agent spoke: the call stayed with the menus": "坐席没有说话：通话停留在菜单里",
    "no events of the call were given": "没有这通电话的事件记录",
    "the conversation has no length": "对话没有时长",
    "no record of the call was given": "没有这通电话的记录",
    "no list of the caller's earlier calls was given": "不知道来电人此前的通话",
    "no sound of the call was given": "没有这通电话的录音",
    "no sentiment of the utterances was given": "没有语句的情绪判断",
    "the agent did not speak": "坐席没有说话",
    "the caller did not speak": "来电人没有说话",
    "the agent never answered the caller without overlap": "坐席没有一次在来电人说完之后才开口",
    "the caller never answered the agent without overlap": "来电人没有一次在坐席说完之后才开口",
    "no sound of the agent": "没有坐席的声音",
    "no sound of the caller": "没有来电人的声音",
    "no utterance of the agent was judged": "坐席的语句都没有情绪判断",
    "no utterance of the caller was judged": "来电人的语句都没有情绪判断",
    "the agent did not speak in both the first and the last quarter": "坐席没有在首尾两段都说话",
    "the caller did not speak in both the first and the last quarter": "来电人没有在首尾两段都说话",
    "the agent was not judged in both the first and the last quarter": "坐席的首尾两段没有都得到情绪判断",
    "the caller was not judged in both the first and the last quarter": "来电人的首尾两段没有都得到情绪判断",
    **{
        f"no utterance of the {role} was judged in quarter {quarter}": f"{name}在第{quarter}段没有语句"
        for role, name in (("agent", "坐席"), ("caller", "来电人"))
        for quarter in (1, 2, 3, 4)
    },
}
