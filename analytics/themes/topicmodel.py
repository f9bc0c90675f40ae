"""What a text or a call is about: topics that the user owns, learnt from few examples or many labels."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

from analytics.passage import shared_out, strongest_words
from analytics.reading import CHARACTERS, Reading
from analytics.themes.folds import deal
from analytics.themes.gramspace import Found, GramSpace, Part, parts_of
from analytics.themes.linear import complement_weights, margin_weights
from analytics.themes.stacking import Stack, probabilities, stack, threshold
from analytics.themes.taxonomy import Taxonomy
from calls.errors import AnalyticsError
from calls.records import Evidence, Finding, Transcript

#: Utterances cited for one topic at most.
CITED = 3
#: Rows judged at a time, which bounds the memory.
_BATCH = 512
#: How often a first sentence may count, the more often tried first.
LEADS = (8, 1)
#: Share of the training rows that would be found too strange to be named, had they not been seen.
STRANGE = 0.02

Item = str | Transcript
Labels = Sequence[str] | Sequence[Iterable[str]]


class TopicModel(BaseEstimator):  # type: ignore[misc]
    """Names the topics of written texts and of calls, and abstains where it is not sure.

    Two linear judges, complement naive Bayes and support vector machines, see the TF-IDF rows of
    :class:`~analytics.themes.gramspace.GramSpace`. How far each is trusted, what log-odds a score means,
    and the threshold are learnt from cross-validation within the training set; for calls also how much
    the strongest utterance, the mean utterance and the whole call count.

    Parameters
    ----------
    exclusive : bool, optional
        Every row has exactly one topic, and the probabilities of a row sum to one. Without it, true if
        every label given is a single one.
    precision : float in (0, 1), default 0.8
        What share of the topics named must be right; the threshold is chosen for it (see
        :func:`~analytics.themes.stacking.threshold`).
    lead : int, optional
        How often the first sentence of a longer written text counts: it may be a title. Without it,
        :data:`LEADS` are tried in the inner cross-validation and the better one is taken.
    roles : bool, default True
        Count what callers and agents say also apart, where roles are known.
    smoothing : float, default 0.05
        Pseudo-count of the naive Bayes.
    C : float, default 0.5
        Inverse strength of the regularisation of the support vector machines.
    folds : int, default 5
        Folds of the inner cross-validation.
    random_state : int, default 0
        Of the dealing of the folds.

    Attributes
    ----------
    classes_ : list of str
        The topics, in the order of the columns.
    exclusive_ : bool
    lead_ : int
    space_ : GramSpace
    coef_ : float32 array, shape (n_features, n_topics)
        Log-odds per n-gram, of both judges together.
    intercept_, offsets_ : float array, shape (n_topics,)
        What a row's linear score begins with, and what is added after pooling.
    pool_ : float array, shape (3,)
        Weights of the whole call, its strongest and its mean utterance.
    threshold_ : float
        A topic is named from this probability on.
    familiar_ : float
        No topic is named of a row of which less was said in training (see
        :meth:`~analytics.themes.gramspace.GramSpace.familiar`): :data:`STRANGE` of the training rows, had
        they not been seen.
    version_ : str
        What marks findings; ``topics`` unless the maker of the model sets it.
    """

    def __init__(
        self,
        exclusive: bool | None = None,
        precision: float = 0.8,
        lead: int | None = None,
        roles: bool = True,
        smoothing: float = 0.05,
        C: float = 0.5,
        folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.exclusive = exclusive
        self.precision = precision
        self.lead = lead
        self.roles = roles
        self.smoothing = smoothing
        self.C = C
        self.folds = folds
        self.random_state = random_state

    @classmethod
    def builtin(cls, cache: Path | None = None) -> TopicModel:
        """Return the model of the shipped taxonomy, trained on first use and cached afterwards.

        Parameters
        ----------
        cache : Path, optional
            Folder of the model file; the user's cache folder if not given.
        """
        from analytics.themes.builtin import builtin_model

        return builtin_model(cache)

    @classmethod
    def from_taxonomy(
        cls, taxonomy: Taxonomy, X: Sequence[Item] = (), y: Labels = (), **parameters: Any
    ) -> TopicModel:
        """Return a model fitted to the examples of a taxonomy and to labelled texts or calls, if any.

        A call may have several of the topics, unless ``exclusive=True`` is among the parameters.

        Raises
        ------
        AnalyticsError
            A label is no topic of the taxonomy.
        """
        known = list(taxonomy.topics)
        rows, labels = list(X), [_labels(label) for label in y]
        for label in sorted({each for some in labels for each in some}):
            if label not in taxonomy.topics:
                raise AnalyticsError(
                    f"no topic {label!r} in the taxonomy", f"use one of {', '.join(known)}, or add it"
                )
        for topic, entry in taxonomy.topics.items():
            rows += entry.examples
            labels += [frozenset({topic})] * len(entry.examples)
        hints = {topic: (entry.name, *entry.keywords) for topic, entry in taxonomy.topics.items()}
        return cls(**({"exclusive": False} | parameters)).fit(rows, labels, hints=hints)

    def fit(
        self,
        X: Sequence[Item],
        y: Labels,
        groups: Sequence[Hashable] | np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
        hints: Mapping[str, Iterable[str]] | None = None,
    ) -> TopicModel:
        """Learn from texts or calls with their topics.

        Parameters
        ----------
        X : sequence of str or Transcript
        y : sequence of str, or of iterables of str
            The topic of each, or all its topics; ``""`` and an empty set are "none of them".
        groups : sequence, optional
            Rows of one group are kept on one side of the inner cross-validation.
        sample_weight : float array, shape (n_rows,), optional
        hints : mapping of str to iterable of str, optional
            Words that speak for a topic, such as its name in Chinese and keywords. A label in Chinese
            characters is a hint for itself.

        Raises
        ------
        AnalyticsError
            There are no rows, fewer than two topics, not as many labels as rows, or more than one label
            where ``exclusive``.
        """
        labels = [_labels(label) for label in y]
        self.classes_, targets = self._targets(len(X), labels)
        weight = np.ones(len(X)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        told = [
            (number, [part])
            for number, topic in enumerate(self.classes_)
            for hint in dict.fromkeys([topic if _chinese(topic) else "", *(hints or {}).get(topic, ())])
            for part in parts_of(hint, 1)
        ]
        fold = deal(targets, groups, self.folds, self.random_state)
        least = np.inf
        for lead in LEADS if self.lead is None else (self.lead,):
            read = [parts_of(item, lead) for item in X]
            asked = self._cross_validated(read, targets, weight, told, fold)
            mixed = stack(asked.whole, targets, weight, self.exclusive_)
            loss = mixed.loss
            if loss < least:
                least, self.lead_, rows, unseen, blend = loss, lead, read, asked, mixed
            if all(part.times == 1 for row in read for part in row):
                break
        calls = any(part.utterance is not None for row in rows for part in row)
        self.space_, judges = self._learn(rows, targets, weight, told)
        self.coef_ = sum(
            (slope * coef).astype(np.float32) for slope, (coef, _) in zip(blend.slopes, judges, strict=True)
        )
        self.intercept_ = sum(
            slope * offset for slope, (_, offset) in zip(blend.slopes, judges, strict=True)
        ) + np.zeros(len(self.classes_))
        pool = unseen.pooled(blend) if calls else None
        if pool is None:
            self.pool_, self.offsets_ = np.array([1.0, 0.0, 0.0]), blend.offsets
            log_odds = unseen.blended(blend) + blend.offsets
        else:
            second = stack(pool, targets, weight, self.exclusive_)
            self.pool_, self.offsets_ = second.slopes, second.offsets
            log_odds = np.tensordot(second.slopes, np.stack(pool), 1) + second.offsets
        self.threshold_ = threshold(
            probabilities(log_odds, self.exclusive_), targets, weight, self.exclusive_, self.precision
        )
        self.familiar_ = float(np.quantile(unseen.familiar, STRANGE))
        self.version_ = "topics"
        return self

    def decision_function(self, X: Sequence[Item]) -> np.ndarray:
        """Return the log-odds of each topic, shape (n_rows, n_topics)."""
        return self._judged(X)[0]

    def predict_proba(self, X: Sequence[Item]) -> np.ndarray:
        """Return the probability of each topic, shape (n_rows, n_topics).

        Rows sum to one where :attr:`exclusive_`, and need not otherwise.
        """
        return probabilities(self.decision_function(X), self.exclusive_)

    def predict(self, X: Sequence[Item]) -> list[Any]:
        """Return the likeliest topic of each row, or where rows may have several, a tuple of those named.

        Where :attr:`exclusive_` it never abstains: see :meth:`name` for that.
        """
        if self.exclusive_:
            return [self.classes_[best] for best in self.decision_function(X).argmax(axis=1)]
        return [tuple(topic for topic, _ in named) for named in self.name(X)]

    def name(self, X: Sequence[Item]) -> list[list[tuple[str, float]]]:
        """Return the topics of each row from the threshold on with their probabilities, likeliest first.

        An empty list is an abstention: no topic is likely enough, or what is said is too strange
        (:attr:`familiar_`). At most one topic where :attr:`exclusive_`.
        """
        log_odds, familiar = self._judged(X)
        return [
            self._named(row, known)
            for row, known in zip(probabilities(log_odds, self.exclusive_), familiar, strict=True)
        ]

    def explain(self, item: Item, topic: str) -> tuple[Evidence, ...]:
        """Return the utterances, or the pieces of a text, that speak most for a topic, strongest first.

        One to :data:`CITED`; empty only where there are no words. Beyond the strongest, only those are
        cited that by themselves speak for the topic.

        Raises
        ------
        AnalyticsError
            There is no such topic.
        """
        if topic not in self.classes_:
            raise AnalyticsError(f"no topic {topic!r}", f"use one of {', '.join(self.classes_)}")
        return _Read(self, [parts_of(item, self.lead_)]).evidence(0, self.classes_.index(topic))

    def findings(self, call: Transcript) -> list[Finding]:
        """Return a finding for each topic that is named, with its evidence, likeliest first."""
        return self.findings_of_each([call])[0]

    def findings_of_each(
        self, calls: Sequence[Transcript], reading: Reading | None = None, version: str | None = None
    ) -> list[list[Finding]]:
        """Return :meth:`findings` of each of some calls that are judged together.

        Parameters
        ----------
        calls : sequence of Transcript
        reading : Reading, optional
            Of the turns of all calls, where they have been read already.
        version : str, optional
            Marks the findings in place of :attr:`version_`.
        """
        rows = [parts_of(call, self.lead_) for call in calls]
        read = _Read(self, rows, reading)
        return [
            [
                Finding(
                    call_id=call.call_id,
                    kind="topic",
                    label=topic,
                    probability=probability,
                    evidence=read.evidence(row, self.classes_.index(topic)),
                    model=self.version_ if version is None else version,
                )
                for topic, probability in self._named(read.probabilities[row], float(read.familiar[row]))
                if rows[row]
            ]
            for row, call in enumerate(calls)
        ]

    def _named(self, probability: np.ndarray, familiar: float) -> list[tuple[str, float]]:
        if familiar < self.familiar_:
            return []
        order = np.argsort(-probability, kind="stable")[: 1 if self.exclusive_ else None]
        return [
            (self.classes_[best], float(probability[best]))
            for best in order
            if probability[best] >= self.threshold_
        ]

    def _targets(self, rows: int, labels: list[frozenset[str]]) -> tuple[list[str], np.ndarray]:
        if rows != len(labels):
            raise AnalyticsError(f"{rows} rows, but {len(labels)} labels", "give each row its label")
        classes = sorted({each for some in labels for each in some})
        if len(classes) < 2:
            raise AnalyticsError(
                f"there are {len(classes)} topics to tell apart", "give rows of two topics or more"
            )
        single = all(len(some) == 1 for some in labels)
        if self.exclusive and not single:
            odd = next(number for number, some in enumerate(labels) if len(some) != 1)
            raise AnalyticsError(
                f"row {odd} has {len(labels[odd])} topics, and exclusive=True wants one",
                "leave exclusive out, or give the row one topic",
            )
        self.exclusive_ = single if self.exclusive is None else self.exclusive
        return classes, np.array([[topic in some for topic in classes] for some in labels])

    def _cross_validated(
        self,
        rows: Sequence[Sequence[Part]],
        targets: np.ndarray,
        weight: np.ndarray,
        told: Sequence[tuple[int, Sequence[Part]]],
        fold: np.ndarray,
    ) -> _Unseen:
        """Return what judges that learnt from the other folds say of each row."""
        unseen = _Unseen(rows, targets.shape[1])
        for number in range(int(fold.max(initial=-1)) + 1):
            asked, kept = np.flatnonzero(fold == number), np.flatnonzero(fold != number).tolist()
            if len(kept):
                space, judges = self._learn([rows[row] for row in kept], targets[kept], weight[kept], told)
                unseen.note(asked, [rows[row] for row in asked.tolist()], space, judges)
        return unseen

    def _learn(
        self,
        rows: Sequence[Sequence[Part]],
        targets: np.ndarray,
        weight: np.ndarray,
        told: Sequence[tuple[int, Sequence[Part]]],
    ) -> tuple[GramSpace, list[tuple[np.ndarray, np.ndarray]]]:
        """Return the n-grams of the rows, and (weights, offsets) of each judge."""
        space = GramSpace(roles=self.roles).fit(rows)
        hinted = np.zeros((len(told), targets.shape[1]), dtype=bool)
        hinted[np.arange(len(told)), [number for number, _ in told]] = True
        matrix = space.transform([*rows, *(parts for _, parts in told)])
        targets, weight = np.vstack([targets, hinted]), np.append(weight, np.ones(len(told)))
        characters = np.flatnonzero(space.blocks_ == CHARACTERS)
        bayes = np.zeros((matrix.shape[1], targets.shape[1]), dtype=np.float32)
        bayes[characters] = complement_weights(matrix[:, characters], targets, weight, self.smoothing)
        return space, [
            (bayes, np.zeros(targets.shape[1])),
            margin_weights(matrix, targets, weight, self.C),
        ]

    def _judged(self, X: Sequence[Item]) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-odds of each topic, shape (n_rows, n_topics), and how familiar each row is."""
        log_odds, familiar = np.zeros((len(X), len(self.classes_))), np.zeros(len(X))
        for first in range(0, len(X), _BATCH):
            read = _Read(self, [parts_of(item, self.lead_) for item in X[first : first + _BATCH]])
            log_odds[first : first + _BATCH], familiar[first : first + _BATCH] = read.log_odds, read.familiar
        return log_odds, familiar


