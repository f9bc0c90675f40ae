from __future__ import annotations

import pytest

from calls.masking import masked_number, masked_text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("13812345678", "•••••••5678"),
        ("+86 138-1234-5678", "•••••••••5678"),
        ('"张三" <sip:13812345678@10.0.0.1>', "•••••••5678"),
        ("sip:zhangsan@example.cn", ""),
        ("8001", "8001"),
        ("", ""),
        ("<script>", ""),
    ],
)
def test_only_the_last_four_digits_of_an_address_are_shown(address: str, shown: str) -> None:
    assert masked_number(address) == shown


def test_long_numbers_in_a_text_are_masked_and_short_ones_are_not() -> None:
    assert masked_text("拨 138 1234 5678 转 802，金额 1200 元") == "拨 •••••••5678 转 802，金额 1200 元"
