"""How grave a complaint is: the learned classifier and the criteria met, weighed together.

That it is a complaint at all: the log-odds are the classifier's own, of :mod:`analytics.complaint`, plus a
weight for every criterion met. That it is at least 重大, or 紧急: the classifier's log-odds are weighed too,
since a threat in its words is less sure a sign than a criterion. The criteria of 重大 and of 紧急 count up to
two each. The weights are learnt from the seed's calls, with scores of a classifier that had not seen them;
none is negative: no criterion can lower a level.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator

from analytics.complaints.criteria import CRITERIA
from analytics.labels import NO_COMPLAINT, SEVERITIES

Array = npt.NDArray[np.float64]

#: Log-odds of the classifier beyond this count no more: no model is that certain.
CERTAIN = 6.0
#: What is weighed for each level, in the order of ``coef_``.
WEIGHED = ("classifier", "criteria of 重大", "criteria of 紧急")
#: Criteria of one severity beyond so many count no more.
COUNTED = 2


class SeverityModel(BaseEstimator):  # type: ignore[misc]
    """Calibrated probabilities of the levels from the classifier's and the criteria.

    Parameters
    ----------
    strength : float, default 1.0
        Of the pull of all weights towards zero.

    Attributes
    ----------
    classes_ : tuple of str
        ``none``, then the severities in ascending order.
    coef_ : float array, shape (3, 3)
        For each level the weights of :data:`WEIGHED`, none negative; the first is 1 for the first level.
    intercept_ : float array, shape (3,)
        0 for the first level.
    """

    classes_ = (NO_COMPLAINT, *SEVERITIES)

    def __init__(self, strength: float = 1.0) -> None:
        self.strength = strength

    def fit(self, at_least: Array, criteria: Sequence[frozenset[str]], y: Sequence[str]) -> SeverityModel:
        """Learn from calls.

        Parameters
        ----------
        at_least : float array, shape (n_calls, 3)
            The classifier's probability of each severity *or a graver one*, for calls it has not seen.
        criteria : sequence of frozenset of str
            The criteria that each call meets.
        y : sequence of str
            The severity of each call, ``none`` without complaint.
        """
        rank = np.array([self.classes_.index(label) for label in y])
        odds, counts = _log_odds(at_least), _counts(criteria)
        fitted = []
        for level in range(len(SEVERITIES)):
            features = np.column_stack([odds[:, level], counts, np.ones(len(odds))])
            # the first level keeps the classifier's word
            fixed = {0: 1.0, 3: 0.0} if level == 0 else {}
            fitted.append(_fit(features, rank > level, self.strength, fixed))
        self.coef_ = np.array([weights[:-1] for weights in fitted])
        self.intercept_ = np.array([weights[-1] for weights in fitted])
        return self

    def predict_at_least(self, at_least: Array, criteria: Sequence[frozenset[str]]) -> Array:
        """Return the probability of each severity *or a graver one*, shape (n_calls, 3), never ascending."""
        logits = _log_odds(at_least) * self.coef_[:, 0] + self.intercept_
        logits += _counts(criteria) @ self.coef_[:, 1:].T
        return np.asarray(np.minimum.accumulate(expit(logits), axis=1))


def _log_odds(chance: Array) -> Array:
    """Return log-odds, none beyond :data:`CERTAIN`."""
    limit = 1.0 / (1.0 + np.exp(CERTAIN))
    chance = np.clip(chance, limit, 1.0 - limit)
    return np.asarray(np.log(chance / (1.0 - chance)))


def _counts(criteria: Sequence[frozenset[str]]) -> Array:
    """Return how many criteria of 重大 and of 紧急 are met, shape (n_calls, 2)."""
    counts = [
        [
            min(sum(CRITERIA[name].severity == severity for name in met), COUNTED)
            for severity in SEVERITIES[1:]
        ]
        for met in criteria
    ]
    return np.array(counts, np.float64).reshape(-1, len(WEIGHED) - 1)


def _fit(features: Array, target: npt.NDArray[np.bool_], strength: float, fixed: dict[int, float]) -> Array:
    """Return the weights of a logistic model, none negative but the last, the intercept."""
    sign = np.where(target, 1.0, -1.0)
    pulled = np.append(np.full(features.shape[1] - 1, strength), 0.0)

    def loss(weights: Array) -> tuple[float, Array]:
        margin = sign * (features @ weights)
        value = np.logaddexp(0.0, -margin).sum() + 0.5 * (pulled * weights**2).sum()
        return value, features.T @ (-sign * expit(-margin)) + pulled * weights

    bounds: list[tuple[float | None, float | None]] = [(0.0, None)] * (features.shape[1] - 1) + [(None, None)]
    start = np.zeros(features.shape[1])
    for place, value in fixed.items():
        bounds[place] = (value, value)
        start[place] = value
    return np.asarray(minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x)