class _Read:
    """Some texts or calls under a fitted model, with what each n-gram of them adds."""

    def __init__(
        self, model: TopicModel, rows: Sequence[Sequence[Part]], reading: Reading | None = None
    ) -> None:
        self._rows = rows
        self._first = np.cumsum([0, *map(len, rows)]).tolist()
        found = model.space_.found(rows, reading)
        weighed = model.space_.weigh(found, len(rows))
        self.familiar = model.space_.familiar(weighed)
        by_part = replace(found, row=found.grams.text[found.source])
        weight = model.space_.weigh_each(by_part, found.count)
        known = np.flatnonzero(found.column >= 0)
        known = known[np.argsort(by_part.row[known], kind="stable")]
        self._part, self._weight, self._column = by_part.row[known], weight[known], found.column[known]
        self._start, self._end = found.grams.start[found.source[known]], found.grams.end[found.source[known]]
        self._coef = model.coef_
        self._scores = _summed(by_part, weight, found.count, model.coef_) + model.intercept_
        pooled = _pool(weighed @ model.coef_ + model.intercept_, self._scores, _rows_of_parts(rows))
        self.log_odds = np.tensordot(model.pool_, np.stack(pooled), 1) + model.offsets_
        self.probabilities = probabilities(self.log_odds, model.exclusive_)

    def evidence(self, row: int, topic: int) -> tuple[Evidence, ...]:
        """Return the parts of a row that speak most for a topic."""
        first, last = self._first[row : row + 2]
        scores = self._scores[first:last, topic]
        order = np.argsort(-scores, kind="stable")[:CITED].tolist()
        return tuple(
            self._cited(self._rows[row][part], first + part, topic)
            for rank, part in enumerate(order)
            if rank == 0 or scores[part] > 0
        )

    def _cited(self, part: Part, number: int, topic: int) -> Evidence:
        here = slice(*np.searchsorted(self._part, (number, number + 1)))
        added = self._weight[here] * self._coef[self._column[here], topic]
        text = part.spoken.text
        run = strongest_words(text, shared_out(added, self._start[here], self._end[here], len(text)).tolist())
        assert run is not None  # a part has words
        return part.evidence(*run)


