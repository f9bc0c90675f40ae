from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.records import Role, Utterance, Word
from speech.hotwordlist import HotWord
from speech.hotwords import HotWords
from speech.joining import join
from speech.readable import readable

pytestmark = pytest.mark.unit

LISTED = HotWords([HotWord("沃派"), HotWord("三百套餐")])


def heard(*words: str, confidence: float = 0.5) -> Utterance:
    timed = tuple(
        Word(text=word, start=n, end=n + 0.95, confidence=confidence) for n, word in enumerate(words)
    )
    return Utterance(number=0, role=Role.CALLER, start=0, end=9, text=join(words), words=timed)


def test_hot_words_figures_and_signs_are_one_view() -> None:
    view = readable(heard("我", "派", "是", "不是", "一百", "二十", "块"), LISTED)

    assert view.original == "我派是不是一百二十块"
    assert view.text == "沃派是不是120块？"
    assert [edit.kind for edit in view.edits] == ["hot-word", "money", "question"]


def test_a_hot_word_is_not_written_in_figures() -> None:
    assert readable(heard("三", "百", "套", "参"), LISTED).text == "三百套餐。"


def test_each_can_be_left_out() -> None:
    said = heard("我", "派", "三百", "块")

    assert readable(said, LISTED, figures=False, signs=False).text == "沃派三百块"
    assert readable(said, signs=False).text == "我派300块"
    assert readable(said, figures=False).text == "我派三百块。"


@given(st.lists(st.text(max_size=3) | st.sampled_from(["我", "派", "三百", "点", "但是", "吗", "👍", "ok"])))
def test_places_of_any_text_are_found_again(words: list[str]) -> None:
    said = heard(*words, confidence=0.2)
    view = readable(said, LISTED)

    assert view.original == said.text
    for edit, start, end in view.placed:
        assert view.text[start:end] == edit.text
        assert view.original_span(start, end) == (edit.start, edit.end)


def test_a_long_text_is_soon_done() -> None:
    said = heard(*["我", "派", "三百块", "👍", "a"] * 4_000)

    assert readable(said, LISTED).original == said.text
