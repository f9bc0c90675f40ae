"""Calibrated linear judgement of calls: every turn is scored, the scores are pooled over the call.

A call is long and a complaint is short. So a linear model scores each turn and the whole text, and a
second, very small one weighs the highest turn, the mean turn and the whole against each other. The second
learns from scores that the first gave to rows it had not seen (cross-validated by family), which makes
its output a calibrated probability, as Platt (1999) and scikit-learn's ``CalibratedClassifierCV`` do.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from analytics.calltext import CallRows

#: What of a call is pooled, in the order of the columns of ``pool_coef_``.
POOLED = ("highest turn", "mean turn", "whole call")


class CallScorer(BaseEstimator):  # type: ignore[misc]
    """Gives every call a probability for each of several yes/no targets.

    The caller's turns are pooled. The whole call's row holds both parties, as separate features.

    Parameters
    ----------
    C : float, default 10.0
        Inverse strength of the regularisation of the linear model.
    folds : int, default 2
        Folds of the cross-validation behind the calibration.

    Attributes
    ----------
    coef_ : float array, shape (n_targets, n_features)
    intercept_ : float array, shape (n_targets,)
    pool_coef_ : float array, shape (n_targets, 3)
        Weights of :data:`POOLED`.
    pool_intercept_ : float array, shape (n_targets,)
    """

    def __init__(self, C: float = 10.0, folds: int = 2) -> None:
        self.C = C
        self.folds = folds

    def fit_targets(self, rows: CallRows, targets: np.ndarray, groups: np.ndarray) -> CallScorer:
        """Learn from labelled calls.

        Parameters
        ----------
        rows : CallRows
        targets : bool array, shape (n_calls, n_targets)
        groups : array, shape (n_calls,)
            Calls of one group stay on one side of every fold.
        """
        unseen = np.empty((*targets.shape, len(POOLED)))
        for train, test in GroupKFold(self.folds).split(targets, groups=groups):
            coef, intercept = self._fit_linear(rows.whole[train], targets[train])
            unseen[test] = self._pool(rows.select(test), coef, intercept)
        self.coef_, self.intercept_ = self._fit_linear(rows.whole, targets)
        pools = [
            LogisticRegression(C=1.0).fit(unseen[:, target], targets[:, target])
            for target in range(targets.shape[1])
        ]
        self.pool_coef_ = np.vstack([pool.coef_[0] for pool in pools])
        self.pool_intercept_ = np.concatenate([pool.intercept_ for pool in pools])
        return self

    def decision_function(self, rows: CallRows, turns: np.ndarray | None = None) -> np.ndarray:
        """Return the log-odds of each target, shape (n_calls, n_targets).

        ``turns`` are the :meth:`turn_scores`, where they are known already.
        """
        pooled = self._pool(rows, self.coef_, self.intercept_, turns)
        return np.asarray(np.einsum("ctp,tp->ct", pooled, self.pool_coef_) + self.pool_intercept_)

    def target_probabilities(self, rows: CallRows, turns: np.ndarray | None = None) -> np.ndarray:
        """Return the probability of each target on its own, shape (n_calls, n_targets)."""
        return np.asarray(1.0 / (1.0 + np.exp(-self.decision_function(rows, turns))))

    def turn_scores(self, rows: CallRows) -> np.ndarray:
        """Return the linear score of every turn, shape (n_turns, n_targets), before pooling."""
        return np.asarray(_sums(rows.turns, self.coef_) + self.intercept_)

    def _fit_linear(self, matrix: object, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        models = [
            LogisticRegression(C=self.C, solver="liblinear", tol=0.1).fit(matrix, column)
            for column in targets.T
        ]
        coef = np.vstack([model.coef_[0] for model in models]).astype(np.float32)
        return coef, np.concatenate([model.intercept_ for model in models])

    def _pool(
        self, rows: CallRows, coef: np.ndarray, intercept: np.ndarray, turns: np.ndarray | None = None
    ) -> np.ndarray:
        """Return pooled scores, shape (n_calls, n_targets, 3); without counted turns, the whole's."""
        whole = _sums(rows.whole, coef) + intercept
        pooled = np.repeat(whole[:, :, np.newaxis], len(POOLED), axis=2)
        counted = rows.caller
        if not counted.any():
            return pooled
        scores = (_sums(rows.turns, coef) + intercept if turns is None else turns)[counted]
        calls, first, count = np.unique(rows.call[counted], return_index=True, return_counts=True)
        pooled[calls, :, 0] = np.maximum.reduceat(scores, first, axis=0)
        pooled[calls, :, 1] = np.add.reduceat(scores, first, axis=0) / count[:, np.newaxis]
        return pooled


def _sums(matrix: Any, coef: np.ndarray) -> np.ndarray:
    """Return ``matrix @ coef.T``; of many coefficients only those are read that the rows hold."""
    shape = (matrix.shape[0], matrix.nnz)
    held = sparse.csr_matrix((matrix.data, np.arange(matrix.nnz, dtype=np.int32), matrix.indptr), shape)
    return np.asarray(held @ np.ascontiguousarray(coef.take(matrix.indices, axis=1).T))
