"""What was said → how it is written with figures, as a second view beside the original.

The counterpart of :mod:`speech.reading`. Figures are for what measures, numbers and dates (GB/T 15835—2011,
4.1); about-numbers (三四天, 几十块), fixed expressions (一下, 不管三七二十一), lunar dates and weekdays stay
in Hanzi (4.2). So does a single digit before an everyday measure: 三个, 两天, 一次. What can be meant either
way stays as it was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from speech.numberforms import RULES, TAKEN, Rule
from speech.numerals import NUMERALS
from speech.view import Edit

_NUMERAL = re.compile(f"[{NUMERALS}]")
#: Numerals that are no numbers: fixed expressions, weekdays, lunar dates.
_FIXED = re.compile(
    f"(?<![{NUMERALS}几半])(?:周|星期|礼拜)[一二三四五六]|(?<![{NUMERALS}])万一"
    "|七七八八|三三两两|二百五(?![十块元多人个])|一千零一夜|三十六计|五十步|十万八千里|十万火急|四十不惑"
    "|三十而立|二十四孝|三百六十行|十字(?:路口|架)|十全十美|十年树木|十年寒窗|十月怀胎|双十[一二]"
    "|十一(?=黄金周|长假|放假|假期)|十八般|十三陵|一[百万]个(?=不|愿|放心)|九牛一毛|一毛不拔|再一度|百分百"
    f"|(?:正月|腊月|闰月|大年|初)[{NUMERALS}]+|(?:农历|阴历)[{NUMERALS}]+月[{NUMERALS}]*"
)
#: 一度, 一级一级: once upon a time, step by step.
_ONCE = re.compile(f"(?<![{NUMERALS}第])一(?=[度级](?![{NUMERALS}电]))")


def written(text: str) -> list[Edit]:
    """Return where figures are written for what was said, in order of place.

    Parameters
    ----------
    text : str
        Any text; what is in figures already stays.
    """
    if not _NUMERAL.search(text):
        return []
    free = list(text)
    for fixed in (_FIXED, _ONCE):
        for match in fixed.finditer(text):
            _take(free, match.start(), match.end())
    found: list[Edit] = []
    for rule in RULES:
        edits = list(_by(rule, "".join(free)))
        for edit in edits:
            _take(free, edit.start, edit.end)
        found += edits
    return sorted(found)


def _take(free: list[str], start: int, end: int) -> None:
    """Hide numerals from the rules that follow; what is beside them stays in sight."""
    free[start:end] = [TAKEN if each in NUMERALS else each for each in free[start:end]]


def _by(rule: Rule, text: str) -> Iterator[Edit]:
    cued = "cue" in rule.pattern.groupindex
    place = 0
    while match := rule.pattern.search(text, place):
        shown = rule.write(match)
        # what a match looked at in vain may be the beginning of another
        place = match.start() + 1
        if shown is not None:
            start = match.end("cue") if cued and match["cue"] is not None else match.start()
            place = match.end() if shown.end is None else shown.end
            yield Edit(start, place, shown.text, rule.kind, shown.value)
