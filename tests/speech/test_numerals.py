import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.numerals import NUMERALS, cardinal, dialled, money, number, one_by_one, whole

pytestmark = pytest.mark.unit

_VALUES = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2}


def value_of(words: str) -> int:
    """Return the number that Chinese words name."""
    for unit, size in (("亿", 10**8), ("万", 10**4), ("千", 1000), ("百", 100), ("十", 10)):
        head, found, tail = words.partition(unit)
        if found:
            return (value_of(head) if head else 1) * size + (value_of(tail.lstrip("零")) if tail else 0)
    return _VALUES[words]


@given(st.integers(0, 10**12 - 1))
def test_a_cardinal_names_its_number(whole: int) -> None:
    assert value_of(cardinal(str(whole))) == whole


@given(st.integers(0, 10**12 - 1))
def test_a_gap_is_one_zero(whole: int) -> None:
    assert "零零" not in cardinal(str(whole))


@pytest.mark.parametrize(
    ("digits", "words"),
    [
        ("0", "零"), ("2", "二"), ("10", "十"), ("12", "十二"), ("20", "二十"), ("100", "一百"),
        ("105", "一百零五"),
        ("110", "一百一十"), ("200", "两百"), ("222", "两百二十二"), ("1000", "一千"), ("1200", "一千二百"),
        ("2002", "两千零二"), ("10000", "一万"), ("10010", "一万零一十"), ("20000", "两万"),
        ("22000", "两万二千"), ("100000", "十万"), ("110000", "十一万"), ("10500000", "一千零五十万"),
        ("100000001", "一亿零一"), ("1,234,567", "一百二十三万四千五百六十七"), ("007", "七"),
    ],
)  # fmt: skip
def test_cardinals(digits: str, words: str) -> None:
    assert cardinal(digits) == words


def test_more_than_twelve_digits_are_no_quantity() -> None:
    with pytest.raises(ValueError, match="1000000000000 has more than 12 digits"):
        cardinal("1000000000000")


def test_fractions_are_read_digit_by_digit() -> None:
    assert number("1,024.05") == "一千零二十四点零五"
    assert number("0.11") == "零点一一"


def test_telephone_numbers_say_yao_and_years_do_not() -> None:
    assert dialled("13800138000") == "幺三八零零幺三八零零零"
    assert one_by_one("1998") == "一九九八"


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("128", "一百二十八元"), ("2", "两元"), ("12.5", "十二元五角"), ("12.50", "十二元五角"),
        ("12.56", "十二元五角六分"), ("12.05", "十二元零五分"), ("0.5", "五角"), ("0.05", "五分"),
        ("0", "零元"), ("0.00", "零元"), ("100.00", "一百元"), ("1,234.50", "一千二百三十四元五角"),
        ("3.456", "三点四五六元"),
    ],
)  # fmt: skip
def test_money(amount: str, words: str) -> None:
    assert money(amount) == words


@given(st.integers(0, 10**12 - 1))
def test_a_number_in_words_is_that_number(value: int) -> None:
    assert whole(cardinal(str(value))) == value


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("三千五", 3500), ("一万二", 12000), ("两百五", 250), ("三千零五", 3005), ("一百十五", 115),
        ("一十五", 15), ("〇", 0), ("两", 2), ("二〇〇", None), ("三五", None), ("百八十", None),
        ("三百零", None), ("十两", None), ("千万", None), ("二十十", None), ("一千百", None), ("", None),
        ("三千块", None),
    ],
)  # fmt: skip
def test_numbers_that_are_said_shorter_and_those_that_are_none(words: str, value: int | None) -> None:
    assert whole(words) == value


@given(st.text(alphabet=NUMERALS, max_size=12))
def test_no_run_of_numerals_is_too_odd(words: str) -> None:
    value = whole(words)
    assert value is None or 0 <= value < 10**12
