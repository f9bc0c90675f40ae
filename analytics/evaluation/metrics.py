"""The measures of one contender on one set, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from analytics.evaluation import agreement
from analytics.evaluation.bootstrap import RESAMPLES, Figure, Measure, measure, resamples
from analytics.evaluation.ranking import Ranking

#: The shares of all rows at which lift is given.
SHARES = (0.01, 0.02, 0.05, 0.10, 0.20)
RECALL = 0.5


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of the rows that are judged.

    Attributes
    ----------
    labels : str array, shape (n_rows,)
    groups : int array, shape (n_rows,)
        Rows of one group are resampled together.
    wanted : str
        The label to put first; ``""`` where no label is sought more than another.
    means : float array, shape (n_rows,), or None
        What a score is correlated with; the 0/1 of ``wanted`` if None.
    """

    labels: np.ndarray
    groups: np.ndarray
    wanted: str = ""
    means: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a contender says of the rows.

    Attributes
    ----------
    labels : str array, shape (n_rows,)
        ``""`` where it abstains.
    score : float array, shape (n_rows,), or None
        By which the wanted rows come first.
    probability : float array, shape (n_rows,), or None
        Of the wanted label.
    mean : float array, shape (n_rows,), or None
        Its estimate of :attr:`Truth.means`.
    """

    labels: np.ndarray
    score: np.ndarray | None = None
    probability: np.ndarray | None = None
    mean: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Measures:
    """The measures of one contender; None where the task has none or the contender gives no ground for it.

    ``lift`` has the shares of :data:`SHARES` as keys, written ``"0.05"``. ``ece`` is the expected calibration
    error (:func:`analytics.evaluation.agreement.calibration_error`).
    """

    average_precision: Measure | None = None
    lift: dict[str, Measure] | None = None
    precision_at_recall_50: Measure | None = None
    pearson: Measure | None = None
    macro_f1: Measure | None = None
    accuracy: Measure | None = None
    ece: Measure | None = None
    brier: Measure | None = None


def measures(
    truth: Truth, answers: Sequence[Answer], resample_count: int = RESAMPLES, seed: int = 0
) -> Measures:
    """Return all measures of a contender.

    Parameters
    ----------
    truth : Truth
    answers : sequence of Answer
        One for each repeat of a cross-validation, every row judged once in each. A figure is the mean
        over the repeats, and so it is within every resample of the rows.
    resample_count : int
    seed : int
    """
    drawn = resamples(truth.groups, truth.labels, resample_count, seed)
    return measures_of(measure(figures(truth, answers), drawn, len(truth)))


def differences(
    truth: Truth,
    answers: Sequence[Answer],
    others: Sequence[Answer],
    resample_count: int = RESAMPLES,
    seed: int = 0,
) -> Measures:
    """Return by how much the measures of one contender exceed those of another.

    Both are measured on the same resamples. So the interval is that of the difference, narrower than two
    intervals side by side suggest: what is hard for one is mostly hard for the other.
    """
    one, other = figures(truth, answers), figures(truth, others)
    drawn = resamples(truth.groups, truth.labels, resample_count, seed)
    shared: dict[str, Figure] = {
        name: partial(_difference, one[name], other[name]) for name in one if name in other
    }
    return measures_of(measure(shared, drawn, len(truth)))


def measures_of(found: dict[str, Measure]) -> Measures:
    """Return measures by name as one record; a lift is named ``lift 0.05``."""
    lift = {name.partition(" ")[2]: each for name, each in found.items() if name.startswith("lift ")}
    named = {name: each for name, each in found.items() if not name.startswith("lift ")}
    return Measures(**named, lift=lift or None)


def figures(truth: Truth, answers: Sequence[Answer]) -> dict[str, Figure]:
    """Return the figures that can be had of the answers, by name; lifts as ``lift 0.05``."""
    made: dict[str, list[Figure]] = {}

    def add(name: str, figure: Figure) -> None:
        made.setdefault(name, []).append(figure)

    wanted = truth.labels == truth.wanted
    ranked = bool(truth.wanted) and wanted.any()
    for answer in answers:
        add("accuracy", partial(agreement.accuracy, truth.labels, answer.labels))
        add("macro_f1", partial(agreement.macro_f1, truth.labels, answer.labels))
        if ranked and answer.score is not None:
            ranking = Ranking(wanted, answer.score)
            add("average_precision", ranking.average_precision)
            add("precision_at_recall_50", partial(ranking.precision_at_recall, RECALL))
            for share in SHARES:
                add(f"lift {share:g}", partial(ranking.lift, share))
        if ranked and answer.probability is not None:
            add("ece", partial(agreement.calibration_error, wanted, answer.probability))
            add("brier", partial(agreement.brier, wanted, answer.probability))
        if truth.means is not None and answer.mean is not None:
            add("pearson", partial(agreement.pearson, truth.means, answer.mean))
        elif truth.means is None and ranked and answer.score is not None:
            add("pearson", partial(agreement.pearson, wanted.astype(float), answer.score))
    return {name: mean_of(parts) for name, parts in made.items()}


def mean_of(parts: Sequence[Figure]) -> Figure:
    """Return the mean of several figures as one."""
    return partial(_mean, parts)


def _mean(parts: Sequence[Figure], weights: np.ndarray) -> np.ndarray:
    return np.asarray(np.mean([part(weights) for part in parts], axis=0))


def _difference(one: Figure, other: Figure, weights: np.ndarray) -> np.ndarray:
    return np.asarray(one(weights) - other(weights))


def as_json(found: Measures) -> dict[str, Any]:
    """Return the values by name, and under ``intervals`` [low, high] by name; None for what there is not."""
    values: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    for name in Measures.__dataclass_fields__:
        each = getattr(found, name)
        if isinstance(each, dict):
            values[name] = {share: _rounded(one.value) for share, one in each.items()}
            intervals[name] = {share: [_rounded(one.low), _rounded(one.high)] for share, one in each.items()}
        else:
            values[name] = None if each is None else _rounded(each.value)
            intervals[name] = None if each is None else [_rounded(each.low), _rounded(each.high)]
    return values | {"intervals": intervals}


def _rounded(value: float) -> float | None:
    """Return a figure as JSON has it: five digits say more than the data; nan is no JSON."""
    return None if np.isnan(value) else round(value, 5)
