"""What takes part in an evaluation, and what our models must offer to be put into it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from analytics.evaluation.metrics import Answer
from analytics.evaluation.sets import DISSATISFIED, NEGATIVE, OTHER, LabelledSet, Row
from analytics.labels import STRONG_NEGATIVE
from calls.records import Transcript


class Contender(Protocol[Row]):
    """Learns from labelled rows, then answers for rows without labels."""

    def fit(self, rows: LabelledSet[Row], groups: np.ndarray) -> None:
        """Learn; rows of one group belong on one side of any inner fold."""
        ...

    def answer(self, rows: Sequence[Row]) -> Answer:
        """Say what is asked of each row."""
        ...


#: Makes a contender that has learnt nothing of the rows yet.
Maker = Callable[[], Contender[Any]]


class RiskLike(Protocol):
    """A model of how likely a call is a dissatisfied one: :class:`analytics.riskmodel.RiskModel`."""

    def fit(
        self,
        X: Sequence[Transcript],
        y: np.ndarray,
        y_mean: np.ndarray | None = None,
        groups: np.ndarray | None = None,
        sample_weight: np.ndarray | None = None,
    ) -> Any:
        """Learn from calls, whether each is dissatisfied, and the mean vote on it."""
        ...

    def predict_proba(self, X: Sequence[Transcript]) -> np.ndarray:
        """Return the probabilities of no and yes, shape (n_calls, 2)."""
        ...

    def decision_function(self, X: Sequence[Transcript]) -> np.ndarray:
        """Return what the calls are ranked by, shape (n_calls,)."""
        ...

    def predict_score(self, X: Sequence[Transcript]) -> np.ndarray:
        """Return the estimated mean vote, shape (n_calls,)."""
        ...


class SentimentLike(Protocol):
    """A model of the sentiment of a text: :class:`analytics.feeling.model.SentimentModel`."""

    classes_: Any

    def fit(self, X: Sequence[str], y: Sequence[str], groups: np.ndarray | None = None) -> Any:
        """Learn from texts with their labels."""
        ...

    def predict(self, X: Sequence[str]) -> np.ndarray:
        """Return one of ``classes_`` for each text."""
        ...

    def predict_proba(self, X: Sequence[str]) -> np.ndarray:
        """Return the probability of each of ``classes_``, shape (n_texts, n_classes)."""
        ...


class TopicLike(Protocol):
    """A model of the topic of a text: :class:`analytics.themes.topicmodel.TopicModel`."""

    def fit(self, X: Sequence[str], y: Sequence[str], groups: np.ndarray | None = None) -> Any:
        """Learn from texts with their topics."""
        ...

    def predict(self, X: Sequence[str]) -> Sequence[str]:
        """Return the topic of each text."""
        ...


class RiskContender:
    """A model of risk as a contender: dissatisfied dialogues first.

    Parameters
    ----------
    model : RiskLike
    """

    def __init__(self, model: RiskLike) -> None:
        self.model = model

    def fit(self, rows: LabelledSet[Transcript], groups: np.ndarray) -> None:
        """Learn from dialogues and their mean votes."""
        self.model.fit(rows.rows, rows.labels == DISSATISFIED, y_mean=rows.means, groups=groups)

    def answer(self, rows: Sequence[Transcript]) -> Answer:
        """Judge dialogues; from a probability of one half on, a dialogue is called dissatisfied."""
        probability = np.asarray(self.model.predict_proba(rows))[:, 1]
        return Answer(
            np.where(probability >= 0.5, DISSATISFIED, OTHER),
            np.asarray(self.model.decision_function(rows)),
            probability,
            np.asarray(self.model.predict_score(rows)),
        )


class SentimentContender:
    """A model of sentiment as a contender: negative texts first.

    Parameters
    ----------
    model : SentimentLike
    labels : sequence of str
        The labels that the rows have. A model that knows more, such as neutral where all rows are
        negative or positive, is asked which of these is likeliest; anger counts as negative.
    """

    def __init__(self, model: SentimentLike, labels: Sequence[str]) -> None:
        self.model = model
        self.labels = tuple(labels)

    def fit(self, rows: LabelledSet[str], groups: np.ndarray) -> None:
        """Learn from texts and their sentiment."""
        self.model.fit(rows.rows, rows.labels.tolist(), groups=groups)

    def answer(self, rows: Sequence[str]) -> Answer:
        """Judge texts."""
        classes = [str(each) for each in self.model.classes_]
        folded = [NEGATIVE if each == STRONG_NEGATIVE else each for each in classes]
        member = np.array([[each == label for label in self.labels] for each in folded], dtype=float)
        likely = np.asarray(self.model.predict_proba(rows)) @ member + 1e-12
        likely /= likely.sum(axis=1, keepdims=True)
        negative = likely[:, self.labels.index(NEGATIVE)] if NEGATIVE in self.labels else None
        if set(classes) == set(self.labels):
            # such a model may have learnt a better threshold than one half
            return Answer(np.asarray(self.model.predict(rows)).astype(str), negative, negative)
        return Answer(np.array(self.labels)[likely.argmax(axis=1)], negative, negative)


class TopicContender:
    """A model of topics as a contender.

    Parameters
    ----------
    model : TopicLike
    """

    def __init__(self, model: TopicLike) -> None:
        self.model = model

    def fit(self, rows: LabelledSet[str], groups: np.ndarray) -> None:
        """Learn from texts and their topics."""
        self.model.fit(rows.rows, rows.labels.tolist(), groups=groups)

    def answer(self, rows: Sequence[str]) -> Answer:
        """Name the topic of each text."""
        return Answer(np.array([str(topic) for topic in self.model.predict(rows)]))
