from __future__ import annotations

from typing import get_args

import pytest

from ivr.quantity import quantity
from ivr.values import (
    LENGTHS,
    ValueKind,
    could_continue,
    digits_in,
    from_keys,
    from_speech,
    read_back,
    spoken_words,
)
from speech.numerals import cardinal, dialled, money
from speech.reading import spoken

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("kind", "keys", "value"),
    [
        ("digits", "007", "007"),
        ("digits", "", None),
        ("digits", "1*2", None),
        ("digits", "１２", None),
        ("order", "20261123001", "20261123001"),
        # mobile, and fixed with area code; nothing that cannot be called back
        ("phone", "13800138000", "13800138000"),
        ("phone", "12800138000", None),
        ("phone", "1380013800", None),
        ("phone", "01062283456", "01062283456"),
        ("phone", "075561234567", "075561234567"),
        ("phone", "05341234567", None),
        ("phone", "05342234567", "05342234567"),
        ("phone", "40012345678", None),
        # GB 11643-1999, the example of its own text and a changed digit
        ("id_card", "11010519491231002*", "11010519491231002X"),
        ("id_card", "110105194912310021", None),
        ("id_card", "11010519491231012*", None),
        ("id_card", "440524188001010014", None),  # the check is right, the year is not plausible
        ("id_card", "110105194902310026", None),  # nor is there a 31 February
        ("id_card", "1101051949123100*X", None),
        # Luhn: ISO/IEC 7812-1
        ("bank_card", "4111111111111111", "4111111111111111"),
        ("bank_card", "4111111111111112", None),
        ("bank_card", "1411111111111111", None),
        ("bank_card", "6222020000000000000", "6222020000000000000"),
        ("bank_card", "411111111111111", None),
        ("amount", "12*5", "12.50"),
        ("amount", "12*50", "12.50"),
        ("amount", "012*", "12"),
        ("amount", "*05", "0.05"),
        ("amount", "300", "300"),
        ("amount", "12*505", None),
        ("amount", "1*2*3", None),
        ("amount", "*", None),
        ("date", "20261123", "2026-11-23"),
        ("date", "20240229", "2024-02-29"),
        ("date", "20260229", None),
        ("date", "18991231", None),
    ],
)
def test_keys_are_a_value_or_none(kind: ValueKind, keys: str, value: str | None) -> None:
    assert from_keys(kind, keys) == value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("digits", "一 二 三", "123"),
        ("phone", "幺三八，零零幺三，八零零零", "13800138000"),
        ("phone", "138 0013 8000", "13800138000"),
        ("phone", "幺三八零零幺三八零零", None),
        ("id_card", "一一零一零五一九四九幺二三幺零零二叉", "11010519491231002X"),
        ("id_card", "一一零一零五一九四九幺二三幺零零二x", "11010519491231002X"),
        ("id_card", "叉", None),
        ("order", "二十", None),
        ("amount", "三百二十块五毛", "320.50"),
        ("amount", "两百零五元", "205"),
        ("amount", "一千二", "1200"),
        ("amount", "一万二", "12000"),
        ("amount", "二十万五", "205000"),
        ("amount", "三块五", "3.50"),
        ("amount", "三块零五", "3.05"),
        ("amount", "三块五毛五", "3.55"),
        ("amount", "三块半", "3.50"),
        ("amount", "五毛", "0.50"),
        ("amount", "五毛二分", "0.52"),
        ("amount", "五分", "0.05"),
        ("amount", "十二点五元", "12.50"),
        ("amount", "三百块钱", "300"),
        ("amount", "三百元整", "300"),
        ("amount", "三二零元", "320"),
        ("amount", "零元", "0"),
        ("amount", "12.5元", "12.50"),
        ("amount", "十二点五六七", None),
        ("amount", "一千五十", None),
        ("amount", "一千万", None),
        ("amount", "块", None),
        ("amount", "三块五块", None),
        ("amount", "", None),
        ("date", "二零二六年十一月二十三日", "2026-11-23"),
        ("date", "二〇二六年十一月二十三号", "2026-11-23"),
        ("date", "两千零五年三月八号", "2005-03-08"),
        ("date", "二零二六一一二三", "2026-11-23"),
        ("date", "二零二六年二月三十号", None),
        ("date", "十一月二十三号", None),
        ("date", "九八年三月八号", None),
        ("date", "明天", None),
    ],
)
def test_words_are_a_value_or_none(kind: ValueKind, text: str, value: str | None) -> None:
    assert from_speech(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("phone", "13800138000", "幺三八，零零幺三，八零零零"),
        ("phone", "01062283456", "零幺零，六二二八，三四五六"),
        ("phone", "05342234567", "零五三四，二二三，四五六七"),
        ("id_card", "11010519491231002X", "幺幺零幺零五，幺九四九，幺二三幺，零零二X"),
        ("bank_card", "4111111111111111", "四幺幺幺，幺幺幺幺，幺幺幺幺，幺幺幺幺"),
        ("digits", "123", "幺二三"),
        ("digits", "12345", "幺二三，四五"),
        ("order", "20261123001", "二零二六，幺幺二三，零零幺"),
        ("amount", "12.50", "十二元五角"),
        ("amount", "0", "零元"),
        ("date", "2026-11-23", "二零二六年十一月二十三日"),
    ],
)
def test_a_value_is_read_back_and_understood_again(kind: ValueKind, value: str, said: str) -> None:
    assert read_back(kind, value) == said
    assert spoken(said) == said  # a voice adds nothing of its own
    assert from_speech(kind, said) == value


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("phone", "13800138000", "1 3 8, 0 0 1 3, 8 0 0 0"),
        ("amount", "12.50", "12.50 yuan"),
        ("date", "2026-03-08", "March 8, 2026"),
    ],
)
def test_another_language_names_the_digits(kind: ValueKind, value: str, said: str) -> None:
    assert read_back(kind, value, "en") == said


