"""Scores of single turns, each for every label of the corpus.

Characters and syllables, alone, in pairs and in triples; a linear model for each label. All turns of one
party are looked up at once in sorted arrays, which takes microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from analytics.complaints.corpus import COLUMNS, Sentence
from analytics.grams import Known
from analytics.passage import shared_out
from analytics.reading import CHARACTERS, SOUNDS, Grams, Reading, read
from analytics.words import normalise

#: Lengths of the runs that are features, by view.
_LENGTHS = {CHARACTERS: (1, 2), SOUNDS: (2, 3)}
_DERIVED = ("_known", "_rows")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Some texts as a scorer sees them.

    Attributes
    ----------
    grams : Grams
        The features found, ascending by text.
    column : int array, shape (n_found,)
    coef : float array, shape (n_labels, n_features)
    scale : float array, shape (n_texts,)
        What the sum over a text's features is multiplied with.
    scores : float array, shape (n_texts, n_labels)
        Log-odds.
    """

    grams: Grams
    column: npt.NDArray[np.int64]
    coef: Array
    scale: Array
    scores: Array

    def part(self, first: int, last: int) -> Scored:
        """Return the texts from ``first`` on and before ``last`` alone."""
        here = slice(*np.searchsorted(self.grams.text, (first, last)))
        grams = self.grams.take(here)
        return Scored(
            replace(grams, text=grams.text - first),
            self.column[here],
            self.coef,
            self.scale[first:last],
            self.scores[first:last],
        )

    def pull(self, number: int, length: int, label: int) -> Array:
        """Return what each character of a text, ``length`` long, contributes to a label, shape (length,)."""
        here = slice(*np.searchsorted(self.grams.text, (number, number + 1)))
        added = self.coef[label, self.column[here]] * self.scale[number]
        return shared_out(added, self.grams.start[here], self.grams.end[here], length)


class SentenceScorer(BaseEstimator):  # type: ignore[misc]
    """Gives every turn a log-odds score for each label of each column of the corpus.

    Parameters
    ----------
    C : float, default 10.0
        Inverse strength of the regularisation.
    shrink : float, default 0.25
        The sum over a text's features is divided by their number to this power.

    Attributes
    ----------
    keys_ : uint64 array, shape (n_features,)
        The runs that are features, ascending: see :func:`analytics.reading.read`.
    labels_ : list of str
        The rows of ``coef_``, as ``column:label``.
    coef_ : float array, shape (n_labels, n_features)
    intercept_ : float array, shape (n_labels,)
    """

    def __init__(self, C: float = 10.0, shrink: float = 0.25) -> None:
        self.C = C
        self.shrink = shrink

    def fit(self, X: Sequence[Sentence], y: None = None) -> SentenceScorer:
        """Learn from labelled sentences; one that does not teach a column is left out of its models."""
        reading = read([normalise(sentence.text).text for sentence in X])
        grams = reading.grams
        wanted = [np.isin(grams.length, lengths) & (grams.view == view) for view, lengths in _LENGTHS.items()]
        self.keys_ = np.unique(grams.key[np.any(wanted, axis=0) & grams.inner()])
        self.__dict__.update(dict.fromkeys(_DERIVED))
        matrix = self._matrix(reading)
        self.labels_: list[str] = []
        coef, intercept = [], []
        for column, labels in COLUMNS.items():
            taught = np.array([column in sentence.labels for sentence in X])
            said = np.array([sentence.labels.get(column, "") for sentence in X])[taught]
            for label in labels:
                model = LogisticRegression(C=self.C, solver="liblinear")
                model.fit(matrix[taught], said == label)
                coef.append(model.coef_[0])
                intercept.append(model.intercept_[0])
                self.labels_.append(f"{column}:{label}")
        self.coef_ = np.array(coef)
        self.intercept_ = np.array(intercept)
        return self

    def columns(self, column: str) -> slice:
        """Return the places of a column's labels in :attr:`labels_`."""
        inside = [n for n, label in enumerate(self.labels_) if label.startswith(column + ":")]
        return slice(inside[0], inside[-1] + 1)

    def score(self, texts: Sequence[str]) -> Array:
        """Return the log-odds of each label for normalised texts, shape (n_texts, n_labels)."""
        return self.read(read(texts)).scores

    def read(self, reading: Reading) -> Scored:
        """Return the scores of texts that have been read, with what they are made of."""
        grams, column = self._found(reading)
        scale = self._scale(grams, len(reading))
        sums = np.zeros((len(reading), len(self.labels_)))
        if len(grams):
            first = np.flatnonzero(np.diff(grams.text, prepend=-1))
            sums[grams.text[first]] = np.add.reduceat(self._weights().take(column, axis=0), first, axis=0)
        return Scored(grams, column, self.coef_, scale, sums * scale[:, np.newaxis] + self.intercept_)

    def _found(self, reading: Reading) -> tuple[Grams, npt.NDArray[np.int64]]:
        """Return the known features of texts, ascending by text, and their columns."""
        known: Known | None = getattr(self, "_known", None)
        if known is None:
            known = self._known = Known(self.keys_)
        hit, column = known.find(reading.grams.key)
        order = np.argsort(reading.grams.text[hit], kind="stable")
        return reading.grams.take(hit[order]), column[order]

    def _scale(self, grams: Grams, count: int) -> Array:
        """Return what the sums of the texts are multiplied with, shape (count,)."""
        return np.asarray(np.maximum(np.bincount(grams.text, minlength=count), 1.0) ** -self.shrink)

    def _matrix(self, reading: Reading) -> sparse.csr_matrix:
        """Return the features of texts as the models see them, shape (n_texts, n_features)."""
        grams, column = self._found(reading)
        values = self._scale(grams, len(reading))[grams.text]
        return sparse.csr_matrix((values, (grams.text, column)), shape=(len(reading), len(self.keys_)))

    def _weights(self) -> Array:
        """Return the weights with a row for each feature, side by side in memory."""
        weights: Array | None = getattr(self, "_rows", None)
        if weights is None:
            weights = self._rows = np.ascontiguousarray(self.coef_.T)
        return weights

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name not in _DERIVED}