class _Unseen:
    """What the judges of each fold said of the rows that they had not seen, whole and part by part."""

    def __init__(self, rows: Sequence[Sequence[Part]], topics: int) -> None:
        counts = np.array([len(row) for row in rows], dtype=np.int64)
        self._first = np.cumsum(counts) - counts
        self._row_of = np.repeat(np.arange(len(rows)), counts)
        self.familiar = np.zeros(len(rows))
        self.whole = [np.zeros((len(rows), topics)) for _ in range(2)]
        self._turns = [np.zeros((len(self._row_of), topics), dtype=np.float32) for _ in range(2)]

    def note(
        self,
        asked: np.ndarray,
        rows: Sequence[Sequence[Part]],
        space: GramSpace,
        judges: list[tuple[np.ndarray, np.ndarray]],
    ) -> None:
        found = space.found(rows)
        whole = space.weigh(found, len(rows))
        self.familiar[asked] = space.familiar(whole)
        place = np.concatenate(
            [self._first[row] + np.arange(len(parts)) for row, parts in zip(asked, rows, strict=True)] or [[]]
        ).astype(np.int64)
        for number, (coef, offset) in enumerate(judges):
            self.whole[number][asked] = whole @ coef + offset
            self._turns[number][place] = _part_scores(space, found, coef) + offset

    def blended(self, blend: Stack) -> np.ndarray:
        return np.asarray(np.tensordot(blend.slopes, np.stack(self.whole), 1))

    def pooled(self, blend: Stack) -> list[np.ndarray]:
        turns = np.tensordot(blend.slopes, np.stack(self._turns), 1)
        return _pool(self.blended(blend), turns, self._row_of)


