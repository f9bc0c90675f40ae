"""The reasons of :mod:`analytics.riskmodel.reasons`, which are kept in Chinese, in English.

What was said stays as it was said. Sentences that another model wrote, or a later release, stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from analytics.conversation.definitions import FEATURES
from analytics.riskmodel.reasons import REST

#: What :data:`analytics.riskmodel.cues.CUSTOMER` and ``AGENT`` call the cues.
CUES: dict[str, str] = {
    "道谢": "thanks",
    "满意应答": "a contented answer",
    "指责": "blame",
    "辱骂": "abuse",
    "扬言追究": "threat to take it further",
    "要离开": "wish to leave",
    "追问": "pressing question",
    "说拖延": "talk of delay",
    "否定": "negation",
    "给出号码": "number given",
    "感叹": "exclamation",
    "疑问": "question",
    "省略": "trailing off",
    "连用标点": "repeated punctuation",
    "客气": "politeness",
    "直呼对方": "“you people”",
    "已经做过": "mention of what was done already",
    "咨询": "enquiry",
    "表情": "emoticon",
    "请对方私下联系": "request for a private message",
    "道歉": "apology",
    "请对方谅解": "plea for understanding",
    "说已转交": "word that it was passed on",
    "说会核查": "promise to look into it",
    "要资料": "request for particulars",
    "问号码": "request for a number",
    "建议自办": "advice to do it oneself",
    "请对方等": "request to wait",
    "说已办好": "word that it is done",
    "空话": "empty phrase",
    "请对方关注": "plea to follow along",
    "拒绝": "refusal",
    "反问": "question in return",
    "祝福": "good wishes",
}
#: What :data:`analytics.riskmodel.signals.FROM_FINDINGS` calls the findings.
FINDINGS: dict[str, str] = {
    "客户在投诉": "the caller complains",
    "投诉性质重大": "a grave complaint",
    "投诉紧急": "an urgent complaint",
    "客户情绪负面": "the caller's mood is negative",
    "客户情绪正面": "the caller's mood is positive",
    "客户情绪强烈负面或辱骂": "the caller is very upset or abusive",
}
_SIGNALS = FINDINGS | {feature.chinese: feature.english for feature in FEATURES.values()}
_WHO = {"客户": "caller", "客服": "agent", "通话中": "call"}
_WHOLE: dict[str, str] = {
    REST: "all other words and traits",
    "客户最后发言": "caller spoke last",
    "客服最后发言": "agent spoke last",
    "无人发言": "nobody spoke",
    "客户未再发言": "caller did not speak again",
    "客服从未回复": "agent never answered",
    "客服重复同样的话": "agent says the same again",
    "客服没有重复自己的话": "agent does not repeat the same",
    "客户重复自己的话": "caller says the same again",
    "客户没有重复自己的话": "caller does not repeat the same",
}
_SPEAKER = f"(?P<who>{'|'.join(_WHO)})"
_CUE = f"(?P<cue>{'|'.join(CUES)})"
_SIGNAL = f"(?P<signal>{'|'.join(sorted(map(re.escape, _SIGNALS), key=len, reverse=True))})"

Make = Callable[[re.Match[str]], str]


def _filled(pattern: str) -> Make:
    """Return what fills the groups of a match into a pattern, those that are known words in English."""

    def make(found: re.Match[str]) -> str:
        known = {"who": _WHO, "cue": CUES, "signal": _SIGNALS}
        words = {name: known.get(name, {}).get(said, said) for name, said in found.groupdict().items()}
        return pattern.format(**words)

    return make


_SENTENCES: tuple[tuple[re.Pattern[str], Make], ...] = tuple(
    (re.compile(sentence, re.DOTALL), _filled(english))
    for sentence, english in (
        (rf"{_SPEAKER}说“(?P<text>.*)”", "{who} says “{text}”"),
        (rf"{_SPEAKER}{_CUE}：“(?P<text>.*)”", "{who}, {cue}: “{text}”"),
        (rf"{_SPEAKER}没有{_CUE}", "{who}: no {cue}"),
        (r"共 (?P<n>\d+) 轮对话", "{n} turns in all"),
        (r"客户首次发言 (?P<n>\d+) 字", "caller's first turn has {n} characters"),
        (r"客户末次发言 (?P<n>\d+) 字", "caller's last turn has {n} characters"),
        (rf"{_SPEAKER}共说 (?P<n>\d+) 字", "{who} says {n} characters in all"),
        (r"客户发言占 (?P<n>\d+%)", "caller says {n} of all"),
        (r"客服答复与客户所说重合 (?P<n>\d+%)", "agent's answers take up {n} of what the caller says"),
        (
            r"客户末次发言与客服所说重合 (?P<n>\d+%)",
            "caller's last turn takes up {n} of what the agent says",
        ),
        (rf"未发现{_SIGNAL}", "not found: {signal}"),
        (rf"{_SIGNAL}（(?P<n>[^）]*)）：“(?P<text>.*)”", "{signal} ({n}): “{text}”"),
        (rf"{_SIGNAL}（(?P<n>[^）]*)）", "{signal} ({n})"),
    )
)
_WEIGHED = re.compile(r"(?P<what>.*)（(?P<direction>升高|降低)风险，占 (?P<share>\d+%)）", re.DOTALL)


def in_english(words: str) -> str:
    """Return a reason in English; one that is none of ours as it is.

    Parameters
    ----------
    words : str
        A reason's ``what``, or what :meth:`analytics.riskmodel.reasons.Reason.in_words` makes of it.
    """
    if weighed := _WEIGHED.fullmatch(words):
        moves = "raises" if weighed["direction"] == "升高" else "lowers"
        return f"{in_english(weighed['what'])} ({moves} the risk, {weighed['share']} of it)"
    if words in _WHOLE:
        return _WHOLE[words]
    for sentence, make in _SENTENCES:
        if found := sentence.fullmatch(words):
            return make(found)
    return words
