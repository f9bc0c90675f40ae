"""Values that callers enter: what keys or spoken words stand for, checked by the rules of their kind.

A value has one canonical text, whichever way it was entered: digits for numbers, ``"12.50"`` or ``"300"``
for amounts in yuan, ISO 8601 for dates. What breaks the rules of its kind is no value at all, so that a
slip of the finger is asked again instead of looked up.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from itertools import pairwise
from typing import Literal

from ivr.quantity import quantity
from speech.numerals import cardinal, dialled, money, one_by_one

ValueKind = Literal["digits", "phone", "id_card", "bank_card", "order", "amount", "date"]

#: Least and most keys of a value, the terminator left out.
LENGTHS: dict[ValueKind, tuple[int, int]] = {
    "digits": (1, 32),
    "phone": (11, 12),
    "id_card": (18, 18),
    "bank_card": (16, 19),
    "order": (1, 32),
    "amount": (1, 10),
    "date": (8, 8),
}
#: How a digit is said on the telephone, and what it means.
SPOKEN_DIGITS = {
    **{"零": "0", "一": "1", "幺": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5"},
    **{"六": "6", "七": "7", "八": "8", "九": "9"},
}
#: How the X at the end of an identity card number is said.
SPOKEN_X = ("叉", "艾克斯", "埃克斯", "爱克斯")
_UNITS: dict[ValueKind, tuple[str, ...]] = {
    "id_card": SPOKEN_X,
    "amount": ("十", "百", "千", "万", "点", "元", "块", "角", "毛", "分", "半", "钱", "整"),
    "date": ("十", "千", "年", "月", "日", "号"),
}
#: Applied after NFKC, which turns ， into a comma.
_PAUSES = str.maketrans("〇", "零", ",、。- ")

#: Mobile numbers, and fixed lines with their area code: two digits of it and eight of the line, or three
#: and seven or eight. Short service numbers (95xxx) and 400/800 numbers cannot be called back.
_PHONE = re.compile(r"1[3-9]\d{9}|0(?:10|2\d)[2-9]\d{7}|0[3-9]\d{2}[2-9]\d{6,7}", re.ASCII)
_SHORT_AREA_CODE = re.compile(r"0[12]")
_CARD_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CARD_CHECKS = "10X98765432"
_AMOUNT = re.compile(r"(\d{0,7})(?:\.(\d{0,2}))?", re.ASCII)
_YEARS = range(1900, 2100)


def from_keys(kind: ValueKind, keys: str) -> str | None:
    """Return the value that was keyed.

    Parameters
    ----------
    kind : ValueKind
        ``digits``, ``order``: digits only. ``phone``: a mobile number of 11 digits, or a fixed line with
        its area code. ``id_card``: 18 places, ``*`` for X, with the check of GB 11643-1999 (ISO 7064
        MOD 11-2) and a birth date that exists. ``bank_card``: 16 to 19 digits with the check of
        ISO/IEC 7812-1 (Luhn). ``amount``: yuan, ``*`` for the decimal point, at most two decimals.
        ``date``: eight digits, year first, 1900 to 2099.
    keys : str
        Without the terminator.

    Returns
    -------
    str or None
        The canonical text; ``None`` where this is no such value.
    """
    least, most = LENGTHS[kind]
    if not least <= len(keys) <= most:
        return None
    if kind == "amount":
        return _amount(keys.replace("*", "."))
    if kind == "id_card":
        return _id_card(keys[:-1] + keys[-1].replace("*", "X"))
    if not (keys.isascii() and keys.isdecimal()):
        return None
    match kind:
        case "phone":
            return keys if _PHONE.fullmatch(keys) else None
        case "bank_card":
            return keys if _luhn(keys) else None
        case "date":
            return _date(int(keys[:4]), int(keys[4:6]), int(keys[6:]))
    return keys


def from_speech(kind: ValueKind, text: str) -> str | None:
    """Return the value that was said.

    Numbers are said digit by digit (幺三八零零…); amounts and dates also as quantities (三百二十块五毛,
    一千二, 二零二六年十一月二十三号). A date needs its year: this has no clock.

    Parameters
    ----------
    kind : ValueKind
        As for :func:`from_keys`.
    text : str
        As recognised; spaces and pauses do not matter, ASCII digits are understood.

    Returns
    -------
    str or None
        The same canonical text as for keys; ``None`` where anything else was said.
    """
    text = unicodedata.normalize("NFKC", text).translate(_PAUSES).upper()
    match kind:
        case "amount":
            return _spoken_amount(text)
        case "date":
            return _spoken_date(text)
        case "id_card":
            for word in (*SPOKEN_X, "X"):
                if text.endswith(word):
                    digits = digits_in(text.removesuffix(word))
                    return from_keys(kind, f"{digits}*") if digits else None
    digits = digits_in(text)
    return from_keys(kind, digits) if digits else None


def digits_in(text: str) -> str | None:
    """Return the number that ``text`` says digit by digit, ``None`` where it says anything else."""
    digits = [
        character if character in "0123456789" else SPOKEN_DIGITS.get(character)
        for character in text
        if not character.isspace()
    ]
    return "".join(digit for digit in digits if digit) if digits and all(digits) else None


def spoken_words(kind: ValueKind) -> tuple[str, ...]:
    """Return the words that a recogniser must listen for."""
    return (*SPOKEN_DIGITS, *_UNITS.get(kind, ()))


def could_continue(kind: ValueKind, keys: str) -> bool:
    """Say whether another key could still belong to the value, so that it pays to wait for one.

    A wrong beginning is no reason to interrupt the caller: only the length counts, and where the first
    keys tell the length (a mobile number, an area code) or a decimal point does, these too.
    """
    most = LENGTHS[kind][1]
    if kind == "phone" and (keys[:1] == "1" or _SHORT_AREA_CODE.match(keys)):
        most = 11
    if kind == "amount" and "*" in keys:
        most = min(most, keys.index("*") + 3)
    return len(keys) < most


def read_back(kind: ValueKind, value: str, language: str = "zh") -> str:
    """Return a canonical value as a prompt says it: numbers in groups of up to four digits.

    Parameters
    ----------
    kind : ValueKind
        Of the value.
    value : str
        As :func:`from_keys` and :func:`from_speech` return it.
    language : str
        ``"zh"`` says Hanzi; any other separates the digits for a voice to name.

    Examples
    --------
    >>> read_back("phone", "13800138000"), read_back("amount", "12.50")
    ('幺三八，零零幺三，八零零零', '十二元五角')
    """
    chinese = language.startswith("zh")
    match kind:
        case "amount":
            return money(value) if chinese else f"{value} yuan"
        case "date":
            day = date.fromisoformat(value)
            if not chinese:
                return f"{day:%B} {day.day}, {day.year}"
            year, month, number = one_by_one(str(day.year)), cardinal(str(day.month)), cardinal(str(day.day))
            return f"{year}年{month}月{number}日"
    groups = _groups(kind, value)
    return "，".join(map(dialled, groups)) if chinese else ", ".join(" ".join(group) for group in groups)


def _groups(kind: ValueKind, value: str) -> list[str]:
    if kind == "phone":
        area = 3 if value[0] == "1" or _SHORT_AREA_CODE.match(value) else 4
        return [value[:area], value[area:-4], value[-4:]]
    if kind == "id_card":  # region, year, month and day, the rest
        return [value[:6], value[6:10], value[10:14], value[14:]]
    count = -(-len(value) // 4)
    size, longer = divmod(len(value), count)
    ends = [index * size + min(index, longer) for index in range(count + 1)]
    return [value[first:last] for first, last in pairwise(ends)]


def _id_card(number: str) -> str | None:
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number):
        return None
    if _date(int(number[6:10]), int(number[10:12]), int(number[12:14])) is None:
        return None
    total = sum(int(digit) * weight for digit, weight in zip(number, _CARD_WEIGHTS, strict=False))
    return number if number[-1] == _CARD_CHECKS[total % 11] else None


def _luhn(number: str) -> bool:
    odd, even = number[-1::-2], number[-2::-2]
    doubled = (2 * int(digit) for digit in even)
    return (sum(map(int, odd)) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0


def _date(year: int, month: int, day: int) -> str | None:
    try:
        return date(year, month, day).isoformat() if year in _YEARS else None
    except ValueError:
        return None


def _amount(text: str) -> str | None:
    match = _AMOUNT.fullmatch(text)
    if match is None or text == ".":
        return None
    yuan, cents = int(match[1] or 0), (match[2] or "").ljust(2, "0")
    return str(yuan) if cents == "00" else f"{yuan}.{cents}"


def _spoken_amount(text: str) -> str | None:
    text = text.removesuffix("整").removesuffix("钱").replace(".", "点")
    if text.endswith(("毛", "角", "分")) and not re.search("[块元]", text):
        text = f"零元{text}"
    whole, *rest = re.split("[块元]", text, maxsplit=1)
    change = rest[0] if rest else ""
    if change:
        yuan, fraction = _number(whole), _change(change)
    else:
        whole, point, decimals = whole.partition("点")
        yuan, fraction = _number(whole), digits_in(decimals) if point else ""
    return None if yuan is None or fraction is None else _amount(f"{yuan}.{fraction}")


def _change(text: str) -> str | None:
    """Return the two decimals that 角 and 分 stand for: 五毛, 五毛二, 五分, and 五 or 零五 after 块."""
    if text == "半":
        return "50"
    match = re.fullmatch(r"(?:(.)[角毛](?:(.)分?)?|(.))|零?(.)分|零(.)", text)
    if match is None:
        return None
    jiao, fen = match[1] or match[3] or "零", match[2] or match[4] or match[5] or "零"
    return digits_in(jiao + fen)


def _spoken_date(text: str) -> str | None:
    match = re.fullmatch(r"(.+)年(.+)月(.+?)[日号]?", text)
    if match is None:
        digits = digits_in(text)
        return from_keys("date", digits) if digits else None
    year, month, day = (_number(words) for words in match.groups())
    return None if year is None or month is None or day is None else _date(year, month, day)


def _number(words: str) -> int | None:
    """Return a number said digit by digit or as a quantity."""
    digits = digits_in(words)
    return int(digits) if digits else quantity(words)
