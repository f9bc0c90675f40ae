"""What a prompt says for a key, against what the key means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ivr.flow import ConfirmNode, MenuNode, Node, SurveyNode
from ivr.lint.finding import Finding
from ivr.lint.keys import labels
from ivr.lint.study import Study
from speech.error_rate import DEFAULT

#: Words around the name of a choice that say nothing about which choice it is.
_COURTESY = re.compile("如果|需要|想要|办理|咨询|查询|直接|可以|服务|业务|请|您|若|要|想|则|的|也")
#: How confirmations put yes and no in their prompts, whatever the phrases that they listen for.
_YES = ("确认", "确定", "同意", "正确", "没错", "对", "是")
_NO = ("取消", "放弃", "不同意", "不正确", "不对", "不是", "有误", "错误", "修改", "重输", "重新输入")


class Meaning(NamedTuple):
    """What a key means: the name of the answer, and everything that is said for it."""

    key: str
    name: str
    words: tuple[str, ...]


def check(study: Study) -> Iterator[Finding]:
    """Find prompts that say of a key what another key means."""
    for text in study.texts():
        if text.owner is None or text.language[:2] != "zh":
            continue
        swap = swapped(text.text, text.owner.node)
        if swap is not None:
            label, own, other = swap
            yield study.find(
                "swapped-key",
                text.flow,
                text.location,
                f"callers who want {label!r} are told to press {own.key}, which means {own.name!r}",
                f"name {other.key or 'no key'} for it, or change the digits",
            )


def swapped(text: str, node: Node) -> tuple[str, Meaning, Meaning] | None:
    """Return the first key of which a Chinese text says what another answer of ``node`` means.

    Returns
    -------
    tuple or None
        What the text says for the key, what the key means, and the answer that the text tells of.
    """
    said = list(labels(text))
    found = _first_swap(said, _meanings(node))
    if found is None and isinstance(node, ConfirmNode):
        # "cancel: press 1" alone may well be right: what is asked may be whether to cancel
        yes, no = Meaning(node.yes.digits or "", "yes", _YES), Meaning(node.no.digits or "", "no", _NO)
        swaps = [swap for each in said if (swap := _first_swap([each], [yes, no])) is not None]
        if {own.key for _, own, _ in swaps} == {yes.key, no.key}:
            return swaps[0]
    return found


def _first_swap(said: list[tuple[str, str]], meanings: list[Meaning]) -> tuple[str, Meaning, Meaning] | None:
    for key, label in said:
        own = next((each for each in meanings if each.key == key), None)
        other = _told_of(DEFAULT(label), own, meanings) if own is not None else None
        if own is not None and other is not None:
            return _COURTESY.sub("", label).strip() or label, own, other
    return None


def _told_of(label: str, own: Meaning | None, meanings: list[Meaning]) -> Meaning | None:
    """Return the answer whose words a label is, courtesies apart, unless they are the key's own."""
    found = max((w for each in meanings for w in each.words if w in label), key=len, default="")
    if not found or (own is not None and any(found in word for word in own.words)):
        return None
    if _COURTESY.sub("", label.replace(found, "", 1)):
        return None
    return next(each for each in meanings if found in each.words)


def _meanings(node: Node) -> list[Meaning]:
    given: list[tuple[str, str, tuple[str, ...]]]
    match node:
        case MenuNode():
            given = [(c.digits or "", c.meaning, (*c.phrases, c.value or "")) for c in node.choices]
        case ConfirmNode(yes=yes, no=no):
            given = [(yes.digits or "", "yes", yes.phrases), (no.digits or "", "no", no.phrases)]
        case SurveyNode():
            given = [(mark, f"mark {mark}", phrases) for mark, phrases in node.marks.items()]
        case _:
            given = []
    return [Meaning(key, name, tuple(filter(None, map(DEFAULT, words)))) for key, name, words in given]
