"""Blending, calibration and the threshold."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.themes.folds import deal
from analytics.themes.stacking import probabilities, stack, threshold

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(3)


def test_a_judge_that_knows_counts_and_one_that_guesses_does_not():
    targets = np.eye(3, dtype=bool)[RNG.integers(3, size=600)]
    knows, guesses = 2.0 * targets + RNG.normal(size=(600, 3)), RNG.normal(size=(600, 3))

    found = stack([knows, guesses], targets, np.ones(600), exclusive=True)

    assert found.slopes[0] > 10 * found.slopes[1]


@pytest.mark.parametrize("exclusive", [True, False])
def test_probabilities_are_as_often_right_as_they_say(exclusive: bool):
    targets = np.eye(4, dtype=bool)[RNG.choice(4, size=4000, p=[0.6, 0.2, 0.1, 0.1])]
    scores = 1.5 * targets + RNG.normal(size=(4000, 4))

    found = stack([7 * scores], targets, np.ones(4000), exclusive)
    said = probabilities(7 * scores * found.slopes[0] + found.offsets, exclusive)

    for low, high in ((0.0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1.0)):
        inside = (said >= low) & (said < high)
        assert said[inside].mean() == pytest.approx(targets[inside].mean(), abs=0.06)


def test_few_rows_do_not_overcome_the_belief():
    found = stack([np.array([[0.0, 9.0]])], np.array([[True, False]]), np.ones(1), exclusive=True)

    assert found.slopes[0] * 4.5 < 1.0  # one wrong row: trusted less, not turned round
    assert found.slopes[0] >= 0.0


def test_the_threshold_names_as_much_as_it_may_with_the_precision_wanted():
    probability = np.array([[0.9], [0.8], [0.7], [0.6], [0.5], [0.4]])
    right = np.array([[True], [True], [True], [False], [True], [False]])

    chosen = {
        wanted: threshold(probability, right, np.ones(6), exclusive=False, precision=wanted)
        for wanted in (0.6, 0.8, 0.9)
    }

    assert chosen == {0.6: pytest.approx(0.45), 0.8: pytest.approx(0.45), 0.9: pytest.approx(0.65)}


def test_of_exclusive_topics_only_the_likeliest_is_named():
    probability = np.array([[0.55, 0.45], [0.9, 0.1]])
    right = np.array([[False, True], [True, False]])

    assert threshold(probability, right, np.ones(2), exclusive=True, precision=0.9) == pytest.approx(0.725)


def test_folds_hold_whole_groups_and_every_topic():
    targets = np.eye(2, dtype=bool)[[0, 1] * 10]
    groups = [number // 2 for number in range(20)]

    fold = deal(targets, groups, 5, seed=0)

    assert all(fold[2 * group] == fold[2 * group + 1] for group in range(10))
    assert np.bincount(fold).tolist() == [4, 4, 4, 4, 4]
    assert [targets[fold == number].sum(axis=0).min() for number in range(5)] == [2] * 5
    assert deal(targets[:3], None, 5, seed=0).max() == 2
