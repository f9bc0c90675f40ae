"""Whole numbers in Chinese words, as callers say them: 两百零五, 一千二 for 1200, 三十万 → ``int``."""

from __future__ import annotations

_DIGITS = {
    **{"零": 0, "一": 1, "幺": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8},
    "九": 9,
}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_MYRIAD = 10_000


def quantity(words: str) -> int | None:
    """Return the number that ``words`` count.

    A digit at the end stands for the next lower place unless 零 comes before it: 一千二 is 1200, 一万二
    is 12000, 一千零二 is 1002.

    Parameters
    ----------
    words : str
        Of 零 to 九, 两, 十, 百, 千 and one 万.

    Returns
    -------
    int or None
        0 to 99 999 999; ``None`` where the words are no number, such as digits said one by one (more
        than one), places in the wrong order, and a gap without 零.

    Examples
    --------
    >>> quantity("三百二十"), quantity("三百二"), quantity("三二")
    (320, 320, None)
    """
    head, myriad, tail = words.partition("万")
    if not myriad:
        return 0 if words == "零" else _group(words, above=None)
    thousands = _group(head, above=None)
    rest = _group(tail, above=_MYRIAD) if tail else 0
    return None if thousands is None or rest is None else thousands * _MYRIAD + rest


def _group(words: str, above: int | None) -> int | None:
    """Return a number below 10 000 that follows the place ``above``, if it follows any."""
    total, gap, at = 0, False, 0
    while at < len(words):
        if words[at] == "零":
            if gap or above is None:
                return None
            gap, at = True, at + 1
            continue
        digit = 1 if words[at] == "十" else _DIGITS.get(words[at])
        at += words[at] != "十"
        if digit is None:
            return None
        if at < len(words):
            place = _PLACES.get(words[at])
            at += 1
        else:
            place = 1 if above is None or gap else above // 10
        if place is None or not _follows(place, above, gap):
            return None
        total += digit * place
        above, gap = place, False
    return None if gap or not words else total


def _follows(place: int, above: int | None, gap: bool) -> bool:
    if above is None:
        return True
    # 零 stands exactly where a place is left out
    return 1 <= place < above // 10 if gap else place >= 1 and place == above // 10