def _part_scores(space: GramSpace, found: Found, coef: np.ndarray) -> np.ndarray:
    """Return the score of every part as a row of its own, shape (n_parts, n_topics)."""
    by_part = replace(found, row=found.grams.text[found.source])
    return _summed(by_part, space.weigh_each(by_part, found.count), found.count, coef)


def _summed(found: Found, weight: np.ndarray, n_rows: int, coef: np.ndarray) -> np.ndarray:
    """Return the sums over each row of the coefficients of its n-grams times their weights."""
    order = np.argsort(found.row.astype(np.uint16 if n_rows < 1 << 16 else np.int64), kind="stable")
    order = order[found.column[order] >= 0]
    first = np.searchsorted(found.row[order], np.arange(n_rows + 1))
    rows = sparse.csr_matrix(
        (weight[order].astype(np.float32), found.column[order], first), shape=(n_rows, len(coef))
    )
    return np.asarray(rows @ coef)


def _rows_of_parts(rows: Sequence[Sequence[Part]]) -> np.ndarray:
    """Return the row that each part is of, shape (n_parts,)."""
    return np.repeat(np.arange(len(rows)), [len(row) for row in rows])


def _pool(whole: np.ndarray, turns: np.ndarray, row_of: np.ndarray) -> list[np.ndarray]:
    """Return scores of rows: whole, of the strongest part, of the mean part; without parts, the whole's."""
    strongest, mean = whole.copy(), whole.copy()
    if len(row_of):
        rows, first, count = np.unique(row_of, return_index=True, return_counts=True)
        strongest[rows] = np.maximum.reduceat(turns, first, axis=0)
        mean[rows] = np.add.reduceat(turns, first, axis=0) / count[:, np.newaxis]
    return [whole, strongest, mean]


def _labels(label: str | Iterable[str]) -> frozenset[str]:
    return frozenset({label} if isinstance(label, str) else label) - {""}


def _chinese(text: str) -> bool:
    return any("一" <= character <= "鿿" for character in text)
