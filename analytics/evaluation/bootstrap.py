"""Intervals by resampling rows, or whole groups of rows, with replacement (Efron 1979, percentile)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
CONFIDENCE = 0.95
#: Weights made at a time, as numbers: bounds the memory.
CHUNK = 1_000_000

#: From weights of shape (n_resamples, n_rows) to a figure for each resample.
Figure = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


def resamples(
    groups: np.ndarray, strata: np.ndarray, count: int = RESAMPLES, seed: int = 0
) -> Iterator[np.ndarray]:
    """Yield weights, shape (some, n_rows): how often each row is in a resample.

    Groups are drawn whole; from each stratum as many groups as it has.

    Parameters
    ----------
    groups : int array, shape (n_rows,)
    strata : array, shape (n_rows,)
        The label of each row; a group belongs to the stratum of its first row.
    count : int
    seed : int
    """
    rng = np.random.default_rng(seed)
    _, first, group_of_row = np.unique(groups, return_index=True, return_inverse=True)
    stratum_of_group = strata[first]
    members = [np.flatnonzero(stratum_of_group == each) for each in np.unique(stratum_of_group)]
    at_once = max(CHUNK // len(groups), 1)
    for begin in range(0, count, at_once):
        size = min(at_once, count - begin)
        drawn = np.zeros((size, len(first)), dtype=np.int32)
        for each in members:
            picks = rng.integers(len(each), size=(size, len(each)))
            picks += np.arange(size)[:, np.newaxis] * len(each)
            drawn[:, each] = np.bincount(picks.ravel(), minlength=size * len(each)).reshape(size, -1)
        yield drawn[:, group_of_row].astype(float)


def measure(figures: dict[str, Figure], weights: Iterator[np.ndarray], rows: int) -> dict[str, Measure]:
    """Return each figure over all rows, with its interval over the resamples.

    Resamples that have no figure (nan: no wanted row was drawn) are passed over.
    """
    every = np.ones((1, rows))
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in figures}
    for some in weights:
        for name, figure in figures.items():
            drawn[name].append(figure(some))
    tail = 100 * (1 - CONFIDENCE) / 2
    measured = {}
    for name, figure in figures.items():
        values = np.concatenate(drawn[name])
        values = values[~np.isnan(values)]
        low, high = np.percentile(values, [tail, 100 - tail]) if len(values) else (np.nan, np.nan)
        measured[name] = Measure(float(figure(every)[0]), float(low), float(high))
    return measured
