from __future__ import annotations

import pytest

from calls.records import Word
from speech.joining import is_cjk, join, word_spans

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], ""),
        (["我", "要", "查询", "余额"], "我要查询余额"),
        (["打开", "wifi", "hotspot", "功能"], "打开wifi hotspot功能"),
        (["[unk]", "[unk]", "人工"], "[unk] [unk]人工"),
        (["五", "", "G"], "五G"),
        (["𠮷", "野"], "𠮷野"),
    ],
)
def test_words_become_text(words: list[str], text: str) -> None:
    assert join(words) == text


def test_what_is_written_without_spaces() -> None:
    assert [is_cjk(c) for c in "中，ａあ𠮷a1 ("] == [True, True, True, True, True, False, False, False, False]


def test_words_are_found_one_after_another_and_unknown_ones_left_out() -> None:
    words = [Word(text=each, start=0, end=1) for each in ("好", "好", "吗", "ok")]

    assert [(start, end) for start, end, _ in word_spans("好好ok", words)] == [(0, 1), (1, 2), (2, 4)]
