"""What every conversation feature means: the register that the code, the page and the reports share."""

from __future__ import annotations

from dataclasses import dataclass

#: A pause of one party's own that ends a monologue, and the shorter of the two silences that are reported.
SHORT_SILENCE_MS = 2000
LONG_SILENCE_MS = 5000
#: An overlap up to this long is no interruption.
INTERRUPTION_DELAY_MS = 1000
#: Utterances at least so similar (Dice coefficient of syllable pairs) repeat each other.
REPEAT_SIMILARITY = 0.6
#: Shorter utterances, in normalised characters, repeat nothing.
REPEAT_CHARACTERS = 5
#: How many of the caller's utterances back a repetition is looked for.
REPEAT_REACH = 40


@dataclass(frozen=True, slots=True)
class Feature:
    """One conversation feature.

    Parameters
    ----------
    name : str
        In snake case, with its unit.
    group : str
        The section of the page that tells of it.
    unit : str
        ``s``, ``share`` (0 to 1), ``count``, ``characters``, ``characters/min``, ``dB``, ``dBov``,
        ``polarity`` (-1 to 1) or ``yes/no`` (1 or 0).
    chinese, english : str
        Labels for reports.
    definition : str
        What exactly is counted.
    source : str
        Whose definition it follows; ``""`` for our own.
    """

    name: str
    group: str
    unit: str
    chinese: str
    english: str
    definition: str
    source: str = ""


_CONNECT = "Amazon Connect: agent talk time percent"
_PCA = "AWS Post Call Analytics"
_SCA = "Alibaba SCA"
_GOOGLE = "Google CX Insights: silence over 5 s, as a share of the call"

_OF = {"agent": ("坐席", "Agent's"), "caller": ("来电人", "Caller's")}


def _each(
    name: str, group: str, unit: str, zh: str, en: str, definition: str, source: str = ""
) -> list[Feature]:
    """Return the feature of the agent and that of the caller; ``{who}`` and ``{other}`` stand for them."""
    return [
        Feature(
            f"{who}_{name}",
            group,
            unit,
            chinese + zh,
            f"{english} {en}",
            definition.format(who=who, other="caller" if who == "agent" else "agent"),
            source,
        )
        for who, (chinese, english) in _OF.items()
    ]


def _silences(seconds: int, source: str) -> list[Feature]:
    name, zh, en = f"silence_over_{seconds}s", f"超过{seconds}秒的静默", f"Silences over {seconds} s"
    kept = f"silences longer than {seconds} s"
    return [
        Feature(f"{name}_count", "Silence", "count", f"{zh}次数", en, f"How many {kept} there are.", source),
        Feature(
            f"{name}_seconds", "Silence", "s", f"{zh}时长", f"{en}, total", f"Sum of the {kept}.", source,
        ),
        Feature(
            f"{name}_share", "Silence", "share", f"{zh}占比", f"{en}, share of the call",
            f"Sum of the {kept}, divided by `conversation_seconds`.", source,
        ),
        *(
            Feature(
                f"{name}_broken_by_{who}_count", "Silence", "count", f"{zh}由{chinese}打破次数",
                f"{en} broken by the {who}", f"How many {kept} end with the {who} speaking.",
            )
            for who, (chinese, _) in _OF.items()
        ),
    ]  # fmt: skip


