"""Texts made alike before recognition is judged: numbers, width, case, fillers, punctuation, spaces.

Each step has a name and can be left out, since published Chinese error rates differ by points with what
is removed before counting. Numbers are brought to one form on both sides: 三千五, 三千五百 and 3500 are the
same, and so are 幺三八 and 138, 百分之三十 and 30%, 三点五万 and 3.5万.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal

from calls.errors import HuawuError
from speech.error_rate import Normaliser, Step, case, width, without_punctuation, without_spaces
from speech.numerals import MAX_DIGITS, TO_FIGURES, one_by_one, whole

#: What people say while they think; 额 is left out, as it is in 余额 and 金额.
FILLERS = "嗯呃啊唔哦噢喔诶欸哎唉"

_DIGIT = "零〇一二三四五六七八九幺两"
_RUN = re.compile(rf"[{_DIGIT}十百千万亿]+|[{_DIGIT}洞拐]{{3,}}")
_SAID_DECIMAL = re.compile(rf"([{_DIGIT}十百千]+)点([{_DIGIT}]+)([万亿])")
_DECIMAL = re.compile(r"(\d+)(?:\.(\d+))?([万亿])")
_SIZES = {"万": 10**4, "亿": 10**8}
_WRITTEN: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=\d),(?=\d{3}(?!\d))"), ""),
    (re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)"), r"\1年\2月\3日"),
    (re.compile(r"(\d+(?:\.\d+)?)%"), r"百分之\1"),
    (re.compile(r"(?<!\d)(\d{1,2}):([0-5]\d)(?!\d)"), r"\1点\2"),
    (re.compile(r"(?<=[年月])0(?=\d[月日])"), ""),
)
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_ALONE = re.compile(r"(?<!\d)\d(?!\d)")


def numbers(text: str) -> str:
    """Write numbers one way, however they are given: in figures, and a digit by itself as it is said.

    >>> numbers("一共三千五百块, 百分之二点五, 幺三八, 三点五万")
    '一共3500块, 百分之二点五, 138, 35000'
    >>> numbers("一共3,500块, 2.5%, 138, 3.5万")
    '一共3500块, 百分之二点五, 138, 35000'
    """
    for pattern, written in _WRITTEN:
        text = pattern.sub(written, text)
    text = _SAID_DECIMAL.sub(_said_decimal, text)
    text = _RUN.sub(lambda match: _figures(match[0]), text)
    text = _DECIMAL.sub(lambda match: _sized(match[1], match[2] or "", match[3]), text)
    text = _POINT.sub("点", text)
    # 一共 and 一定 are no numbers, and 1个 is 一个
    return _ALONE.sub(lambda match: one_by_one(match[0]), text)


def without_fillers(text: str) -> str:
    """Remove :data:`FILLERS`.

    >>> without_fillers("嗯我想查一下呃余额")
    '我想查一下余额'
    """
    return "".join(character for character in text if character not in FILLERS)


#: The steps by their names, in the order in which they are applied.
STEPS: Mapping[str, Step] = {
    "width": width,
    "case": case,
    "numbers": numbers,
    "fillers": without_fillers,
    "punctuation": without_punctuation,
    "spaces": without_spaces,
}


def normaliser(without: Collection[str] = ()) -> Normaliser:
    """Return a normaliser of all :data:`STEPS` but some.

    Raises
    ------
    HuawuError
        There is no step of that name.
    """
    strange = sorted(set(without) - set(STEPS))
    if strange:
        raise HuawuError(f"there is no step {', '.join(strange)}", f"steps are {', '.join(STEPS)}")
    return Normaliser(tuple(step for name, step in STEPS.items() if name not in without))


def _figures(words: str) -> str:
    value = whole(words)
    if value is not None:
        return str(value)
    # digits one by one, or no well-formed number: then sizes stay as they are
    return words.translate(TO_FIGURES)


def _said_decimal(match: re.Match[str]) -> str:
    first = whole(match[1])
    if first is None:
        return match[0]
    return _sized(str(first), match[2].translate(TO_FIGURES), match[3])


def _sized(first: str, fraction: str, size: str) -> str:
    if len(first) + len(fraction) > MAX_DIGITS:
        return f"{first}{'.' if fraction else ''}{fraction}{size}"
    value = Decimal(f"{first}.{fraction or 0}") * _SIZES[size]
    return str(int(value)) if value == int(value) else f"{value.normalize():f}"
