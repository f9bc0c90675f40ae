"""The sentiment of texts: a linear model over the lexicon's reading and n-grams, calibrated.

Each class is told from the rest by logistic regression over the lexicon's columns and over n-grams that are
weighted by their log-count ratio (NB-SVM: Wang & Manning, ACL 2012). A second, tiny logistic regression
over scores that the first gave to texts it had not seen (Platt 1999) turns the scores into calibrated
log-odds. A combination of linear models is linear: all is folded into one weight per column, so that
scoring is a sum, and its parts explain it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold

from analytics.feeling.features import (
    COLUMNS,
    GRAM_COLUMNS,
    READ_COLUMNS,
    Rows,
    Texts,
    read_rows,
    read_texts,
    rows_of,
    shares,
)
from analytics.feeling.mood import CALL_MOODS, Mood, composed_moods, learnt_chances, right
from analytics.feeling.reader import BREAKS, Reading, plain
from analytics.labels import STRONG_NEGATIVE
from analytics.passage import shared_out

#: The classes of the built-in model, from the worst mood to the best.
MOODS = (STRONG_NEGATIVE, "negative", "neutral", "positive")
#: What a class is worth between -1 and 1, for models of moods; other models rank their classes.
_WORTH = {STRONG_NEGATIVE: -1.0, "negative": -1.0, "neutral": 0.0, "positive": 1.0}


#: A span that pulls less is left out.
LEAST = 1e-9
#: The built-in model's log-odds are this much smaller as features, to be of the size of the others.
KNOWN_SCALE = 0.25


class Span(NamedTuple):
    """A part of a text and what it adds to a logit; ``start`` to ``end`` is half-open."""

    start: int
    end: int
    text: str
    pull: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text has its score for ``label``: ``rest`` and the pulls of ``spans`` sum to ``logit``.

    ``rest`` is what no single place of the text owns: intercept, length, edges, that no word is polar.
    """

    label: Any
    logit: float
    spans: tuple[Span, ...]
    rest: float


class SentimentModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Gives texts a calibrated probability for each of two or more classes.

    Parameters
    ----------
    Cs : sequence of float
        Inverse strengths of the regularisation to choose from; each is tried on the folds.
    smoothing : float, default 0.5
        Pseudo-count of the log-count ratios.
    min_count : int, default 2
        Leave out n-grams that occur in fewer texts.
    words : bool, default False
        Use jieba's words too: somewhat more accurate where there are thousands of labels, and half as fast.
    folds : int, default 4
        Folds behind the calibration.
    seed : int, default 0
        Of the folds.

    Attributes
    ----------
    classes_ : array, shape (n_classes,)
        Moods from the worst to the best where the labels are moods, else sorted.
    columns_ : int array, shape (n_columns,)
        The n-gram columns with a weight, ascending.
    weights_ : float array, shape (n_columns, n_logits)
        n_logits is 1 for two classes (the log-odds of the second), else n_classes.
    read_weights_ : float array, shape (len(READ_COLUMNS), n_logits)
    intercept_ : float array, shape (n_logits,)
    threshold_ : float
        Two classes only: log-odds above which the second is predicted, for the best macro-F1 on texts
        not seen in training.
    chances_ : float array, shape (3, 3), or None
        What makes the mood of a call a probability (:mod:`analytics.feeling.mood`), learnt from calls put
        together of texts not seen in training; None where the labels are other ones than moods.
    """

    def __init__(
        self,
        Cs: Sequence[float] = (0.5, 1.0, 3.0),
        smoothing: float = 0.5,
        min_count: int = 2,
        words: bool = False,
        folds: int = 4,
        seed: int = 0,
    ) -> None:
        self.Cs = Cs
        self.smoothing = smoothing
        self.min_count = min_count
        self.words = words
        self.folds = folds
        self.seed = seed

    @classmethod
    def builtin(cls, cache: Path | None = None) -> SentimentModel:
        """Return the model that knows only what we wrote: the lexicon and its sentences.

        It is trained on first use (some seconds) and cached under ``cache``, or in the user's cache folder.
        """
        from analytics.feeling.builtin import builtin_model

        return builtin_model(cache)

    def fit(
        self,
        X: Sequence[str],
        y: Sequence[Any],
        groups: Sequence[Any] | None = None,
        sample_weight: Sequence[float] | None = None,
    ) -> SentimentModel:
        """Learn from texts and their labels alone.

        Parameters
        ----------
        X : sequence of str, shape (n_texts,)
        y : sequence, shape (n_texts,)
            Labels of two or more classes.
        groups : sequence, optional
            Texts of one group stay on one side of every fold of the calibration.
        sample_weight : sequence of float, optional

        Raises
        ------
        ValueError
            There is but one class.
        """
        return self._fit(X, y, groups, sample_weight, None)

    def adapt(
        self,
        X: Sequence[str],
        y: Sequence[Any],
        groups: Sequence[Any] | None = None,
        sample_weight: Sequence[float] | None = None,
        base: SentimentModel | None = None,
    ) -> SentimentModel:
        """Learn as :meth:`fit` does, but on top of what ``base`` knows, the built-in model if not given.

        Its log-odds are features beside the others; with few labels they decide, with many they help.
        """
        return self._fit(X, y, groups, sample_weight, base or SentimentModel.builtin())

    def _fit(
        self,
        texts: Sequence[str],
        y: Sequence[Any],
        groups: Sequence[Any] | None,
        sample_weight: Sequence[float] | None,
        base: SentimentModel | None,
    ) -> SentimentModel:
        labels = np.asarray(y)
        self.classes_ = _ordered(labels)
        if len(self.classes_) < 2:
            raise ValueError(f"all {len(labels)} texts have one label, {self.classes_[0]}")
        rows = rows_of(texts, self.words)
        known = KNOWN_SCALE * base.decision(rows) if base is not None else np.zeros((len(labels), 0))
        weight = np.ones(len(labels)) if sample_weight is None else np.asarray(sample_weight, dtype=float)
        told = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        targets = labels[:, np.newaxis] == told
        used = np.flatnonzero(np.bincount(rows.grams.indices, minlength=GRAM_COLUMNS) >= self.min_count)
        rows = Rows(np.hstack([rows.read, known]).astype(np.float32), rows.grams[:, used])
        unseen, chosen = self._unseen(rows, targets, weight, self._folds(labels, groups))
        gram_part, read_part, intercept = _linear(
            rows, targets, weight, np.arange(len(labels)), chosen, self.smoothing
        )
        mix, shift = self._calibrate(unseen, labels, weight)
        read_mixed = read_part @ mix
        self.columns_ = used.astype(np.int32)
        self.weights_ = (gram_part @ mix).astype(np.float32)
        self.read_weights_ = read_mixed[: len(READ_COLUMNS)]
        self.intercept_ = intercept @ mix + shift
        if base is not None:
            self._fold_in(base, KNOWN_SCALE * read_mixed[len(READ_COLUMNS) :])
        self.threshold_ = 0.0
        if len(self.classes_) == 2:
            self.threshold_ = _best_threshold((unseen @ mix + shift)[:, 0], targets[:, 0], weight)
        self.chances_ = self._chances(unseen @ mix + shift, labels)
        self.__dict__.pop("_index", None)
        return self

    def _chances(self, logits: np.ndarray, labels: np.ndarray) -> np.ndarray | None:
        """Return :attr:`chances_`, of the logits of texts that the models had not seen."""
        known = self.classes_.tolist()
        if len(known) < len(CALL_MOODS) or not set(CALL_MOODS) <= set(known):
            return None
        return learnt_chances(*composed_moods(_as_moods(_softmax(logits), known), labels.tolist(), self.seed))

    def mood_probability(self, mood: Mood) -> float:
        """Return the probability that a call has the mood that was found in it.

        A model that was made without calls to learn this from gives the likelihood of the strongest
        utterance.
        """
        chances: np.ndarray | None = getattr(self, "chances_", None)
        return mood.likely if chances is None else right(mood, chances)

    def _unseen(
        self, rows: Rows, targets: np.ndarray, weight: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]
    ) -> tuple[np.ndarray, float]:
        """Return scores of texts by models that had not seen them, and the C of ``Cs`` that scored best.

        Best is the least mean logistic loss.
        """
        best: tuple[float, np.ndarray, float] | None = None
        for C in self.Cs:
            unseen = np.empty(targets.shape)
            for train, test in folds:
                unseen[test] = _scores(rows, test, _linear(rows, targets, weight, train, C, self.smoothing))
            wrong = np.where(targets, -unseen, unseen)
            loss = float(weight @ np.logaddexp(0.0, wrong).sum(axis=1))
            if best is None or loss < best[0]:
                best = loss, unseen, C
        if best is None:
            raise ValueError("Cs is empty")
        return best[1], best[2]

    def _folds(self, labels: np.ndarray, groups: Sequence[Any] | None) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (train, test) indices; fewer folds where a class or the groups have fewer members."""
        if groups is not None and len(set(groups)) > 1:
            splits = GroupKFold(min(self.folds, len(set(groups)))).split(labels, groups=groups)
            return list(splits)
        _, counts = np.unique(labels, return_counts=True)
        if counts.min() < 2:
            everything = np.arange(len(labels))
            return [(everything, everything)]
        folds = StratifiedKFold(min(self.folds, int(counts.min())), shuffle=True, random_state=self.seed)
        return list(folds.split(labels, labels))

    def _calibrate(
        self, unseen: np.ndarray, labels: np.ndarray, weight: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the matrix and the shift that turn scores of unseen texts into calibrated log-odds."""
        place = np.argmax(labels[:, np.newaxis] == self.classes_, axis=1)
        second = LogisticRegression(C=10.0, max_iter=500).fit(unseen, place, sample_weight=weight)
        return second.coef_.T, second.intercept_

    def _fold_in(self, base: SentimentModel, share: np.ndarray) -> None:
        """Add the built-in model's weights, times what this one makes of its log-odds, to the own."""
        columns = np.union1d(self.columns_, base.columns_)
        weights = np.zeros((len(columns), share.shape[1]))
        weights[np.searchsorted(columns, self.columns_)] += self.weights_
        weights[np.searchsorted(columns, base.columns_)] += base.weights_ @ share
        self.columns_, self.weights_ = columns.astype(np.int32), weights.astype(np.float32)
        self.read_weights_ = self.read_weights_ + base.read_weights_ @ share
        self.intercept_ = self.intercept_ + base.intercept_ @ share

    def decision(self, rows: Rows) -> np.ndarray:
        """Return the logits of rows made before, shape (n_texts, n_logits)."""
        return np.asarray(
            rows.grams[:, self.columns_] @ self.weights_ + rows.read @ self.read_weights_ + self.intercept_
        )

    def read(self, X: Sequence[str] | Texts) -> Texts:
        """Read texts once for all that this model is asked of them."""
        return X if isinstance(X, Texts) else read_texts(X, self.words)

    def logits(self, X: Sequence[str] | Texts) -> np.ndarray:
        """Return the logits of texts, shape (n_texts, n_logits)."""
        texts = self.read(X)
        total = read_rows(texts.readings) @ self.read_weights_ + self.intercept_
        for view, value, first in texts.views:
            starts = np.flatnonzero(np.diff(view.text, prepend=-1))
            if len(starts):
                pulled = np.add.reduceat(self._pulls(view.columns, first).sum(axis=0), starts)
                total[view.text[starts]] += pulled * value[view.text[starts], np.newaxis]
        return np.asarray(total)

    def decision_function(self, X: Sequence[str]) -> np.ndarray:
        """Return the log-odds of the second of two classes, shape (n_texts,), or the logits of all."""
        logits = self.logits(X)
        return logits[:, 0] if logits.shape[1] == 1 else logits

    def predict_proba(self, X: Sequence[str] | Texts) -> np.ndarray:
        """Return the probability of each of ``classes_``, shape (n_texts, n_classes); rows sum to one."""
        logits = self.logits(X)
        if logits.shape[1] == 1:
            logits = np.hstack([np.zeros_like(logits), logits])
        return _softmax(logits)

    def predict(self, X: Sequence[str]) -> np.ndarray:
        """Return a class for each text, shape (n_texts,); for two classes by ``threshold_``."""
        logits = self.logits(X)
        if logits.shape[1] == 1:
            return np.asarray(self.classes_[(logits[:, 0] > self.threshold_).astype(int)])
        return np.asarray(self.classes_[logits.argmax(axis=1)])

    def explain(self, text: str, label: Any = None) -> Explanation:
        """Return which spans of ``text`` pull its logit for ``label`` up or down.

        For two classes the logit is the log-odds of the second. Without a label the likeliest class is
        explained.
        """
        texts = self.read([text])
        logits = self.logits(texts)[0]
        if len(logits) == 1:
            column, label = 0, self.classes_[1]
        else:
            column = int(logits.argmax()) if label is None else self.classes_.tolist().index(label)
            label = self.classes_[column]
        spans = self.spans(texts, 0, label)
        return Explanation(
            label, float(logits[column]), spans, float(logits[column] - sum(s.pull for s in spans))
        )

    def spans(self, texts: Texts, number: int, label: Any) -> tuple[Span, ...]:
        """Return the spans of :meth:`explain` of one of some texts, for a label that must be given.

        The texts are as :meth:`read` read them.
        """
        column = 0 if len(self.intercept_) == 1 else self.classes_.tolist().index(label)
        text, reading = texts.texts[number], texts.readings[number]
        added, start, end = [], [], []
        for view, values, base in texts.views:
            here = slice(*np.searchsorted(view.text, (number, number + 1)))
            pulled = self._pulls(view.columns[:, here], base)[:, :, column] * values[number]
            # each text has its edges beside its characters; what falls on them belongs to no span
            place = view.origin[here] + 1
            for row, length in zip(pulled, view.lengths, strict=True):
                count = max(len(place) - length + 1, 0)
                added.append(row[:count])
                start.append(place[:count])
                end.append(place[length - 1 :] + 1)
        first, last = np.concatenate(start), np.concatenate(end)
        pull = shared_out(np.concatenate(added), first, last, len(text) + 2)[1:-1].tolist()
        return self._spans(text, reading, column, pull)

    def _spans(self, text: str, reading: Reading, column: int, pull: list[float]) -> tuple[Span, ...]:
        """Return the spans of a text, of what each character's n-grams pull and what its words do."""
        cuts = _segments(text, [(word.start, word.end) for word in reading.pulls])
        own = dict.fromkeys(cuts, 0.0)
        if reading.pulls:
            owned = shares(reading) @ self.read_weights_[:, column]
            for word, value in zip(reading.pulls, owned.tolist(), strict=True):
                own[word.start, word.end] += value
        spans = (Span(a, b, text[a:b], sum(pull[a:b]) + beside) for (a, b), beside in own.items())
        return tuple(span for span in spans if abs(span.pull) > LEAST)

    def _pulls(self, columns: np.ndarray, first: int) -> np.ndarray:
        """Return the weights of n-grams, shape (n_lengths, n_places, n_logits); zero where none is known."""
        if not hasattr(self, "_index"):
            index = np.full(GRAM_COLUMNS + 1, len(self.columns_), dtype=np.int32)
            index[self.columns_] = np.arange(len(self.columns_))
            self._index = index
            self._padded = np.vstack([self.weights_, np.zeros((1, self.weights_.shape[1]), np.float32)])
        place = np.where(columns < COLUMNS, columns + first, GRAM_COLUMNS)
        return np.asarray(self._padded.take(self._index.take(place), axis=0))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in super().__getstate__().items() if name not in _DERIVED}


