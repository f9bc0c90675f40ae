"""Trains a model on verdicts, and holds it against the current one on calls that neither has seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.metrics import average_precision_score, f1_score
from sklearn.model_selection import StratifiedKFold

from analytics.calltext import turns_of
from analytics.feeling.call import callers_feelings, felt_in_each, mood_in
from analytics.feeling.model import SentimentModel
from analytics.feeling.mood import learnt_chances
from analytics.riskmodel.model import RiskModel
from analytics.riskmodel.signals import FROM_FINDINGS, all_signals_of
from analytics.themes.taxonomy import load_taxonomy
from analytics.themes.topicmodel import TopicModel
from analytics.training.shelf import Manifest
from analytics.training.verdicts import JudgedCall
from calls.errors import AnalyticsError
from calls.records import Role, new_id, utc_now

#: Labels of the rarer kind that training needs at least, and held-out calls that a comparison needs.
LEAST_LABELS, LEAST_HELD_OUT = 10, 10
#: Folds by which it is learnt how often the mood of a call is right.
MOOD_FOLDS = 3


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and how it did beside the current one on the held-out calls."""

    model: Any
    manifest: Manifest

    @property
    def better(self) -> bool:
        """Whether it is no worse than what it would replace."""
        return self.manifest.value >= self.manifest.before

    def by_force(self) -> Trained:
        """Return the same, marked as put in place although it is worse."""
        return replace(self, manifest=replace(self.manifest, forced=True))


@dataclass(frozen=True, slots=True)
class _Task:
    """What a kind of model learns from a verdict, and how it is measured."""

    label: Callable[[JudgedCall], Any]
    fit: Callable[[Sequence[JudgedCall]], Any]
    figure: str
    measure: Callable[[Any, Sequence[JudgedCall]], float]


def train(kind: str, calls: Sequence[JudgedCall], current: Any, replaced: str) -> Trained:
    """Train a model of a kind on judged calls.

    Calls weigh as their sample says, in training and in the comparison, so that a sample full of complaints
    does not make complaints seem common.

    Parameters
    ----------
    kind : {"risk", "topic", "sentiment"}
    calls : sequence of JudgedCall
        Those that were not judged in what the kind learns are left out.
    current : object
        The model in use: a :class:`RiskModel`, :class:`TopicModel` or :class:`SentimentModel`.
    replaced : str
        Its version.

    Raises
    ------
    AnalyticsError
        There are too few verdicts to learn from, or to compare on.
    """
    task = _TASKS[kind]
    judged = [call for call in calls if task.label(call) is not None and turns_of(call.transcript)]
    known = [call for call in judged if not call.held_out]
    unseen = [call for call in judged if call.held_out]
    counts = Counter(task.label(call) for call in known)
    rarest = min(counts.values(), default=0)
    if len(counts) < 2 or (kind != "topic" and rarest < LEAST_LABELS):
        told = ", ".join(f"{label}: {count}" for label, count in sorted(counts.items(), key=str)) or "none"
        raise AnalyticsError(
            f"{kind}: too few verdicts to learn from ({told})",
            f"review until each answer was given {LEAST_LABELS} times",
        )
    if len(unseen) < LEAST_HELD_OUT or len({task.label(call) for call in unseen}) < 2:
        raise AnalyticsError(
            f"{kind}: {len(unseen)} held-out calls are too few to compare models on",
            f"review more: every fifth call is held out, and {LEAST_HELD_OUT} of them are needed",
        )
    model = task.fit(known)
    manifest = Manifest(
        kind=kind,
        version=f"{utc_now():%Y%m%dT%H%M%S}-{new_id()[-6:]}",
        trained_at=utc_now(),
        learnt_from=len(known),
        held_out=len(unseen),
        figure=task.figure,
        value=task.measure(model, unseen),
        before=task.measure(current, unseen),
        replaced=replaced,
    )
    return Trained(model, manifest)


