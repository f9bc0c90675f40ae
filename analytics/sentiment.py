"""What the caller feels, as far as the words show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.calltext import CallRows
from analytics.labels import SENTIMENTS, STRONG_NEGATIVE
from analytics.scorer import CallScorer

#: The yes/no questions asked of a call, in the order of the columns.
NEGATIVE, POSITIVE, ABUSIVE = range(3)


class SentimentClassifier(CallScorer):
    """Judges whether the caller is negative, positive, abusive; what is neither of the first two is neutral.

    Attributes
    ----------
    classes_ : tuple of str
        ``negative``, ``neutral``, ``positive``.
    """

    def fit(self, rows: CallRows, y: Sequence[str], groups: np.ndarray) -> SentimentClassifier:
        """Learn from calls with their sentiment, ``strong-negative`` included."""
        self.classes_ = SENTIMENTS
        labels = np.array(y)
        targets = np.column_stack(
            [
                np.isin(labels, ("negative", STRONG_NEGATIVE)),
                labels == "positive",
                labels == STRONG_NEGATIVE,
            ]
        )
        self.fit_targets(rows, targets, groups)
        return self

    def predict_proba(self, rows: CallRows) -> np.ndarray:
        """Return the probability of each of ``classes_``, shape (n_calls, 3); rows sum to one."""
        asked = self.target_probabilities(rows)
        negative, positive = asked[:, NEGATIVE], asked[:, POSITIVE]
        likely = np.column_stack(
            [negative * (1 - positive), (1 - negative) * (1 - positive), positive * (1 - negative)]
        )
        return np.asarray(likely / np.maximum(likely.sum(axis=1, keepdims=True), 1e-12))

    def predict_abuse(self, rows: CallRows) -> np.ndarray:
        """Return the probability of abuse, shape (n_calls,)."""
        return np.asarray(self.target_probabilities(rows)[:, ABUSIVE])

    def predict(self, rows: CallRows) -> list[tuple[str, float]]:
        """Return the likeliest sentiment of each call with its probability."""
        return [(self.classes_[int(row.argmax())], float(row.max())) for row in self.predict_proba(rows)]
