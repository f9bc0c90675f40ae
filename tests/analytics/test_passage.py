"""The passage that speaks most for something."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from analytics.passage import above_floor, apart, cited, shared_out, strongest, strongest_words
from calls.records import Evidence, Role, Utterance

pytestmark = pytest.mark.unit


def test_a_value_is_shared_by_the_characters_of_its_span_and_an_empty_span_gives_nothing() -> None:
    pull = shared_out(np.array([2.0, 3.0, 9.0]), np.array([0, 1, 2]), np.array([2, 4, 2]), 4)

    assert pull.tolist() == pytest.approx([1.0, 2.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("added", "span"),
    [
        ([1.0, -0.5, 1.0], (0, 3)),
        ([1.0, -2.0, 1.5], (2, 3)),
        ([-3.0, -1.0, -2.0], (1, 2)),
        ([2.0, -inf, 1.5], (0, 1)),
        ([], None),
    ],
)
def test_the_run_of_pieces_with_the_greatest_sum_is_found(
    added: list[float], span: tuple[int, int] | None
) -> None:
    assert strongest((number, number + 1, each) for number, each in enumerate(added)) == span


def test_a_run_must_add_more_than_asked() -> None:
    assert strongest([(0, 1, -1.0), (1, 2, 0.0)], 0.0) is None


def test_the_floor_is_half_of_the_mean_of_what_helps() -> None:
    assert above_floor([3.0, 1.0, 0.0, -1.0]) == [2.0, 0.0, -1.0, -2.0]
    assert above_floor([0.0, -1.0]) == [0.0, -1.0]


def test_whole_words_are_cited() -> None:
    assert strongest_words("我要投诉你们", [0.0, 0.0, 0.0, 3.0, 0.0, 0.0]) == (2, 4)


def test_a_passage_need_not_help_unless_it_must_stay_within_signs() -> None:
    assert strongest_words("投诉", [-1.0, -1.0]) == (0, 2)
    assert strongest_words("投诉", [-1.0, -1.0], within_signs=True) is None
    assert strongest_words("投诉，退货", [1.0, 1.0, 1.0, 1.0, 1.0], within_signs=True) == (0, 2)


def test_of_passages_that_overlap_the_first_is_kept() -> None:
    assert apart([(2, 4), (3, 6), (0, 2)]) == [(2, 4), (0, 2)]


def test_evidence_says_when_its_words_are_said() -> None:
    said = Utterance(number=3, role=Role.CALLER, start=1.0, end=2.0, text="我要投诉")

    assert cited(said, (2, 4)) == Evidence(utterance=3, start=1.0, end=2.0, text="投诉", span=(2, 4))
