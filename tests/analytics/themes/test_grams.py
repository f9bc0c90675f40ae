"""The n-grams of texts and where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.themes.grams import CHARACTERS, NUMERAL_RUNS, SOUNDS, VIEWS, grams, said

pytestmark = pytest.mark.unit


def spans(text: str, view: int) -> list[str]:
    ready = said(text)
    found = grams([ready])
    return [
        ready.spoken.text[start:end]
        for start, end in zip(found.start[found.view == view], found.end[found.view == view], strict=True)
    ]


def keys(text: str, view: int) -> set[int]:
    found = grams([said(text)])
    return set(found.key[found.view == view].tolist())


def test_characters_are_taken_one_to_three_with_the_edges_of_the_utterance():
    # 退, 货; then ^退, 退货, 货$; then ^退货, 退货$
    assert spans("退货", CHARACTERS) == ["退", "货", "退", "退货", "货", "退货", "退货"]


def test_all_runs_of_numerals_are_one_character_of_their_view():
    assert keys("扣了十二块", NUMERAL_RUNS) == keys("扣了3块", NUMERAL_RUNS) != set()
    assert keys("扣了钱", NUMERAL_RUNS) == set()


def test_homophones_have_the_same_sounds_and_other_characters():
    assert keys("投诉", SOUNDS) == keys("头素", SOUNDS)
    assert not keys("投诉", CHARACTERS) & keys("头素", CHARACTERS)


def test_a_question_is_told_from_a_statement():
    assert keys("能退吗？", CHARACTERS) != keys("能退吗。", CHARACTERS)
    assert keys("能退吗？", SOUNDS) == keys("能退吗。", SOUNDS)


def test_pseudonyms_of_places_say_nothing():
    assert said("A7县的路").spoken.text == "的路"
    assert said("A7县的路").spoken.original_span(1, 2) == (4, 5)
    assert said("下载app的市民").spoken.text == "下载app的市民"


def test_texts_together_have_the_n_grams_of_each_alone():
    texts = [said(text) for text in ("退货", "", "我的手机号是13812345678？", "😡abc")]
    together = grams(texts)

    assert together.count == 4
    for number, text in enumerate(texts):
        alone = grams([text])
        assert sorted(together.key[together.text == number]) == sorted(alone.key)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=30), max_size=4))
def test_any_text_has_n_grams_inside_it(texts: list[str]):
    ready = [said(text) for text in texts]
    found = grams(ready)

    lengths = np.array([len(each.spoken.text) for each in ready], dtype=int)
    assert (found.start >= 0).all() and (found.start <= found.end).all()
    assert (found.end <= lengths[found.text]).all()
    assert set(found.view.tolist()) <= set(range(len(VIEWS)))
