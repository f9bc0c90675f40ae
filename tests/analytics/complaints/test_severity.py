"""The classifier's word and the criteria, weighed together."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.complaints.severity import SeverityModel

pytestmark = pytest.mark.unit


def fitted() -> SeverityModel:
    """Return a model of calls whose severity follows from the criteria and a fallible classifier."""
    rng = np.random.default_rng(0)
    labels = rng.choice(["none", "一般", "重大", "紧急"], 400, p=[0.5, 0.25, 0.15, 0.1])
    rank = np.array([("none", "一般", "重大", "紧急").index(label) for label in labels])
    chances = [np.where((rank > level) ^ (rng.random(400) < 0.25), 0.7, 0.3) for level in range(3)]
    met = [
        frozenset({2: ("law",), 3: ("safety",)}.get(int(each), ())) if rng.random() < 0.8 else frozenset()
        for each in rank
    ]
    return SeverityModel().fit(np.column_stack(chances), met, list(labels))


def test_the_levels_never_ascend_and_criteria_raise_them() -> None:
    model = fitted()
    at_least = np.full((3, 3), [0.6, 0.4, 0.2])

    levels = model.predict_at_least(at_least, [frozenset(), frozenset({"law"}), frozenset({"safety"})])

    assert (np.diff(levels, axis=1) <= 0).all()
    assert levels[0, 0] == pytest.approx(0.6)  # without a criterion the classifier's word stands
    assert levels[0, 1] < 0.5 < levels[1, 1]
    assert levels[1, 2] < 0.5 < levels[2, 2]


def test_no_criterion_lowers_a_level() -> None:
    model = fitted()

    assert (model.coef_ >= 0).all()


def test_more_than_two_criteria_of_a_severity_count_as_two() -> None:
    model = fitted()
    at_least = np.full((2, 3), 0.5)

    two, all_ = model.predict_at_least(
        at_least, [frozenset({"law", "media"}), frozenset({"law", "media", "regulator", "repeat"})]
    )

    np.testing.assert_array_equal(two, all_)


def test_a_classifier_that_is_certain_gives_finite_probabilities() -> None:
    levels = fitted().predict_at_least(np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]), [frozenset()] * 2)

    assert ((levels > 0.0) & (levels < 1.0)).all()
