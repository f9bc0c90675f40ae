"""Two linear judges of the same rows: naive Bayes, good at few examples, and support vector machines.

Both give each topic a weight per n-gram, so their blend is linear too and every judgement can be shown as
the sum of what its words add.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC


def complement_weights(rows: Any, targets: np.ndarray, weight: np.ndarray, smoothing: float) -> np.ndarray:
    """Return the weights of complement naive Bayes, shape (n_features, n_targets).

    A topic is told by how rare an n-gram is in all rows *without* it: these are many where the rows with
    it are few (Rennie et al. 2003). Every topic has the same say in what is rare, however many rows it has.
    The weights of an n-gram are centred over the topics, which changes no ranking.

    Parameters
    ----------
    rows : sparse matrix, shape (n_rows, n_features)
        TF-IDF rows.
    targets : bool array, shape (n_rows, n_targets)
    weight : float array, shape (n_rows,)
    smoothing : float
        Pseudo-count of every n-gram.
    """
    held = targets * weight[:, np.newaxis]
    share = held.sum(axis=0)
    # rows of many topics are divided among them; rows of none are a topic of their own, "anything else"
    held = held / np.maximum(targets.sum(axis=1, keepdims=True), 1) / np.maximum(share, 1e-9)
    others = weight * ~targets.any(axis=1)
    with_topic = np.asarray(rows.T @ held)
    anything = np.asarray(rows.T @ (others / max(others.sum(), 1e-9)))[:, np.newaxis]
    mean_share = weight.sum() / max(targets.shape[1], 1)
    without = (with_topic.sum(axis=1, keepdims=True) - with_topic + anything) * mean_share + smoothing
    found = -np.log(without / without.sum(axis=0))
    return np.asarray(found - found.mean(axis=1, keepdims=True), dtype=np.float32)


def margin_weights(
    rows: Any, targets: np.ndarray, weight: np.ndarray, C: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (n_features, n_targets) and offsets (n_targets,) of one machine per topic.

    Rows with and without the topic weigh the same together (``class_weight="balanced"``). A topic that all
    rows have, or none, has no weights.
    """
    coef = np.zeros((rows.shape[1], targets.shape[1]), dtype=np.float32)
    offset = np.zeros(targets.shape[1])
    for number, target in enumerate(targets.T):
        if target.all() or not target.any():
            offset[number] = 1.0 if target.all() else -1.0
            continue
        machine = LinearSVC(C=C, class_weight="balanced", random_state=0, tol=1e-3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            machine.fit(rows, target, sample_weight=weight)
        coef[:, number], offset[number] = machine.coef_[0], machine.intercept_[0]
    return coef, offset
