"""What a call is about: one or more of the topics."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.calltext import CallRows
from analytics.labels import TOPICS
from analytics.scorer import CallScorer


class TopicClassifier(CallScorer):
    """Judges each topic on its own, so that a call may have several; both parties' turns count.

    Parameters
    ----------
    speaker, C, folds
        As for :class:`analytics.scorer.CallScorer`.
    threshold : float in (0, 1), default 0.5
        A topic beside the likeliest is named only from this probability on.

    Attributes
    ----------
    classes_ : tuple of str
        The topic labels in the order of the columns.
    """

    def __init__(
        self, speaker: str = "anyone", C: float = 10.0, folds: int = 2, threshold: float = 0.5
    ) -> None:
        super().__init__(speaker, C, folds)
        self.threshold = threshold

    def fit(self, rows: CallRows, y: Sequence[frozenset[str]], groups: np.ndarray) -> TopicClassifier:
        """Learn from calls with their sets of topics; a set may be empty."""
        self.classes_ = tuple(TOPICS)
        targets = np.array([[topic in topics for topic in self.classes_] for topics in y])
        self.fit_targets(rows, targets, groups)
        return self

    def predict_proba(self, rows: CallRows) -> np.ndarray:
        """Return the probability of each topic, shape (n_calls, n_topics); rows need not sum to one."""
        return self.target_probabilities(rows)

    def predict(self, rows: CallRows) -> list[list[tuple[str, float]]]:
        """Return for each call its topics with their probabilities, likeliest first, at least one."""
        chosen = []
        for probabilities in self.predict_proba(rows):
            order = np.argsort(-probabilities, kind="stable")
            kept = [k for k in order if probabilities[k] >= self.threshold] or [order[0]]
            chosen.append([(self.classes_[k], float(probabilities[k])) for k in kept])
        return chosen
