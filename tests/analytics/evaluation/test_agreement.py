from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score

from analytics.evaluation import agreement

pytestmark = pytest.mark.unit

LABELS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=12)
NUMBERS = st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=3, max_size=12)
JUDGED = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=12)


def columns(rows: Sequence[tuple[object, object]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([one for one, _ in rows]), np.array([other for _, other in rows])


def once(rows: Sequence[tuple[object, object]]) -> np.ndarray:
    return np.ones((1, len(rows)))


@given(LABELS)
def test_labels_are_scored_as_by_scikit_learn(rows: list[tuple[str, str]]) -> None:
    truth, said = columns(rows)

    assert agreement.accuracy(truth, said, once(rows))[0] == pytest.approx(accuracy_score(truth, said))
    assert agreement.macro_f1(truth, said, once(rows))[0] == pytest.approx(
        f1_score(truth, said, average="macro", labels=np.union1d(truth, said), zero_division=0)
    )


def test_a_row_without_an_answer_is_wrong_and_makes_no_label_of_its_own() -> None:
    truth, said = np.array(["a", "a", "b"]), np.array(["a", "", "b"])

    assert agreement.accuracy(truth, said, np.ones((1, 3)))[0] == pytest.approx(2 / 3)
    assert agreement.macro_f1(truth, said, np.ones((1, 3)))[0] == pytest.approx((2 / 3 + 1) / 2)


@given(NUMBERS)
def test_correlation_is_that_of_numpy(rows: list[tuple[int, int]]) -> None:
    one, other = columns(rows)
    found = agreement.pearson(one, other, once(rows))[0]
    if one.std() == 0 or other.std() == 0:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(np.corrcoef(one, other)[0, 1])


@given(JUDGED)
def test_calibration_is_what_its_definition_says(rows: list[tuple[bool, float]]) -> None:
    wanted, probability = columns(rows)
    bins = np.minimum((probability * 15).astype(int), 14)
    expected = sum(
        np.mean(bins == each) * abs(wanted[bins == each].mean() - probability[bins == each].mean())
        for each in np.unique(bins)
    )

    assert agreement.calibration_error(wanted, probability, once(rows))[0] == pytest.approx(expected)
    assert agreement.brier(wanted, probability, once(rows))[0] == pytest.approx(
        brier_score_loss(wanted, probability, labels=[False, True])
    )


@given(LABELS, st.data())
def test_a_weight_is_so_many_copies_of_a_row(rows: list[tuple[str, str]], data: st.DataObject) -> None:
    copies = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)).filter(any))
    truth, said = columns(rows)
    weights = np.array([copies])

    for figure in (agreement.accuracy, agreement.macro_f1):
        plain = figure(np.repeat(truth, copies), np.repeat(said, copies), np.ones((1, sum(copies))))
        assert figure(truth, said, weights) == pytest.approx(plain)
