"""How well a score puts the wanted rows first, with ties averaged.

Rows of equal score have no order. Every figure here is what a random order within the ties gives on
average, so that neither the order of the file nor a coarse score wins or loses by it.

All figures take weights: each row as often as a resample holds it, copies being ties of each other.
"""

from __future__ import annotations

import math

import numpy as np


class Ranking:
    """Rows in order of falling score.

    Parameters
    ----------
    wanted : bool array, shape (n_rows,)
    score : float array, shape (n_rows,)
        Higher comes first.

    Notes
    -----
    ``weights`` of the methods is an array of whole numbers, shape (n_resamples, n_rows), or None for
    every row once; they return a float array, shape (n_resamples,). A resample without a wanted row has
    no figures: nan.
    """

    def __init__(self, wanted: np.ndarray, score: np.ndarray) -> None:
        self._order = np.argsort(-score, kind="stable")
        self._wanted = wanted[self._order].astype(float)
        falling = score[self._order]
        self._starts = np.flatnonzero(np.concatenate([[True], falling[1:] != falling[:-1]]))

    def average_precision(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Return the mean over the wanted rows of the precision at each one's rank.

        Within a tie of ``n`` rows, ``p`` of them wanted, after ``N`` rows with ``P`` wanted, the ``k``-th
        place holds a wanted row with chance p/n, and then (k − 1)(p − 1)/(n − 1) of those before it in
        the tie are wanted on average. The sum over k has a closed form in harmonic numbers.
        """
        rows, wanted = self._ties(weights)
        rows_before, wanted_before = np.cumsum(rows, axis=1) - rows, np.cumsum(wanted, axis=1) - wanted
        harmonic = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, rows.sum(axis=1).max() + 1))])
        span = harmonic[(rows_before + rows).astype(int)] - harmonic[rows_before.astype(int)]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(rows > 1, (wanted - 1) / (rows - 1), 0.0)
            share = np.where(rows > 0, wanted / rows, 0.0)
            sums = (wanted_before + 1 - slope) * span + slope * (rows - rows_before * span)
            return np.asarray((share * sums).sum(axis=1) / wanted.sum(axis=1))

    def lift(self, share: float, weights: np.ndarray | None = None) -> np.ndarray:
        """Return how many times more wanted rows the first ``share`` of all holds than a random draw.

        The share need not be a whole number of rows: of the last one the fraction counts.
        """
        depths, found = self._curve(weights)
        reach = share * depths[:, -1]
        held = np.array([np.interp(*each) for each in zip(reach, depths, found, strict=True)])
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((held / reach) / (found[:, -1] / depths[:, -1]))

    def precision_at_recall(self, recall: float, weights: np.ndarray | None = None) -> np.ndarray:
        """Return the precision where the list first holds ``recall`` of the wanted rows.

        That is the depth at which ⌈recall · wanted⌉ of them are found, on average over the ties.
        """
        depths, found = self._curve(weights)
        least = np.ceil(recall * found[:, -1] - 1e-9)
        end = np.argmax(found >= least[:, np.newaxis], axis=1)
        every = np.arange(len(end))
        before = np.maximum(end - 1, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = (least - found[every, before]) / (found[every, end] - found[every, before])
            depth = depths[every, before] + part * (depths[every, end] - depths[every, before])
            return np.asarray(least / depth)

    def _ties(self, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return rows and wanted rows of each tie, both of shape (n_resamples, n_ties)."""
        if weights is None:
            weights = np.ones((1, len(self._order)))
        ordered = weights[:, self._order].astype(float)
        rows = np.add.reduceat(ordered, self._starts, axis=1)
        return rows, np.add.reduceat(ordered * self._wanted, self._starts, axis=1)

    def _curve(self, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Return rows seen and wanted rows found up to the end of each tie, a column of 0 before."""
        rows, wanted = self._ties(weights)
        edge = ((0, 0), (1, 0))
        return np.pad(np.cumsum(rows, axis=1), edge), np.pad(np.cumsum(wanted, axis=1), edge)


def highest_lift(wanted_share: float, share: float) -> float:
    """Return the lift of a perfect order: all wanted rows first."""
    if not wanted_share:
        return math.nan
    return min(1.0 / wanted_share, 1.0 / share)
