"""Whether the caller complains, and how grave the complaint is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.calltext import CallRows
from analytics.labels import NO_COMPLAINT, SEVERITIES
from analytics.scorer import CallScorer


class ComplaintClassifier(CallScorer):
    """Judges *at least 一般*, *at least 重大* and *紧急* (ordinal classes after Frank & Hall, ECML 2001).

    Only the caller's turns are pooled: an agent who says 投诉 does not complain. The criteria of the
    severities are :data:`analytics.labels.SEVERITY_CRITERIA`.

    Attributes
    ----------
    classes_ : tuple of str
        ``none``, then the severities in ascending order.
    """

    def fit(self, rows: CallRows, y: Sequence[str], groups: np.ndarray) -> ComplaintClassifier:
        """Learn from calls with their severity, ``none`` for a call without complaint."""
        self.classes_ = (NO_COMPLAINT, *SEVERITIES)
        rank = np.array([self.classes_.index(label) for label in y])
        targets = np.column_stack([rank >= least for least in range(1, len(self.classes_))])
        self.fit_targets(rows, targets, groups)
        return self

    def predict_at_least(self, rows: CallRows, turns: np.ndarray | None = None) -> np.ndarray:
        """Return the probability of each severity *or a graver one*, shape (n_calls, 3), never ascending.

        ``turns`` are the :meth:`turn_scores`, where they are known already.
        """
        return np.minimum.accumulate(self.target_probabilities(rows, turns), axis=1)

    def predict_proba(self, rows: CallRows) -> np.ndarray:
        """Return the probability of each of ``classes_``, shape (n_calls, 4); rows sum to one."""
        at_least = self.predict_at_least(rows)
        edges = np.column_stack([np.ones(len(at_least)), at_least, np.zeros(len(at_least))])
        return np.asarray(edges[:, :-1] - edges[:, 1:])

    def predict(self, rows: CallRows) -> list[tuple[str, float]]:
        """Return for each call the gravest label that is likelier than not, with its probability.

        The probability of a severity is that of a complaint at least so grave; of ``none``, that there is
        no complaint.
        """
        chosen = []
        for at_least in self.predict_at_least(rows):
            rank = int((at_least >= 0.5).sum())
            probability = at_least[rank - 1] if rank else 1.0 - at_least[0]
            chosen.append((self.classes_[rank], float(probability)))
        return chosen
