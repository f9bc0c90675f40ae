"""Sums of money as they are said and written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.complaints.amount import Amount, amounts_of
from speech.numerals import money

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("三千块", 3000),
        ("花了一万二", 12_000),
        ("1200元", 1200),
        ("赔我两千五", 2500),
        ("两千五百块", 2500),
        ("一万二千五百块", 12_500),
        ("一万零二块", 10_002),
        ("一千零五十元", 1050),
        ("损失二十万", 200_000),
        ("¥1,299.00", 1299),
        ("４５００元", 4500),
        ("3千块", 3000),
        ("1万2千块", 12_000),
        ("1.5万元", 15_000),
        ("12w块", 120_000),
        ("3k元", 3000),
        ("一二零零元", 1200),
        ("一百二十块", 120),
        ("三块五", 3),
        ("一亿元", 1e8),
        ("押金五千", 5000),
        ("一万五的贷款", 15_000),
        ("卡里两万三全没了", 23_000),
        ("三千快钱", 3000),  # what the recogniser makes of 块
    ],
)
def test_a_sum_has_its_value(text: str, yuan: float) -> None:
    assert [amount.yuan for amount in amounts_of(text)] == [yuan]


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("八千多块", 8000),
        ("五六千块", 5000),
        ("几万块", 20_000),
        ("上万块", 10_000),
        ("十几万块", 100_000),
        ("千把块", 1000),
        ("一千来块", 1000),
        ("花了九千多", 9000),
    ],
)
def test_a_vague_sum_has_its_least_value(text: str, yuan: float) -> None:
    assert [amount.yuan for amount in amounts_of(text)] == [yuan]


@pytest.mark.parametrize(
    "text",
    [
        "三千兆",
        "一千个积分",
        "二零二三年",
        "半个月",
        "等了三千秒",
        "不到一千块",
        "没有三千块",
        "一万步",
        "六十",
        "",
        "三千快递",
    ],
)
def test_what_counts_other_things_or_is_not_reached_is_no_sum(text: str) -> None:
    assert amounts_of(text) == []


def test_a_sum_has_its_place() -> None:
    assert amounts_of("先扣三百块，又扣1200元。") == [Amount(300.0, 2, 5), Amount(1200.0, 8, 13)]


@given(st.integers(1, 99_999_999))
def test_every_sum_that_our_own_voices_say_is_read_back(yuan: int) -> None:
    assert [amount.yuan for amount in amounts_of(money(str(yuan)))] == [yuan]


@given(st.text(max_size=60))
def test_any_text_is_read(text: str) -> None:
    for amount in amounts_of(text):
        assert 0 <= amount.start < amount.end <= len(text)
        assert amount.yuan >= 0
