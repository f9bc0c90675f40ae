from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from analytics.evaluation.ranking import Ranking, highest_lift

pytestmark = pytest.mark.unit

#: Small sets full of ties, at least one row wanted.
ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 2)), min_size=1, max_size=6).filter(
    lambda rows: any(wanted for wanted, _ in rows)
)


def ranking(rows: list[tuple[bool, int]]) -> Ranking:
    return Ranking(np.array([wanted for wanted, _ in rows]), np.array([score for _, score in rows], float))


def orders(rows: list[tuple[bool, int]]) -> Iterator[list[bool]]:
    """Every order of the rows that their scores allow."""
    ties = [
        [wanted for wanted, score in rows if score == each] for each in sorted({s for _, s in rows})[::-1]
    ]
    for order in itertools.product(*(itertools.permutations(tie) for tie in ties)):
        yield [wanted for tie in order for wanted in tie]


def precision_by_rank(order: list[bool]) -> float:
    """Average precision by its definition."""
    found = list(itertools.accumulate(order))
    precisions = [count / rank for rank, (count, hit) in enumerate(zip(found, order, strict=True), 1) if hit]
    return sum(precisions) / len(precisions)


@given(ROWS)
def test_average_precision_is_the_mean_over_all_orders_of_the_ties(rows: list[tuple[bool, int]]) -> None:
    expected = np.mean([precision_by_rank(order) for order in orders(rows)])

    assert ranking(rows).average_precision()[0] == pytest.approx(expected)


@given(ROWS, st.floats(0.05, 1.0))
def test_lift_is_the_mean_over_all_orders_of_the_ties(rows: list[tuple[bool, int]], share: float) -> None:
    depth = share * len(rows)
    whole = math.floor(depth)

    def held(order: list[bool]) -> float:
        return sum(order[:whole]) + (depth - whole) * (order[whole] if whole < len(order) else 0)

    expected = np.mean([held(order) for order in orders(rows)]) / depth
    assert ranking(rows).lift(share)[0] == pytest.approx(expected / np.mean([wanted for wanted, _ in rows]))


@given(ROWS, st.floats(0.05, 1.0))
def test_precision_at_recall_is_taken_where_the_mean_order_has_found_enough(
    rows: list[tuple[bool, int]], recall: float
) -> None:
    found = np.mean([[0, *itertools.accumulate(order)] for order in orders(rows)], axis=0)
    least = math.ceil(recall * found[-1] - 1e-9)
    end = int(np.argmax(found >= least - 1e-9))
    depth = end - 1 + (least - found[end - 1]) / (found[end] - found[end - 1])

    assert ranking(rows).precision_at_recall(recall)[0] == pytest.approx(least / depth)


@given(ROWS, st.data())
def test_a_weight_is_so_many_copies_of_a_row(rows: list[tuple[bool, int]], data: st.DataObject) -> None:
    copies = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    copied = [row for row, count in zip(rows, copies, strict=True) for _ in range(count)]
    weights = np.array([copies])
    if not any(wanted for wanted, _ in copied):
        assert np.isnan(ranking(rows).average_precision(weights)[0])
        return
    weighted, plain = ranking(rows), ranking(copied)

    assert weighted.average_precision(weights) == pytest.approx(plain.average_precision())
    assert weighted.lift(0.3, weights) == pytest.approx(plain.lift(0.3))
    assert weighted.precision_at_recall(0.5, weights) == pytest.approx(plain.precision_at_recall(0.5))


def test_without_ties_average_precision_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    wanted, score = rng.random(500) < 0.2, rng.permutation(500).astype(float)

    assert Ranking(wanted, score).average_precision()[0] == pytest.approx(
        average_precision_score(wanted, score)
    )


def test_a_score_that_says_nothing_finds_as_many_as_chance() -> None:
    rows = Ranking(np.arange(100) < 20, np.zeros(100))

    assert rows.lift(0.05)[0] == pytest.approx(1.0)
    assert rows.average_precision()[0] == pytest.approx(0.234, abs=0.001)  # 0.2 and a little, by few rows


def test_a_perfect_order_has_the_highest_lift() -> None:
    wanted = np.arange(1000) < 213

    assert Ranking(wanted, -np.arange(1000.0)).lift(0.05)[0] == pytest.approx(highest_lift(0.213, 0.05))
    assert highest_lift(0.213, 0.05) == pytest.approx(4.695, abs=0.001)
    assert highest_lift(0.01, 0.05) == 20.0
    assert math.isnan(highest_lift(0.0, 0.05))
