"""How well labels, probabilities and means agree with the truth, for one set of rows or many resamples.

``weights`` is an array of whole numbers, shape (n_resamples, n_rows); every function returns a float
array, shape (n_resamples,).
"""

from __future__ import annotations

import numpy as np

#: Bins of the calibration error, of equal width in probability (Guo et al. 2017 use the same).
BINS = 15


def accuracy(truth: np.ndarray, said: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the share of rows with the right label."""
    return np.asarray(weights @ (truth == said) / weights.sum(axis=1))


def macro_f1(truth: np.ndarray, said: np.ndarray, weights: np.ndarray, abstained: str = "") -> np.ndarray:
    """Return the mean over the labels of F1, each label counting the same.

    The labels are those that a resample holds, or that were said of it; ``abstained`` is none of them,
    and a row where it is said is wrong.
    """
    scores, there = [], []
    for label in np.union1d(truth, said):
        if label == abstained:
            continue
        is_so, called_so = (truth == label).astype(float), (said == label).astype(float)
        both = weights @ (is_so * called_so)
        either = weights @ (is_so + called_so)
        scores.append(2 * both / np.maximum(either, 1))
        there.append(either > 0)
    return np.asarray(np.sum(scores, axis=0) / np.maximum(np.sum(there, axis=0), 1))


def pearson(one: np.ndarray, other: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation; nan where one of the two does not vary."""
    total = weights.sum(axis=1)
    # the mean is taken away beforehand: sums of squares of large numbers would lose the variance
    one, other = one - one.mean(), other - other.mean()
    mean_one, mean_other = weights @ one / total, weights @ other / total
    together = weights @ (one * other) / total - mean_one * mean_other
    spread_one = weights @ (one * one) / total - mean_one**2
    spread_other = weights @ (other * other) / total - mean_other**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.clip(together / np.sqrt(spread_one * spread_other), -1.0, 1.0))


def calibration_error(wanted: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the expected calibration error over :data:`BINS` bins of equal width.

    The mean, over the rows, of the distance between the share of wanted rows and the mean probability in
    the row's bin. Chance alone makes it more than 0, and a resample more than the whole.
    """
    bin_of_row = np.minimum((probability * BINS).astype(int), BINS - 1)
    excess = np.zeros((len(wanted), BINS))
    excess[np.arange(len(wanted)), bin_of_row] = probability - wanted
    return np.asarray(np.abs(weights @ excess).sum(axis=1) / weights.sum(axis=1))


def brier(wanted: np.ndarray, probability: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean squared distance between probability and truth (Brier 1950, one class)."""
    return np.asarray(weights @ np.square(probability - wanted) / weights.sum(axis=1))
