"""Numbers in Chinese words: 一百二十八, 二零二六, 幺三八, 三点一四."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
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
