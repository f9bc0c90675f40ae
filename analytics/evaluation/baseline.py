"""The plain way: character n-grams, TF-IDF, a linear model. What cannot beat it is not worth its code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from analytics.evaluation.metrics import Answer
from analytics.evaluation.sets import DISSATISFIED, NEGATIVE, OTHER, LabelledSet
from calls.records import Transcript

#: Characters of an n-gram, from and to.
NGRAMS = (1, 3)


def _features() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer="char", ngram_range=NGRAMS, dtype=np.float32)


class DialogueBaseline:
    """Logistic regression on the characters of a whole dialogue, and ridge regression for the mean vote."""

    def fit(self, rows: LabelledSet[Transcript], groups: np.ndarray) -> None:
        """Learn from dialogues; the groups are of no use to it."""
        self._tfidf = _features()
        matrix = self._tfidf.fit_transform(_texts(rows.rows))
        self._linear = LogisticRegression(C=10.0, solver="liblinear").fit(matrix, rows.labels == DISSATISFIED)
        self._ridge = (
            Ridge(alpha=1.0, solver="lsqr").fit(matrix, rows.means) if rows.means is not None else None
        )

    def answer(self, rows: Sequence[Transcript]) -> Answer:
        """Judge dialogues."""
        matrix = self._tfidf.transform(_texts(rows))
        probability = self._linear.predict_proba(matrix)[:, 1]
        return Answer(
            np.where(probability >= 0.5, DISSATISFIED, OTHER),
            self._linear.decision_function(matrix),
            probability,
            None if self._ridge is None else self._ridge.predict(matrix),
        )


class TextBaseline:
    """A linear support vector machine on the characters of a text; it gives no probabilities."""

    def fit(self, rows: LabelledSet[str], groups: np.ndarray) -> None:
        """Learn from texts; the groups are of no use to it."""
        self._tfidf = _features()
        self._linear: Any = LinearSVC(C=1.0, random_state=0).fit(
            self._tfidf.fit_transform(rows.rows), rows.labels
        )

    def answer(self, rows: Sequence[str]) -> Answer:
        """Judge texts; where there are two labels or three with ``negative``, negative ones come first."""
        matrix = self._tfidf.transform(rows)
        classes = self._linear.classes_.tolist()
        score = None
        if NEGATIVE in classes:
            margins = self._linear.decision_function(matrix)
            # of two classes there is one margin, that of the second
            score = -margins if margins.ndim == 1 else margins[:, classes.index(NEGATIVE)]
        return Answer(self._linear.predict(matrix), score)


def _texts(calls: Sequence[Transcript]) -> list[str]:
    return ["\n".join(each.text for each in call.utterances) for call in calls]
