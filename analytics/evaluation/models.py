"""Which models take part: ours, trained or as shipped, and the baseline of each task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from analytics.evaluation.baseline import DialogueBaseline, TextBaseline
from analytics.evaluation.contender import (
    Contender,
    Maker,
    RiskContender,
    SentimentContender,
    TopicContender,
)
from analytics.evaluation.metrics import Answer
from analytics.evaluation.sets import (
    DISSATISFIED,
    NEGATIVE,
    OTHER,
    LabelledSet,
    read_dialogues,
    read_sentiments,
    read_topics,
)
from analytics.evaluation.tasks import Task
from analytics.feeling.model import SentimentModel
from analytics.judge import Judge
from analytics.riskmodel.model import RiskModel
from analytics.riskmodel.signals import all_signals_of
from analytics.themes.topicmodel import TopicModel
from calls.errors import AnalyticsError
from calls.records import Transcript


class AsShipped:
    """A contender that learns nothing of the rows: it answers as it came.

    Parameters
    ----------
    contender : Contender
    """

    def __init__(self, contender: Contender[Any]) -> None:
        self.contender = contender

    def fit(self, rows: LabelledSet[Any], groups: np.ndarray) -> None:
        """Learn nothing."""

    def answer(self, rows: Sequence[Any]) -> Answer:
        """Answer as the contender does."""
        return self.contender.answer(rows)


class ShippedRisk:
    """The risk that every call is given where nobody trained a model: by all that a judge finds in it.

    Parameters
    ----------
    judge : Judge
    """

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def fit(self, rows: LabelledSet[Transcript], groups: np.ndarray) -> None:
        """Learn nothing."""

    def answer(self, rows: Sequence[Transcript]) -> Answer:
        """Judge dialogues; from a probability of one half on, a dialogue is called dissatisfied."""
        model, _ = self._judge.model("risk")
        judged = [self._judge.judge(row) for row in rows]
        signals = [{**each.metrics.values, **all_signals_of(each.findings)} for each in judged]
        probability = np.array([each.risk.probability for each in judged])
        return Answer(
            np.where(probability >= 0.5, DISSATISFIED, OTHER),
            np.array([each.risk.base + sum(part.share for part in each.risk.reasons) for each in judged]),
            probability,
            model.predict_score(rows, signals),
        )


class ShippedTopics:
    """The topics that are shipped: the likeliest of those that the rows have.

    Parameters
    ----------
    labels : sequence of str

    Raises
    ------
    AnalyticsError
        A label is no topic of the shipped model.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self._model = TopicModel.builtin()
        known = list(self._model.classes_)
        unknown = sorted(set(labels) - set(known))
        if unknown:
            raise AnalyticsError(
                f"the built-in topics are {', '.join(known)}; the file has {', '.join(unknown[:5])}",
                "train on your own topics: leave --untrained out",
            )
        self._labels = np.array(labels)
        self._columns = [known.index(label) for label in labels]

    def fit(self, rows: LabelledSet[str], groups: np.ndarray) -> None:
        """Learn nothing."""

    def answer(self, rows: Sequence[str]) -> Answer:
        """Name the topic of each text."""
        found = self._model.decision_function(rows)[:, self._columns]
        return Answer(self._labels[found.argmax(axis=1)])


class Adapted(SentimentModel):
    """A sentiment model that learns on top of the built-in one."""

    def fit(
        self,
        X: Sequence[str],
        y: Sequence[Any],
        groups: Sequence[Any] | None = None,
        sample_weight: Sequence[float] | None = None,
    ) -> SentimentModel:
        """Learn as :meth:`SentimentModel.adapt` does."""
        return self.adapt(X, y, groups=groups, sample_weight=sample_weight)


def _complaints(labels: list[str]) -> Maker:
    # the dialogues name the speaker of every turn: there is no need to learn without
    return lambda: RiskContender(RiskModel(blind=False))


def _complaints_by_text(labels: list[str]) -> Maker:
    return lambda: RiskContender(RiskModel(shape=False, blind=False))


def _sentiment(labels: list[str]) -> Maker:
    # as huawu train does: on top of what the built-in model knows
    return lambda: SentimentContender(Adapted(words=True), labels)


def _topics(labels: list[str]) -> Maker:
    return lambda: TopicContender(TopicModel(exclusive=True))


def _shipped_risk(labels: list[str]) -> Maker:
    shipped = ShippedRisk(Judge.load())
    return lambda: shipped


def _shipped_sentiment(labels: list[str]) -> Maker:
    shipped = AsShipped(SentimentContender(SentimentModel.builtin(), labels))
    return lambda: shipped


def _shipped_topics(labels: list[str]) -> Maker:
    shipped = ShippedTopics(labels)
    return lambda: shipped


COMPLAINTS = Task(
    "complaints", read_dialogues, DISSATISFIED, _complaints, _shipped_risk, DialogueBaseline, locked=True
)
#: The same without the shape of the dialogues: what the words alone are worth.
COMPLAINTS_BY_TEXT = replace(COMPLAINTS, ours=_complaints_by_text)
SENTIMENT = Task("sentiment", read_sentiments, NEGATIVE, _sentiment, _shipped_sentiment, TextBaseline)
TOPIC = Task("topics", read_topics, "", _topics, _shipped_topics, TextBaseline)
