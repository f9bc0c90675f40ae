"""Numbers, amounts, dates and names in what is said, in digits and in spoken Hanzi.

Rules ask only whether something of a kind is said and where. What must not be shown to anybody is the
business of redaction, which looks more closely.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import date
from itertools import accumulate

#: Characters of an utterance that are looked at: nobody says more without a pause.
MAX_TEXT = 5_000

#: A digit in whatever writing → 0 to 9, place by place.
_DIGITS = str.maketrans(
    "０１２３４５６７８９〇零一幺二两三四五六七八九：％．－＠", "0123456789" + "0011223456789" + ":%.-@"
)
#: What speakers and writers put between the digits of a number.
_S = "[-  .,，、。嗯啊呃额]{0,2}"
_H = "一-鿿"
_N = "0-9十百千万亿"
_FIGURE = re.compile("[0-9]")
_NOT_AFTER = f"(?<![0-9])(?<![0-9]{_S[:-5]})"
_NOT_BEFORE = f"(?!{_S}[0-9])"


def _run(first: str, rest: str, end: str = _NOT_BEFORE) -> str:
    return f"{_NOT_AFTER}{first}(?:{_S}[0-9]){rest}{end}"


def _always(_: str) -> bool:
    return True


def _is_id(found: str) -> bool:
    """Tell whether digits 7 to 14 are a day on which somebody was born (GB 11643-1999)."""
    figures = "".join(_FIGURE.findall(found))
    try:
        born = date(int(figures[6:10]), int(figures[10:12]), int(figures[12:14]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2100


def _is_card(found: str) -> bool:
    return not (len(_FIGURE.findall(found)) in (17, 18) and _is_id(found))


_UNIT = "省|市|区|县|镇|乡|村|街道|路|街|巷|弄|小区|大厦"
_KINDS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "phone": (
        "|".join((
            _run("1" + _S + "[3-9]", "{9}"),  # mobile
            _run("0[1-9]", "{8,10}"),  # with area code
            _run("[48]" + _S + "0" + _S + "0", "{7}"),
        )),
        _always,
    ),
    "id_card": (
        _run("[1-9]", "{16}", f"{_S}(?:[0-9]{_NOT_BEFORE}|x|叉|艾克斯)"),
        _is_id,
    ),
    "bank_card": (_run("[3-69]", "{15,18}"), _is_card),
    "number": (_run("[0-9]", "{5,}"), _always),
    "amount": (
        f"[{_N}几][{_N}几点.,]{{0,15}}(?:多|来)?(?:块钱?|元|毛钱?|角钱?|分钱)(?!儿|去|来|吃|走|上网)|[{_N}]{{1,12}}万(?:以[上下])?",
        _always,
    ),
    "date": (
        "(?:[0-9十]{2,4}年)?[0-9十]{1,3}月(?!份?之)(?:份|[0-9十]{1,3}[日号])?|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
        "|[0-9十]{1,3}[日号](?![线楼店机码位])|[今明昨后前]天|[本上下这]?(?:周|星期|礼拜)[1-6日天末]|[上下]个?月|月[底初]",
        _always,
    ),
    "time": (
        "(?:早上|上午|中午|下午|晚上|凌晨|早晨|傍晚)[0-9十]{1,3}点(?:半|[0-9十]{1,3}分?)?"
        "|[0-9十]{1,3}点(?:半|钟|整|[0-9十]{1,3}分)|[0-9]{1,2}:[0-9]{2}",
        _always,
    ),
    "percent": (f"百分之[{_N}点]{{1,10}}|[0-9.]{{0,8}}[0-9]%", _always),
    "email": (r"(?<![a-z0-9.+-])[a-z0-9.+-]{1,64}@[a-z0-9-]{1,64}(?:\.[a-z0-9-]{1,20})+", _always),
    "plate": (
        "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][a-z][ ·]?[a-z0-9]{5,6}",
        _always,
    ),
    "name": (f"(?:我叫|我姓|免贵姓|名字[叫是]|姓名是)(?!什么|啥|是)[{_H}]{{1,3}}", _always),
    "address": (
        f"(?:[{_H}]{{1,8}}?(?:{_UNIT})){{2}}|[{_H}]{{2,8}}(?:路|街|巷|弄|小区)[0-9十百]{{1,6}}(?:号|弄|栋|幢)",
        _always,
    ),
}  # fmt: skip
_PATTERNS = {kind: (re.compile(pattern, re.IGNORECASE), sure) for kind, (pattern, sure) in _KINDS.items()}

KINDS = tuple(_KINDS)


def find_entities(texts: Sequence[str], kind: str) -> list[tuple[int, int, int]]:
    """Return where something of a kind is said.

    Parameters
    ----------
    texts : sequence of str
        The utterances of a call, as they were written down.
    kind : str
        One of :data:`KINDS`.

    Returns
    -------
    list of (int, int, int)
        Number of the text and half-open span in it, ascending.
    """
    pattern, sure = _PATTERNS[kind]
    texts = [text[:MAX_TEXT] for text in texts]
    joined = "\n".join(texts).translate(_DIGITS)
    ends = list(accumulate(len(text) + 1 for text in texts))
    found = []
    for match in pattern.finditer(joined):
        if sure(match[0]):
            number = bisect_right(ends, match.start())
            first = ends[number - 1] if number else 0
            found.append((number, match.start() - first, match.end() - first))
    return found