def signals(call: JudgedCall) -> dict[str, float | None]:
    """Return what the machine knows of a call beside its text, as the risk model reads it."""
    return {**all_signals_of(call.findings)}


def caller_text(call: JudgedCall) -> str:
    """Return all that the caller said; all that was said where roles are not known."""
    turns = turns_of(call.transcript)
    said = [turn for turn in turns if turn.role is Role.CALLER] or turns
    return "。".join(turn.utterance.text for turn in said)


def _weights(calls: Sequence[JudgedCall]) -> np.ndarray:
    """Return the weights, one on average: what counts is how they differ."""
    weight = np.array([call.weight for call in calls])
    return np.asarray(weight / weight.mean())


def _fit_risk(calls: Sequence[JudgedCall]) -> RiskModel:
    return RiskModel(signals=tuple(FROM_FINDINGS)).fit(
        [call.transcript for call in calls],
        np.array([bool(call.review.complaint) for call in calls]),
        sample_weight=_weights(calls),
        signals=[signals(call) for call in calls],
    )


def _measure_risk(model: RiskModel, calls: Sequence[JudgedCall]) -> float:
    scores = model.decision_function([call.transcript for call in calls], [signals(call) for call in calls])
    truth = [bool(call.review.complaint) for call in calls]
    return float(average_precision_score(truth, scores, sample_weight=_weights(calls)))


def _fit_topic(calls: Sequence[JudgedCall]) -> TopicModel:
    return TopicModel.from_taxonomy(
        load_taxonomy(), [call.transcript for call in calls], [call.review.topic or "" for call in calls]
    )


def _measure_topic(model: TopicModel, calls: Sequence[JudgedCall]) -> float:
    best = model.decision_function([call.transcript for call in calls]).argmax(axis=1)
    right = [model.classes_[place] == call.review.topic for place, call in zip(best, calls, strict=True)]
    return float(np.average(right, weights=_weights(calls)))


def _fit_sentiment(calls: Sequence[JudgedCall]) -> SentimentModel:
    model = _adapted(calls)
    if model.chances_ is not None:
        model.chances_ = _mood_chances(calls)
    return model


def _adapted(calls: Sequence[JudgedCall]) -> SentimentModel:
    return SentimentModel(words=True).adapt(
        [caller_text(call) for call in calls],
        [call.review.sentiment for call in calls],
        sample_weight=list(_weights(calls)),
    )


def _mood_chances(calls: Sequence[JudgedCall]) -> np.ndarray:
    """Return how often the moods of calls are right that models find which learnt from the other calls."""
    truth = [str(call.review.sentiment) for call in calls]
    folds = StratifiedKFold(MOOD_FOLDS, shuffle=True, random_state=0)
    moods, known = [], []
    for train_on, test_on in folds.split(truth, truth):
        model = _adapted([calls[place] for place in train_on])
        felt = felt_in_each([calls[place].transcript for place in test_on], model)
        for place, each in zip(test_on, felt, strict=True):
            if feelings := callers_feelings(calls[place].transcript, each.feelings):
                moods.append(mood_in(feelings))
                known.append(truth[place])
    return learnt_chances(moods, known)


def _measure_sentiment(model: SentimentModel, calls: Sequence[JudgedCall]) -> float:
    found = [str(each) for each in model.predict([caller_text(call) for call in calls])]
    truth = [str(call.review.sentiment) for call in calls]
    return float(f1_score(truth, found, average="macro", sample_weight=_weights(calls), zero_division=0.0))


_TASKS = {
    "risk": _Task(lambda call: call.review.complaint, _fit_risk, "average precision", _measure_risk),
    "topic": _Task(lambda call: call.review.topic, _fit_topic, "share of right topics", _measure_topic),
    "sentiment": _Task(lambda call: call.review.sentiment, _fit_sentiment, "macro-F1", _measure_sentiment),
}
