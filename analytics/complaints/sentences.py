"""Scores of single turns, each for every label of the corpus.

Characters and syllables, alone, in pairs and in triples; a linear model for each label. All turns of one
party are looked up at once in sorted arrays, which takes microseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from analytics.complaints.corpus import COLUMNS, Sentence
from analytics.gramtable import keys_of, points_of
from analytics.sounds import sounds
from analytics.words import normalise

#: Kinds of features: of characters or of sounds, and how many of them.
_KINDS = (("characters", 1), ("characters", 2), ("sounds", 2), ("sounds", 3))
_BREAK = ord("\n")
_DERIVED = ("_tables", "_rows")

Array = npt.NDArray[np.float64]
Tables = list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]]


@dataclass(frozen=True, slots=True)
class Features:
    """Known features found in some texts, ascending by text.

    Attributes
    ----------
    row, column : int array, shape (n_found,)
        The text and the feature.
    start, length : int array, shape (n_found,)
        Where it is in the text's normalised form, in characters.
    """

    row: npt.NDArray[np.int64]
    column: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reading:
    """Some texts as a scorer sees them.

    Attributes
    ----------
    found : Features
    coef : float array, shape (n_labels, n_features)
    scale : float array, shape (n_texts,)
        What the sum over a text's features is multiplied with.
    scores : float array, shape (n_texts, n_labels)
        Log-odds.
    """

    found: Features
    coef: Array
    scale: Array
    scores: Array

    def pull(self, number: int, length: int, label: int) -> Array:
        """Return what each character of a text, ``length`` long, contributes to a label, shape (length,)."""
        first, last = np.searchsorted(self.found.row, (number, number + 1))
        span = self.found.length[first:last]
        start = self.found.start[first:last]
        share = self.coef[label, self.found.column[first:last]] / span
        pull = np.zeros(length)
        for offset in range(max(size for _, size in _KINDS)):
            inside = span > offset
            pull += np.bincount(start[inside] + offset, share[inside], minlength=length)
        return np.asarray(pull * self.scale[number])


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
    grams_ : list of str
        The features, as ``kind length text``, in the order of the columns of ``coef_``.
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
        texts = [normalise(sentence.text).text for sentence in X]
        self.grams_ = _grams(texts)
        self._tables: Tables | None = None
        self._rows: Array | None = None
        matrix = self._matrix(texts)
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
        return self.read(texts).scores

    def read(self, texts: Sequence[str]) -> Reading:
        """Return the scores of normalised texts with what they are made of."""
        found = self.find(texts)
        scale = self._scale(found, len(texts))
        sums = np.zeros((len(texts), len(self.labels_)))
        if len(found.row):
            first = np.flatnonzero(np.diff(found.row, prepend=-1))
            sums[found.row[first]] = np.add.reduceat(
                self._weights().take(found.column, axis=0), first, axis=0
            )
        return Reading(found, self.coef_, scale, sums * scale[:, np.newaxis] + self.intercept_)

    def find(self, texts: Sequence[str]) -> Features:
        """Return the known features of normalised texts."""
        joined = "\n".join(texts)
        points = {"characters": points_of(joined), "sounds": points_of(sounds(joined))}
        breaks = points["characters"] == _BREAK
        row = np.cumsum(breaks)
        begins = np.concatenate([[0], np.flatnonzero(breaks) + 1])
        parts = []
        for (kind, length), (keys, columns) in zip(_KINDS, self._lookup(), strict=True):
            sought = keys_of(points[kind], length)
            place = np.minimum(np.searchsorted(keys, sought), len(keys) - 1)
            start = np.flatnonzero(keys[place] == sought)
            inside = start - begins[row[start]]
            parts.append((row[start], columns[place[start]], inside, np.full(len(start), length)))
        rows, columns_, starts, lengths = (np.concatenate(each) for each in zip(*parts, strict=True))
        order = np.argsort(rows, kind="stable")
        return Features(rows[order], columns_[order], starts[order], lengths[order])

    def _scale(self, found: Features, count: int) -> Array:
        """Return what the sums of the texts are multiplied with, shape (count,)."""
        return np.asarray(np.maximum(np.bincount(found.row, minlength=count), 1.0) ** -self.shrink)

    def _matrix(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return the features of texts as the models see them, shape (n_texts, n_features)."""
        found = self.find(texts)
        values = self._scale(found, len(texts))[found.row]
        return sparse.csr_matrix((values, (found.row, found.column)), shape=(len(texts), len(self.grams_)))

    def _lookup(self) -> Tables:
        """Return for each kind the sorted keys of the known features, and their columns."""
        tables = getattr(self, "_tables", None)
        if tables is None:
            members: dict[tuple[str, int], list[tuple[int, int]]] = {kind: [] for kind in _KINDS}
            for column, gram in enumerate(self.grams_):
                kind, length, text = gram.split(" ", 2)
                points = points_of(text if kind == "characters" else sounds(text))
                members[kind, int(length)].append((int(keys_of(points, int(length))[0]), column))
            tables = self._tables = [_table(members[kind]) for kind in _KINDS]
        return tables

    def _weights(self) -> Array:
        """Return the weights with a row for each feature, side by side in memory."""
        weights = getattr(self, "_rows", None)
        if weights is None:
            weights = self._rows = np.ascontiguousarray(self.coef_.T)
        return np.asarray(weights)

    def __getstate__(self) -> dict[str, Any]:
        # the codes of sounds differ from process to process
        return {name: value for name, value in super().__getstate__().items() if name not in _DERIVED}


def _grams(texts: Sequence[str]) -> list[str]:
    """Return the features of texts by name, ascending; one of sounds has the name of its first spelling."""
    spelling: dict[tuple[str, int, str], str] = {}
    for text in texts:
        heard = sounds(text)
        for kind, length in _KINDS:
            view = text if kind == "characters" else heard
            for start in range(len(text) - length + 1):
                key = (kind, length, view[start : start + length])
                spelt = text[start : start + length]
                spelling[key] = min(spelling.get(key, spelt), spelt)
    return sorted(f"{kind} {length} {spelt}" for (kind, length, _), spelt in spelling.items())


def _table(members: list[tuple[int, int]]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    members.sort()
    return (
        np.array([key for key, _ in members], np.uint64),
        np.array([column for _, column in members], np.int64),
    )
