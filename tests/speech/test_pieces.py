from __future__ import annotations

import pytest

from calls.records import Word
from speech.pieces import words_of

pytestmark = pytest.mark.unit


def word(text: str, start: float, end: float, confidence: float | None = None) -> Word:
    return Word(text=text, start=start, end=end, confidence=confidence)


def test_each_chinese_character_is_a_word_that_ends_where_the_next_begins() -> None:
    assert words_of("查余额", ["查", "余", "额"], [0.2, 0.5, 1.5], 2.0) == (
        word("查", 0.2, 0.5),
        word("余", 0.5, 0.9),
        word("额", 1.5, 1.9),
    )


def test_the_last_one_ends_with_the_sound() -> None:
    assert words_of("好", ["好"], [0.2], 0.3) == (word("好", 0.2, 0.3),)


def test_pieces_of_a_latin_word_are_put_together_and_its_weakest_piece_says_how_sure_it_is() -> None:
    found = words_of("开 wifi吧", ["开", "▁wi", "fi", "吧"], [0.1, 0.3, 0.4, 0.8], 2.0, [0.9, 0.8, 0.4, 1.0])

    assert found == (word("开", 0.1, 0.3, 0.9), word("wifi", 0.3, 0.8, 0.4), word("吧", 0.8, 1.2, 1.0))


def test_the_signs_of_paraformer_for_pieces_are_known() -> None:
    assert [each.text for each in words_of("好 monday", ["好", "mon@@", "day"], [0.1, 0.3, 0.5], 1.0)] == [
        "好",
        "monday",
    ]


def test_characters_that_are_written_in_bytes_are_found() -> None:
    assert words_of("鑫好", ["<0xE9>", "<0x91>", "<0xAB>", "好"], [0.1, 0.14, 0.18, 0.4], 1.0) == (
        word("鑫", 0.1, 0.4),
        word("好", 0.4, 0.8),
    )


def test_in_a_code_of_its_own_characters_share_the_tokens_evenly() -> None:
    found = words_of("你好", ["ƌŤ", "Ļ", "ƍ", "Ƣ"], [0.0, 0.1, 0.2, 0.3], 1.0)

    assert [(each.text, each.start) for each in found] == [("你", 0.0), ("好", 0.2)]


def test_without_times_the_text_is_one_word_and_nothing_is_claimed() -> None:
    assert words_of("查 余额", ["查", "余", "额"], [], 2.0) == (word("查余额", 0.0, 2.0),)
    assert words_of(" ", [], [], 2.0) == ()
