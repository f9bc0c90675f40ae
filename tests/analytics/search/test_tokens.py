from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.search.tokens import Tokens, folded, is_word, places, readings, spellings, tokens

pytestmark = pytest.mark.unit


def test_an_utterance_has_words_with_those_inside_them_and_neighbours_by_sign_and_by_sound() -> None:
    assert tokens("去消协投诉") == Tokens(
        words=("去", "消协", "投诉"),
        runs=("1去消", "1消协", "1协投", "1投诉"),
        sounds=("2qu0xiao", "2xiao0xie", "2xie0tou", "2tou0su"),
    )
    assert tokens("消费者协会").words == ("消费者协会", "消费", "协会", "消费者")


def test_homophones_have_the_same_sounds_and_tones_do_not_matter() -> None:
    assert tokens("退宽").sounds == tokens("退款").sounds == tokens("腿款").sounds == ("2tui0kuan",)


def test_signs_hesitations_width_and_case_fall_away_and_numerals_are_hanzi() -> None:
    assert folded("嗯，ＡＰＰ：退款１２块！") == "app退款一二块"
    assert folded("幺三八〇 谢谢谢谢") == "一三八零谢谢谢谢"


def test_places_lead_back_to_the_text() -> None:
    text = "嗯，退 款！"
    assert [text[at] for at in places(text)] == list(folded(text)) == ["退", "款"]


@given(st.text())
def test_whatever_is_said_becomes_tokens_that_the_databases_take_as_they_are(text: str) -> None:
    made = tokens(text)
    every = [*made.words, *made.runs, *made.sounds]
    assert all(each.isalnum() for each in every)
    assert not {each for each in made.words if each[0] in "012"}
    assert len(made.runs) == len(made.sounds) == max(len(folded(text)) - 1, 0)
    assert len(places(text)) == len(folded(text))


@pytest.mark.parametrize(
    ("letters", "ways"),
    [
        ("tuikuan", [("tui", "kuan"), ("tui", "ku", "an")]),
        ("xian", [("xian",), ("xi", "an")]),
        ("tousu", [("tou", "su")]),
        ("wifi", []),
        ("", [()]),
    ],
)
def test_pinyin_without_blanks_is_cut_into_syllables(letters: str, ways: list[tuple[str, ...]]) -> None:
    assert spellings(letters) == ways


def test_a_long_row_of_letters_has_few_spellings() -> None:
    assert 0 < len(spellings("xian" * 20)) <= 8


def test_a_word_is_read_by_its_characters_and_as_a_word() -> None:
    assert readings("银行") == [("yin", "xing"), ("yin", "hang")]
    assert readings("退款") == [("tui", "kuan")]
    assert readings("app") == [("a", "p", "p")]


def test_one_word_is_told_from_longer_text() -> None:
    assert [is_word(each) for each in ("退", "退款", "消费者协会", "退款没到账", "退宽")] == [
        True,
        True,
        True,
        False,
        False,
    ]