_DEFINED: tuple[Feature, ...] = (
    Feature(
        "conversation_seconds", "Talk", "s", "对话时长", "Conversation",
        "From the first word of a party to the last one, within the conversation.", _CONNECT,
    ),
    Feature(
        "talk_seconds", "Talk", "s", "说话时长", "Talk", "Time in which at least one party speaks.", _PCA,
    ),
    Feature(
        "talk_share", "Talk", "share", "说话占比", "Talk, share", "`talk_seconds` / `conversation_seconds`.",
        _CONNECT,
    ),
    Feature(
        "non_talk_seconds", "Talk", "s", "非说话时长", "Non-talk",
        "`conversation_seconds` - `talk_seconds`; holds and prompts within the conversation count here.",
        "Amazon Connect: non-talk time",
    ),
    Feature(
        "non_talk_share", "Talk", "share", "非说话占比", "Non-talk, share",
        "`non_talk_seconds` / `conversation_seconds`.", "Amazon Connect: non-talk time",
    ),
    *_each("talk_seconds", "Talk", "s", "说话时长", "talk", "Time in which the {who} speaks.", _PCA),
    *_each(
        "talk_share", "Talk", "share", "说话占比", "talk, share",
        "`{who}_talk_seconds` / `conversation_seconds`. The two shares and the overlap's add up so: agent + "
        "caller - `overlap_share` = `talk_share`, which is at most 1.", _CONNECT,
    ),
    *_each(
        "longest_monologue_seconds", "Talk", "s", "最长独白", "longest monologue",
        "Longest stretch, from first to last word, in which the {who} speaks with no pause over 2 s and the "
        "{other} says at most listening words (up to three characters such as 嗯, 对, 好的).",
    ),
    Feature(
        "silence_longest_seconds", "Silence", "s", "最长静默", "Longest silence",
        "The longest silence of any length; 0 where the parties leave none.",
    ),
    *_silences(2, f"{_SCA}: silence, 2000 ms"),
    *_silences(5, _GOOGLE),
    Feature(
        "overlap_count", "Overlap", "count", "重叠次数", "Overlaps",
        "Stretches in which both parties speak at once.",
    ),
    Feature(
        "overlap_seconds", "Overlap", "s", "重叠时长", "Overlap", "Time in which both parties speak at once.",
    ),
    Feature(
        "overlap_share", "Overlap", "share", "重叠占比", "Overlap, share",
        "`overlap_seconds` / `conversation_seconds`.",
    ),
    *_each(
        "interruptions_count", "Overlap", "count", "抢话次数", "interruptions",
        "Utterances that the {who}, silent for a second, begins while the {other} is speaking, and in which "
        "both go on for more than 1000 ms.", f"{_SCA}: interruption, DelayTime 1000 ms",
    ),
    Feature(
        "speech_rate_characters_per_minute", "Pace", "characters/min", "语速", "Speech rate",
        "Characters of both parties per minute of their utterances.", f"{_SCA}: speed",
    ),
    *_each(
        "speech_rate_characters_per_minute", "Pace", "characters/min", "语速", "speech rate",
        "Characters of the {who} per minute of the {who}'s utterances.", f"{_SCA}: speed",
    ),
    *_each(
        "response_latency_median_seconds", "Pace", "s", "应答间隔中位数", "response latency, median",
        "Median time from the end of the {other}'s words to the {who}'s, over the changes of speaker without "
        "overlap.",
    ),
    *_each(
        "response_latency_p90_seconds", "Pace", "s", "应答间隔九成位", "response latency, 90th percentile",
        "90th percentile of the same, interpolated linearly.",
    ),
    Feature(
        "hold_seconds", "Hold", "s", "保持时长", "Hold",
        "Time in which the agent had the caller on hold, from the call's `hold` events; a hold that nothing "
        "ends lasts to the end of the call.", "Amazon Connect: customer hold time",
    ),
    Feature("hold_count", "Hold", "count", "保持次数", "Holds", "How many such holds."),
    Feature("hold_longest_seconds", "Hold", "s", "最长保持", "Longest hold", "The longest of them."),
    Feature(
        "caller_hold_seconds", "Hold", "s", "来电人保持时长", "Held by the caller",
        "Time in which the caller had us on hold.",
    ),
    *_each(
        "loudness_dbov", "Loudness", "dBov", "音量", "loudness",
        "Power mean of the active speech levels of the {who}'s utterances, weighted by their seconds. 0 dBov "
        "is a square wave at full scale.", f"ITU-T P.56, method B; per turn: {_PCA}",
    ),
    *_each(
        "loudness_change_db", "Loudness", "dB", "音量变化", "change of loudness",
        "`{who}_loudness_dbov` of the last quarter of the conversation minus that of the first.",
    ),
    Feature("utterances_count", "Turns", "count", "语句数", "Utterances", "Utterances of the parties."),
    Feature(
        "turns_count", "Turns", "count", "话轮数", "Turns",
        "Turns: utterances of one party without one of the other in between are one turn.",
    ),
    *_each("turns_count", "Turns", "count", "话轮数", "turns", "Turns of the {who}."),
    *_each("characters_count", "Turns", "characters", "字数", "characters", "Characters of the {who}."),
    Feature(
        "caller_characters_share", "Turns", "share", "来电人字数占比", "Caller's characters, share",
        "`caller_characters_count` / the characters of both.",
    ),
    *_each(
        "longest_turn_characters", "Turns", "characters", "最长话轮字数", "longest turn",
        "Characters of the {who}'s longest turn.",
    ),
    Feature(
        "caller_spoke_first", "Turns", "yes/no", "来电人先开口", "Caller spoke first",
        "Whether the first utterance is the caller's.",
    ),
    Feature(
        "caller_spoke_last", "Turns", "yes/no", "来电人最后说话", "Caller spoke last",
        "Whether the last utterance is the caller's.",
    ),
    *_each(
        "questions_count", "Wording", "count", "提问次数", "questions",
        "Utterances of the {who} with a question mark, a question word (怎么, 为什么, 多少, 是不是 …), or "
        "吗, 呢 at the end.",
    ),
    *_each(
        "thanks_count", "Wording", "count", "致谢次数", "thanks",
        "Utterances of the {who} with 谢谢, 多谢, 感谢, 谢了 or 辛苦了; 不用谢 is none.",
    ),
    *_each(
        "apologies_count", "Wording", "count", "致歉次数", "apologies",
        "Utterances of the {who} with 抱歉, 对不起, 不好意思, 请您谅解 or the like.",
    ),
    Feature(
        "caller_repeated_requests_count", "Wording", "count", "重复诉求次数", "Repeated requests",
        "Utterances of the caller of at least 5 characters that are similar, by at least 0.6, to one of the "
        "caller's 40 utterances before. Similarity is the Dice coefficient of the sets of pairs of toneless "
        "syllables, after normalising: what the recogniser writes with homophones is still the same.",
        f"{_SCA}: context repetition, similarity 0.6, from 5 characters",
    ),
    *_each(
        "sentiment_mean", "Sentiment", "polarity", "情绪均值", "sentiment",
        "Mean polarity of the {who}'s utterances.", _PCA,
    ),
    *(
        feature
        for quarter in (1, 2, 3, 4)
        for feature in _each(
            f"sentiment_quarter_{quarter}", "Sentiment", "polarity", f"第{quarter}段情绪",
            f"sentiment, quarter {quarter}",
            f"Mean polarity of the {{who}}'s utterances in quarter {quarter} of the conversation.",
            f"{_PCA}: sentiment per quarter",
        )
    ),
    *_each(
        "sentiment_change", "Sentiment", "polarity", "情绪变化", "change of sentiment",
        "`{who}_sentiment_quarter_4` - `{who}_sentiment_quarter_1`; from -2 to 2.",
        f"{_PCA}: SentimentChange",
    ),
    *(
        Feature(
            f"caller_earlier_calls_{days}_days_count", "History", "count", f"{days}天内来电次数",
            f"Earlier calls in {days} days",
            f"Calls of the same caller that began in the {days} days before this one.",
        )
        for days in (7, 30)
    ),
)  # fmt: skip

#: All features by name, in the order of reports.
FEATURES: dict[str, Feature] = {feature.name: feature for feature in _DEFINED}