#: Attributes that are made anew from the others, and not stored.
_DERIVED = ("_index", "_padded")


def _softmax(logits: np.ndarray) -> np.ndarray:
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def _as_moods(likely: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Return the probabilities of :data:`CALL_MOODS`, of those of classes; anger is displeasure."""
    folded = ["negative" if each == STRONG_NEGATIVE else each for each in classes]
    return np.asarray(
        likely @ np.array([[each == mood for mood in CALL_MOODS] for each in folded], dtype=float)
    )


def polarity(probabilities: np.ndarray, classes: Sequence[Any] = MOODS) -> np.ndarray:
    """Return -1 (displeased) to 1 (pleased) for rows of class probabilities, shape (n_texts,).

    Moods count -1, 0 and 1; of two other classes the first counts -1 and the second 1.
    """
    worth = np.array([_WORTH.get(each, np.nan) if isinstance(each, str) else np.nan for each in classes])
    if np.isnan(worth).any():
        worth = np.linspace(-1.0, 1.0, len(classes))
    return np.asarray(np.asarray(probabilities, dtype=float) @ worth)


def _ordered(labels: np.ndarray) -> np.ndarray:
    found = np.unique(labels)
    if set(found.tolist()) <= set(MOODS):
        return np.array([mood for mood in MOODS if mood in found.tolist()])
    return np.asarray(found)


Part = tuple[np.ndarray, np.ndarray, np.ndarray]


def _linear(
    rows: Rows, targets: np.ndarray, weight: np.ndarray, train: np.ndarray, C: float, smoothing: float
) -> Part:
    """Return n-gram weights, lexicon weights and intercepts of one-against-the-rest regressions."""
    grams, columns = rows.grams[train], rows.read[train]
    parts = []
    for target in targets[train].T:
        ratio = _ratio(grams, target, weight[train], smoothing)
        matrix = sparse.hstack([grams @ sparse.diags(ratio), sparse.csr_matrix(columns)], format="csr")
        coef, intercept = _regression(matrix.astype(np.float64), target, weight[train], C)
        parts.append((coef[: len(ratio)] * ratio, coef[len(ratio) :], intercept))
    return (
        np.column_stack([part[0] for part in parts]),
        np.column_stack([part[1] for part in parts]),
        np.array([part[2] for part in parts]),
    )


def _regression(matrix: Any, target: np.ndarray, weight: np.ndarray, C: float) -> tuple[np.ndarray, float]:
    """Return coefficients and intercept of a logistic regression; of a target without contrast, its prior.

    The dual solver is asked for one digit: it is a hundred times faster, and no score depends on more.
    """
    if target.all() or not target.any():
        return np.zeros(matrix.shape[1]), 5.0 if target.all() else -5.0
    fitted = LogisticRegression(C=C, solver="liblinear", dual=True, tol=0.1, max_iter=1000, random_state=0)
    fitted.fit(matrix, target, sample_weight=weight)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _ratio(grams: Any, target: np.ndarray, weight: np.ndarray, smoothing: float) -> np.ndarray:
    """Return log(p/q) of each n-gram: its smoothed share of the texts inside and outside the class."""
    present = grams.astype(bool).astype(np.float32)
    inside = smoothing + present.T @ (weight * target)
    outside = smoothing + present.T @ (weight * ~target)
    return np.asarray(np.log(inside / inside.sum()) - np.log(outside / outside.sum()), dtype=np.float32)


def _scores(rows: Rows, test: np.ndarray, part: Part) -> np.ndarray:
    gram_part, read_part, intercept = part
    return np.asarray(rows.grams[test] @ gram_part + rows.read[test] @ read_part + intercept)


def _best_threshold(logit: np.ndarray, truth: np.ndarray, weight: np.ndarray) -> float:
    """Return the log-odds that give the best weighted macro-F1."""
    order = np.argsort(logit)
    sure = weight[order] * truth[order]
    unsure = weight[order] * ~truth[order]
    missed, rejected = np.cumsum(sure), np.cumsum(unsure)
    hit, false = sure.sum() - missed, unsure.sum() - rejected
    score = hit / np.maximum(2 * hit + false + missed, 1e-12) + rejected / np.maximum(
        2 * rejected + false + missed, 1e-12
    )
    # A smooth optimum: the mean over neighbours, as a single text must not decide.
    width = max(len(score) // 50, 1)
    smooth = np.convolve(np.pad(score, width, mode="edge"), np.ones(2 * width + 1), mode="valid")
    best = int(smooth.argmax())
    if best + 1 == len(logit):
        return float(logit[order[best]])
    return float((logit[order[best]] + logit[order[best + 1]]) / 2)


def _segments(text: str, words: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans that cover ``text`` side by side: the polar words, and what lies between signs."""
    cuts = {0, len(text)} | {edge for word in words for edge in word}
    signs = plain(text)
    for place, sign in enumerate(signs):
        if sign in BREAKS and not any(start < place < end for start, end in words):
            cuts.add(place + 1)
    edges = sorted(cuts)
    return list(itertools.pairwise(edges))
