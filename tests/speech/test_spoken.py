from __future__ import annotations

import pytest

from calls.errors import HuawuError
from speech.error_rate import character_error_rate
from speech.spoken import STEPS, normaliser, numbers

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("三千五百块", "3500块"),
        ("三千五百块", "3,500块"),
        ("三千五", "3500"),
        ("一百二十八", "128"),
        ("十", "10"),
        ("幺三八零零幺三八零零零", "13800138000"),
        ("一三八零零一三八零零零", "13800138000"),
        ("百分之三十", "30%"),
        ("百分之二点五", "2.5%"),
        ("三点一四", "3.14"),
        ("三点五万", "3.5万"),
        ("三万五千", "3.5万"),
        ("两亿", "2亿"),
        ("二零二六年十一月二十八日", "2026-11-28"),
        ("二零二六年一月五日", "2026/01/05"),
        ("下午三点三十", "下午3:30"),
        ("两个", "2个"),
        ("尾号八八一五", "尾号8815"),
        ("拐洞幺", "701"),
    ],
)
def test_numbers_are_alike_however_they_are_given(said: str, written: str) -> None:
    assert numbers(said) == numbers(written)


@pytest.mark.parametrize(
    ("one", "other"), [("三千五", "三千五十"), ("一百二", "一百零二"), ("3.5", "35"), ("三十万", "三百万")]
)
def test_other_numbers_stay_different(one: str, other: str) -> None:
    assert numbers(one) != numbers(other)


@pytest.mark.parametrize("text", ["三三两两", "千万" * 30, "9" * 40 + "万", "万万没想到", "亿点万"])
def test_what_is_no_number_is_bounded_and_stays_itself_twice(text: str) -> None:
    assert numbers(numbers(text)) == numbers(text)


def test_all_steps_make_two_ways_of_writing_one() -> None:
    said, heard = "嗯，我的余额是３，５００元。WiFi 呃 好的", "我的余额是三千五百元wifi好的"

    assert character_error_rate(said, heard, normaliser()).rate == 0.0


@pytest.mark.parametrize(
    ("step", "said", "heard"),
    [
        ("width", "Ａ", "A"),
        ("case", "A", "a"),
        ("numbers", "3", "三"),
        ("fillers", "嗯好", "好"),
        ("punctuation", "好。", "好"),
        ("spaces", "好 好", "好好"),
    ],
)
def test_each_step_can_be_left_out(step: str, said: str, heard: str) -> None:
    assert character_error_rate(said, heard, normaliser()).errors == 0
    assert character_error_rate(said, heard, normaliser([step])).errors == 1


def test_a_step_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(HuawuError, match="no step colour.*" + ", ".join(STEPS)):
        normaliser(["colour"])
