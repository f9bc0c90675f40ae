"""Linear models with a ridge penalty: logistic on soft labels, and least squares.

Scikit-learn's logistic regression takes no labels between 0 and 1; here they are what tells a call that
all raters found bad from one that just passed the threshold. There are far more columns than calls, so
the models are fitted on the calls' coordinates in their own span (:class:`Span`), which changes nothing
but the time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize

#: Calls up to which the span is used; beyond, its square matrix is larger than the rows.
MOST_IN_SPAN = 6000
#: Columns that are in so large a part of the calls are multiplied as a dense matrix.
DENSE_FROM = 0.05
#: Steps of the optimiser at most.
STEPS = 300

Loss = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Span:
    """Rows in the coordinates of the space that they span.

    ``rows`` = ``coordinates`` · Q for some Q with orthonormal rows (coordinates by Cholesky from the Gram
    matrix), so scalar products, and with them every model with a ridge penalty, are the same.

    Parameters
    ----------
    rows : sparse matrix, shape (n_calls, n_columns)

    Attributes
    ----------
    coordinates : array, shape (n_calls, n_calls), or ``rows`` where there are more than
        :data:`MOST_IN_SPAN` calls
    """

    def __init__(self, rows: Any) -> None:
        self._rows = rows
        self._small = rows.shape[0] <= MOST_IN_SPAN
        self.coordinates: Any = rows
        if self._small:
            gram = _gram(rows)
            ridge = 1e-9 * max(float(np.trace(gram)) / len(gram), 1e-12)
            self.coordinates = np.linalg.cholesky(gram + ridge * np.eye(len(gram)))

    def columns(self, coef: np.ndarray) -> np.ndarray:
        """Return what coefficients of coordinates are as coefficients of the rows' columns."""
        if not self._small:
            return coef
        return np.asarray(self._rows.T @ solve_triangular(self.coordinates, coef, trans="T", lower=True))


def _gram(rows: Any) -> np.ndarray:
    common = np.bincount(rows.indices, minlength=rows.shape[1]) > DENSE_FROM * rows.shape[0]
    dense, rest = rows[:, common].toarray(), rows[:, ~common]
    return np.asarray(dense @ dense.T + (rest @ rest.T).toarray())


def fit_logistic(
    rows: Any, target: np.ndarray, weight: np.ndarray, strength: float
) -> tuple[np.ndarray, float]:
    """Return the coefficients and intercept that minimise cross-entropy + penalty.

    Parameters
    ----------
    rows : matrix, shape (n, n_columns)
    target : float array in [0, 1], shape (n,)
    weight : float array, shape (n,)
        Weights of the calls.
    strength : float
        Inverse strength of the penalty ½‖coefficients‖²; the intercept is free.
    """

    def loss(logit: np.ndarray) -> tuple[float, np.ndarray]:
        lost = np.logaddexp(0.0, logit) - target * logit
        return float(weight @ lost), weight * (sigmoid(logit) - target)

    mean = float(np.clip(np.average(target, weights=weight), 1e-6, 1 - 1e-6))
    return _minimised(rows, loss, float(np.log(mean / (1.0 - mean))), strength)


def fit_least_squares(
    rows: Any, target: np.ndarray, weight: np.ndarray, strength: float
) -> tuple[np.ndarray, float]:
    """Return the coefficients and intercept that minimise half the squared error + penalty.

    The parameters are those of :func:`fit_logistic`; the target may be any number.
    """

    def loss(value: np.ndarray) -> tuple[float, np.ndarray]:
        miss = value - target
        return float(0.5 * weight @ (miss * miss)), weight * miss

    return _minimised(rows, loss, float(np.average(target, weights=weight)), strength)


def sigmoid(logit: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + e^-logit) without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logit)))


def _minimised(rows: Any, loss: Loss, start: float, strength: float) -> tuple[np.ndarray, float]:
    turned = rows.T

    def objective(point: np.ndarray) -> tuple[float, np.ndarray]:
        coef = point[:-1]
        value, slope = loss(rows @ coef + point[-1])
        gradient = np.append(turned @ slope + coef / strength, slope.sum())
        return value + 0.5 * float(coef @ coef) / strength, gradient

    found = minimize(
        objective,
        np.append(np.zeros(rows.shape[1]), start),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": STEPS, "ftol": 1e-9, "gtol": 1e-4},
    )
    return found.x[:-1], float(found.x[-1])
