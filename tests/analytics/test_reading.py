"""What was said, read once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.reading import CHARACTERS, SOUNDS, mark_of, read
from analytics.words import normalise

pytestmark = pytest.mark.unit


def spans(text: str, view: int) -> list[str]:
    grams = read([text]).grams
    chosen = grams.take(np.flatnonzero(grams.view == view))
    return [text[start:end] for start, end in zip(chosen.start, chosen.end, strict=True)]


def keys(text: str, view: int) -> set[int]:
    grams = read([normalise(text).text], [mark_of(text)]).grams
    return set(grams.key[grams.view == view].tolist())


def test_runs_of_one_to_three_are_taken_with_the_edges_of_the_text() -> None:
    # 退, 货; then ^退, 退货, 货$; then ^退货, 退货$
    assert spans("退货", CHARACTERS) == ["退", "货", "退", "退货", "货", "退货", "退货"]
    assert spans("退货", SOUNDS) == spans("退货", CHARACTERS)


def test_runs_without_an_edge_are_told() -> None:
    grams = read(["退货"]).grams
    inner = grams.take(np.flatnonzero(grams.inner() & (grams.view == CHARACTERS)))

    assert list(zip(inner.start.tolist(), inner.end.tolist(), strict=True)) == [(0, 1), (1, 2), (0, 2)]


def test_homophones_have_the_same_sounds_and_other_characters() -> None:
    assert keys("投诉", SOUNDS) == keys("头素", SOUNDS)
    assert not keys("投诉", CHARACTERS) & keys("头素", CHARACTERS)


def test_a_question_is_told_from_a_statement_by_its_mark_alone() -> None:
    assert keys("能退吗？", CHARACTERS) != keys("能退吗。", CHARACTERS)
    assert keys("能退吗？", SOUNDS) == keys("能退吗。", SOUNDS)


@pytest.mark.parametrize(
    ("text", "mark"), [("吗？ ", "?"), ("了。", "。"), ("ok.", "。"), ("好", ""), ("", "")]
)
def test_a_text_ends_with_a_mark_or_without(text: str, mark: str) -> None:
    assert mark_of(text) == mark


def test_pseudonyms_of_places_say_nothing() -> None:
    text = normalise("A7县的路").text
    grams = read([text]).grams

    assert set(zip(grams.start.tolist(), grams.end.tolist(), strict=True)) == {(3, 4), (4, 5), (3, 5)}
    assert grams.key.tolist() == read(["的路"]).grams.key.tolist()
    assert spans("路在a市", CHARACTERS) == ["路", "在", "路", "路在", "在", "路在", "路在"]
    assert len(spans("下载app的市民", CHARACTERS)) == 3 * 8 + 1


def test_texts_together_have_the_runs_of_each_alone() -> None:
    texts = ["退货", "", "我的手机号是〇", "abc"]
    together = read(texts).grams

    for number, text in enumerate(texts):
        assert sorted(together.key[together.text == number]) == sorted(read([text]).grams.key)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=30), max_size=4))
def test_any_text_has_runs_inside_it(texts: list[str]) -> None:
    said = [normalise(text).text for text in texts]
    grams = read(said, [mark_of(text) for text in texts]).grams

    lengths = np.array([len(each) for each in said], dtype=int)
    assert (grams.start >= 0).all() and (grams.start < grams.end).all()
    assert (grams.end <= lengths[grams.text]).all()
    assert set(grams.view.tolist()) <= {CHARACTERS, SOUNDS}
