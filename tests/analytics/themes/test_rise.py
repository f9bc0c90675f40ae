"""The tests behind hot words and new themes, on simulated weeks."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.stats import fisher_exact

from analytics.themes.rise import rise

pytestmark = pytest.mark.unit

CALLS_NOW, CALLS_BEFORE, TERMS = 200, 800, 160


def weeks(rng: np.random.Generator, planted: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Counts of terms in a week and the four before, of the same shares but for the first ten.

    Each second term is found in calls of its neighbour only, as a phrase is where its words are.
    """
    share = rng.beta(0.5, 20, size=TERMS)
    share[1::2] = share[::2] * rng.uniform(0.3, 1.0, size=TERMS // 2)
    counts = []
    for calls, lift in ((CALLS_NOW, planted), (CALLS_BEFORE, 1.0)):
        here = share.copy()
        here[:10] = np.minimum(0.05 * lift, 0.9)
        chance = rng.random((calls, TERMS // 2)).repeat(2, axis=1)
        counts.append((chance < here).sum(axis=0))
    kept = counts[0] + counts[1] >= 5
    kept[:10] = True
    return counts[0][kept], counts[1][kept]


def test_where_nothing_has_changed_hardly_a_week_reports_anything():
    rng = np.random.default_rng(11)

    reported = sum(
        bool((rise(*weeks(rng), CALLS_NOW, CALLS_BEFORE).q_value <= 0.05).any()) for _ in range(200)
    )

    # 5 % of 200 weeks, and two standard deviations of chance
    assert reported <= 10 + 2 * 3.1


def test_of_what_is_reported_at_most_the_rate_is_false_and_the_planted_terms_are_among_it():
    rng = np.random.default_rng(12)
    false, found = [], []
    for _ in range(200):
        change = rise(*weeks(rng, planted=3.0), CALLS_NOW, CALLS_BEFORE)
        reported = change.q_value <= 0.05
        false.append(reported[10:].sum() / max(reported.sum(), 1))
        found.append(reported[:10].mean())

    assert np.mean(false) <= 0.05
    assert np.mean(found) >= 0.9


def test_the_figures_of_one_term():
    change = rise(np.array([30]), np.array([20]), 100, 400)

    assert change.lift[0] == pytest.approx((30.5 / 100.5) / (20.5 / 400.5))
    assert change.lift_low[0] == pytest.approx(3.54, abs=0.01)
    assert change.g2[0] == pytest.approx(
        2 * (30 * log(3) + 70 * log(7 / 9) + 20 * log(1 / 2) + 380 * log(19 / 18))
    )
    assert change.p_value[0] == pytest.approx(
        fisher_exact([[30, 70], [20, 380]], alternative="greater").pvalue
    )
    assert change.q_value[0] == change.p_value[0]


def test_a_period_without_calls_shows_nothing():
    change = rise(np.array([3]), np.array([0]), 10, 0)

    assert (change.p_value[0], change.q_value[0], change.lift[0]) == (1.0, 1.0, 1.0)
    assert len(rise(np.array([]), np.array([]), 10, 10).q_value) == 0