@pytest.mark.parametrize(
    ("kind", "keys", "more"),
    [
        ("phone", "1380013800", True),
        ("phone", "13800138000", False),
        ("phone", "02062283456", False),
        ("phone", "05342234567", True),
        ("phone", "053422345678", False),
        ("phone", "2", True),
        ("id_card", "1" * 17, True),
        ("id_card", "1" * 18, False),
        ("bank_card", "4111111111111111", True),
        ("amount", "12", True),
        ("amount", "12*5", True),
        ("amount", "12*50", False),
        ("amount", "12345678*5", False),
        ("date", "20261123", False),
    ],
)
def test_another_key_may_follow(kind: ValueKind, keys: str, more: bool) -> None:
    assert could_continue(kind, keys) is more


@pytest.mark.parametrize("kind", get_args(ValueKind))
def test_what_is_read_back_is_made_of_words_a_recogniser_listens_for(kind: ValueKind) -> None:
    example = {"phone": "13800138000", "id_card": "110105194912310001", "amount": "9876543.21"}
    said = read_back(kind, example.get(kind, "2000-12-31" if kind == "date" else "4111111111111111"))
    assert set(said) - set("，") <= set(spoken_words(kind))
    assert LENGTHS[kind][0] <= LENGTHS[kind][1]


@pytest.mark.parametrize(
    ("text", "digits"),
    [("幺三八零两九", "138029"), ("一 三", "13"), ("", None), ("[unk]", None), ("一百", None)],
)
def test_a_number_said_digit_by_digit(text: str, digits: str | None) -> None:
    assert digits_in(text) == digits


def test_every_number_in_words_is_understood() -> None:
    numbers = [*range(20_000), *range(20_000, 100_000_000, 49_999), 99_999_999]
    assert [n for n in numbers if quantity(cardinal(str(n))) != n] == []
    assert [n for n in range(10_000) if digits_in(dialled(f"{n:04}")) != f"{n:04}"] == []


def test_every_amount_in_words_is_understood() -> None:
    amounts = [f"{cents // 100}.{cents % 100:02}" for cents in range(1, 30_000)]
    assert [a for a in amounts if from_speech("amount", money(a)) != a.removesuffix(".00")] == []


@pytest.mark.parametrize(
    "words",
    ["", "万", "一千零五百", "十十", "百", "一千五十", "一万零", "一百千", "零五", "一百零零五", "三二"],
)
def test_words_that_are_no_number(words: str) -> None:
    assert quantity(words) is None
