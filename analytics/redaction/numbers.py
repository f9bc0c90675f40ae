"""Long numbers: telephone, identity card, bank card, account; however they are written or misheard.

Every character has a score: a numeral +1, what sounds like one a little, what people say between the groups
of a number nothing, anything else -1, and what makes an amount or a date of it much less. The stretches with
the greatest sums are found in one pass (Ruzzo & Tompa, ISMB 1999); one is a number if it is worth more than
five numerals. So a wrong character or two within eleven digits do not hide the number, and neither
三千五百块 nor 二零二六年 is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from analytics.redaction.stream import BREAK
from analytics.words import syllable
from speech.numerals import SAID_DIGITS, TO_FIGURES

#: Score of a stretch from which on it is a number: six digits, so that 12315 and 95588 are none; after words
#: that announce one, fewer.
WORTH, WORTH_ANNOUNCED = 5.5, 3.5
DIGITS = "0123456789０１２３４５６７８９"
#: Said or written between the groups of a number.
_BETWEEN = frozenset(" -－—·,，、。.()（）+嗯呃额啊哦噢哎")
#: What follows or parts an amount, a date, a time, a count.
_MEASURES = frozenset("十百千万亿兆块元角毛年月%％折")
#: May do so, and may be a numeral that was misheard.
_COUNTS = frozenset("日号天点分秒时周岁个次条件张倍")
_DIGIT_SYLLABLES = frozenset(
    ("ling", "yao", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu", "dong", "guai")
)
_ALIKE, _OTHER, _NEXT_UTTERANCE, _COUNT, _MEASURE = 0.5, -0.75, -0.2, -1.5, -4.0
#: Enough numerals that looking closer is worth it.
_PLENTY = re.compile(f"(?:[{SAID_DIGITS}{DIGITS}][^{SAID_DIGITS}{DIGITS}]{{0,3}}){{4}}")
#: A company's own number, and what says that it is one.
_COMPANY, _COMPANYS = re.compile("[48]00"), re.compile("(?:客服|你们|热线|官方)[^我]{0,6}$")
_ASCII = TO_FIGURES | str.maketrans("０１２３４５６７８９", "0123456789")

#: What the words before a number say of its kind.
_CUES = {
    "id-card": re.compile("身份证|身分证|证件"),
    "bank-card": re.compile("银行卡|卡号|信用卡|储蓄卡|借记卡"),
    "phone": re.compile("手机|电话|联系方式|座机|来电|号码"),
}
#: Numerals that were misheard at the beginning and before the end of a number that was announced.
_LOST = (
    re.compile(f"(?<=[是码号证卡话])[^{BREAK}是码号证卡话]{{1,3}}$|$"),
    re.compile(f"[^{BREAK}]{{1,2}}[{SAID_DIGITS}{DIGITS}]+"),
)


class Number(NamedTuple):
    """A long number: its half-open span of the text, and its kind."""

    start: int
    end: int
    kind: str


def numbers(text: str) -> Iterator[Number]:
    """Yield the long numbers of a text in order; those of companies (400 and 800) are left out."""
    if not _PLENTY.search(text):
        return
    for start, end, worth in _stretches([_score(each) for each in text]):
        before = text[max(0, start - 20) : start]
        announced = _announced(before)
        if worth < (WORTH_ANNOUNCED if announced else WORTH) or _COMPANYS.search(before):
            continue
        if announced:
            start -= len(_LOST[0].search(before)[0])  # type: ignore[index]  # it matches nothing, too
            while more := _LOST[1].match(text, end):
                end = more.end()
        end = _with_check_letter(text, end)
        digits = "".join(each for each in text[start:end].translate(_ASCII) if each.isdigit())
        if not announced and _COMPANY.match(digits) and 10 <= len(digits) <= 11:
            continue
        yield Number(start, end, announced or _kind(digits))


def _score(character: str) -> float:
    if character in DIGITS or character in SAID_DIGITS:
        return 1.0
    if character == BREAK:
        return _NEXT_UTTERANCE
    if character in _BETWEEN:
        return 0.0
    if character in _MEASURES:
        return _MEASURE
    if character in _COUNTS:
        return _COUNT
    return _ALIKE if syllable(character) in _DIGIT_SYLLABLES else _OTHER


def _stretches(scores: list[float]) -> list[tuple[int, int, float]]:
    """Return the stretches of greatest sums, in order: start, end, sum (Ruzzo & Tompa)."""
    total = 0.0
    found: list[tuple[int, int, float, float]] = []  # start, end, sum before, sum after
    for place, score in enumerate(scores):
        before, total = total, total + score
        if score <= 0:
            continue
        start, left, right = place, before, total
        while found:
            k = next((k for k in range(len(found) - 1, -1, -1) if found[k][2] < left), None)
            if k is None or found[k][3] >= right:
                break
            start, left = found[k][0], found[k][2]
            del found[k:]
        found.append((start, place + 1, left, right))
    return [(start, end, right - left) for start, end, left, right in found]


def _with_check_letter(text: str, end: int) -> int:
    """Return the end of a number with the X that an identity card may end in."""
    for letter in ("x", "X", "叉", "艾克斯"):
        if text.startswith(letter, end):
            return end + len(letter)
    return end


def _announced(before: str) -> str:
    """Return which kind of number the words before one announce last, or nothing."""
    ends = {kind: [hit.end() for hit in cue.finditer(before)] for kind, cue in _CUES.items()}
    return max((kind for kind in ends if ends[kind]), key=lambda kind: ends[kind][-1], default="")


def _kind(digits: str) -> str:
    if 10 <= len(digits) <= 12 and digits[0] == "1":
        return "phone"
    if len(digits) in (15, 17, 18) and digits[6:8] in ("19", "20"):
        return "id-card"
    return "bank-card" if len(digits) >= 15 else "number"
