from __future__ import annotations

import numpy as np
import pytest

from analytics.evaluation.bootstrap import measure, resamples

pytestmark = pytest.mark.unit


def drawn(groups: list[int], strata: list[str], count: int = 200, seed: int = 0) -> np.ndarray:
    return np.concatenate(list(resamples(np.array(groups), np.array(strata), count, seed)))


def test_every_stratum_keeps_its_size() -> None:
    weights = drawn([0, 1, 2, 3, 4], list("aabbb"))

    assert weights.shape == (200, 5)
    assert set(weights[:, :2].sum(axis=1)) == {2.0}
    assert set(weights[:, 2:].sum(axis=1)) == {3.0}


def test_rows_of_a_group_are_drawn_together() -> None:
    weights = drawn([0, 1, 0, 2], list("aaaa"))

    assert (weights[:, 0] == weights[:, 2]).all()
    assert len(np.unique(weights, axis=0)) > 5


def test_the_same_seed_draws_the_same() -> None:
    assert (drawn([0, 1, 2], list("aab")) == drawn([0, 1, 2], list("aab"))).all()
    assert (drawn([0, 1, 2], list("aab"), seed=1) != drawn([0, 1, 2], list("aab"))).any()


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.evaluation.bootstrap.CHUNK", 12)
    chunks = resamples(np.arange(4), np.zeros(4), 10)

    assert [chunk.shape for chunk in chunks] == [(3, 4), (3, 4), (3, 4), (1, 4)]


def test_the_interval_of_a_mean_is_that_of_the_normal_law() -> None:
    values = np.random.default_rng(1).normal(size=400)
    weights = resamples(np.arange(400), np.zeros(400), 1000, seed=0)

    found = measure({"mean": lambda w: w @ values / w.sum(axis=1)}, weights, 400)["mean"]

    error = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - error, abs=0.015)
    assert found.high == pytest.approx(values.mean() + error, abs=0.015)


def test_resamples_without_a_figure_are_passed_over() -> None:
    weights = iter([np.array([[1.0, 1.0], [2.0, 0.0]])])

    found = measure({"some": lambda w: np.where(w[:, 1] > 0, 5.0, np.nan)}, weights, 2)["some"]

    assert (found.value, found.low, found.high) == (5.0, 5.0, 5.0)
