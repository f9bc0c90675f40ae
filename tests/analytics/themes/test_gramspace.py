"""The views that topics have of a text beside those of every reading."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.reading import read
from analytics.themes.gramspace import OF_LENGTH, OF_NUMERALS, GramSpace, grams_of_topics, parts_of
from analytics.words import normalise
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit


def keys(text: str, view: int) -> set[int]:
    grams = grams_of_topics(read([normalise(text).text]))
    return set(grams.key[grams.view == view].tolist())


def test_all_runs_of_numerals_are_one_character_of_their_view() -> None:
    assert keys("扣了十二块", OF_NUMERALS) == keys("扣了3块", OF_NUMERALS) != set()
    assert keys("扣了钱", OF_NUMERALS) == set()


def test_numerals_have_their_span_in_the_text() -> None:
    grams = grams_of_topics(read(["十二块"]))
    chosen = grams.take(np.flatnonzero(grams.view == OF_NUMERALS))

    assert set(zip(chosen.start.tolist(), chosen.end.tolist(), strict=True)) == {(0, 2), (0, 3)}


def test_texts_of_one_length_are_alike_and_long_ones_are_all() -> None:
    assert keys("退货", OF_LENGTH) == keys("投诉", OF_LENGTH) != keys("投诉你", OF_LENGTH)
    assert keys("的" * 12, OF_LENGTH) == keys("了" * 40, OF_LENGTH)


def test_what_an_agent_says_counts_as_the_agents_too() -> None:
    space = GramSpace().fit([parts_of(transcript("c:退货", "a:退货"), 1)])
    said = space.found([parts_of(transcript("c:退货"), 1)])
    answered = space.found([parts_of(transcript("a:退货"), 1)])

    assert (said.column >= 0).all() and (answered.column >= 0).all()
    assert set(said.column.tolist()) != set(answered.column.tolist())
    assert len(said.column) == len(said.grams) + 7  # the characters' runs are found twice


def test_nothing_is_found_in_nothing() -> None:
    assert GramSpace().fit([parts_of("退货", 1)]).transform([[], []]).nnz == 0
