"""Numbers in Chinese words: 一百二十八, 二零二六, 幺三八, 三点一四."""

from __future__ import annotations

import re

_DIGITS = "零一二三四五六七八九"
#: Digits as people say them one by one, with what stands for 0, 1, 2 and 7 where numbers are dictated.
SAID_DIGITS = "零〇一二三四五六七八九幺两洞拐"
#: The same in figures, for :meth:`str.translate`.
TO_FIGURES = str.maketrans(SAID_DIGITS, "001234567891207")
#: What numbers are said with.
NUMERALS = SAID_DIGITS + "十百千万亿"
_PLACES = ("", "十", "百", "千")
_SIZES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_GROUPS = ("", "万", "亿")
#: Numbers with more digits are not read as quantities.
MAX_DIGITS = 4 * len(_GROUPS)


def cardinal(digits: str) -> str:
    """Return a whole number in words.

    ``二`` becomes ``两`` at the head of a number before 百, 千, 万 and 亿, as it is mostly said:
    两百二十, 两千, 两万二千, but 一千二百.

    Parameters
    ----------
    digits : str
        1 to :data:`MAX_DIGITS` ASCII digits, thousands separators (``,``) allowed.

    Raises
    ------
    ValueError
        There are more digits than that.
    """
    digits = digits.replace(",", "").lstrip("0")
    if not digits:
        return _DIGITS[0]
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"{digits} has more than {MAX_DIGITS} digits")
    groups = []
    while digits:
        groups.append(digits[-4:])
        digits = digits[:-4]
    words = ""
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if int(group) == 0:
            continue
        # A gap above this group (…零五百, 一万零三) is said once.
        gap = words and (group[0] == "0" or int(groups[index + 1]) == 0)
        words += ("零" if gap else "") + _below_ten_thousand(int(group)) + _GROUPS[index]
    if words.startswith("一十"):
        words = words[1:]
    if words[0] == "二" and words[1:2] in tuple("百千万亿"):
        words = "两" + words[1:]
    return words


def _below_ten_thousand(number: int) -> str:
    words, gap = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return words


def number(text: str) -> str:
    """Return a number with an optional fraction in words: ``"1,234.50"`` → 一千二百三十四点五零."""
    whole, point, fraction = text.partition(".")
    return cardinal(whole) + (f"点{one_by_one(fraction)}" if point else "")


def one_by_one(digits: str) -> str:
    """Return digits read one by one, as in years and fractions: ``"1998"`` → 一九九八."""
    return digits.translate(str.maketrans("0123456789", _DIGITS))


def dialled(digits: str) -> str:
    """Return digits read as in telephone and order numbers, where 1 is 幺: ``"10086"`` → 幺零零八六."""
    return one_by_one(digits).replace("一", "幺")


def money(amount: str) -> str:
    """Return an amount of yuan in words.

    Up to two decimals are read as 角 and 分 (``"12.5"`` → 十二元五角), more as a fraction.
    """
    whole, _, fraction = amount.partition(".")
    if len(fraction) > 2:
        return number(amount) + "元"
    padded = fraction.ljust(2, "0")
    jiao, fen = padded[0], padded[1]
    yuan = "两" if whole == "2" else cardinal(whole)
    words = "" if yuan == "零" and fraction.strip("0") else f"{yuan}元"
    if jiao != "0":
        words += f"{_DIGITS[int(jiao)]}角"
    if fen != "0":
        words += ("零" if words and jiao == "0" else "") + f"{_DIGITS[int(fen)]}分"
    return words


def whole(words: str) -> int | None:
    """Return the whole number that words name, or ``None`` where they are not one well-formed number.

    三千零五 is 3005; 三千五 is 3500, as the last place is often left out; 三五 (three or five, or digits of
    something longer), 三百零 and 百八十 are none.

    Parameters
    ----------
    words : str
        Characters of :data:`NUMERALS`. A single digit is a number, several in a row are not.
    """
    if not 0 < len(words) <= 4 * MAX_DIGITS or not set(words) <= {*_DIGITS, *_SIZES, "〇", "两"}:
        return None
    plain = words.replace("〇", "零").replace("两", "二")
    if words[-1] == "两" and len(words) > 1:
        return None
    short = 1
    if len(plain) > 2 and plain[-1] in _DIGITS[1:] and (size := _SIZES.get(plain[-2], 10)) > 10:
        short = size // 10
    value = _summed(plain[:-1]) + _DIGITS.index(plain[-1]) * short if short > 1 else _summed(plain)
    if value >= 10**MAX_DIGITS:
        return None
    # well-formed is what would be said of this number
    said = cardinal(str(value)) if short == 1 else cardinal(str(value)).rstrip("十百千万亿")
    return value if said.replace("两", "二") == _usual(plain) else None


def _summed(words: str) -> int:
    """Return the sum of places, groups and digits of a number that may be ill-formed."""
    total = group = digit = 0
    for sign in words:
        size = _SIZES.get(sign, 0)
        if not size:
            digit = _DIGITS.index(sign)
        elif size < 10**4:
            group, digit = group + (digit or 1) * size, 0
        else:
            total, group, digit = total + (group + digit) * size, 0, 0
    return total + group + digit


def _usual(words: str) -> str:
    """Return a number as :func:`cardinal` has it: 一十 in front is 十, and 百十 is 百一十."""
    words = words.removeprefix("一") if words.startswith("一十") else words
    return re.sub("(?<=[百千零])十", "一十", words)
