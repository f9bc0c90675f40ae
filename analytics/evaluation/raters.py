"""How well people find the dialogues that many find bad: the measure of what the models are worth."""

from __future__ import annotations

from functools import partial

import numpy as np

from analytics.evaluation import agreement
from analytics.evaluation.bootstrap import RESAMPLES, Figure, measure, resamples
from analytics.evaluation.metrics import RECALL, SHARES, Measures, mean_of, measures_of
from analytics.evaluation.ranking import Ranking
from analytics.evaluation.sets import DISSATISFIED_MEAN, LabelledSet
from calls.errors import AnalyticsError
from calls.records import Transcript

#: How often votes are drawn from each dialogue.
DRAWS = 20


def panel(
    rows: LabelledSet[Transcript], size: int = 1, resample_count: int = RESAMPLES, seed: int = 0
) -> Measures:
    """Return the measures of so many raters together, scored against the mean of the others.

    From each dialogue ``size`` votes are drawn, as if the same people had rated them all; their mean is the
    score, and the truth is the mean of the other votes: at most −0.684 is dissatisfied. Means over 20
    draws. A few votes have few different means, and ties are averaged.

    Raises
    ------
    AnalyticsError
        There are no votes, or no more than ``size`` on a dialogue.
    """
    if not rows.votes or min(map(len, rows.votes)) <= size:
        raise AnalyticsError(
            f"{rows.name}: satisfaction_votes: {size} or fewer", "give every vote on a dialogue"
        )
    rng = np.random.default_rng(seed)
    parts: dict[str, list[Figure]] = {}
    for _ in range(DRAWS):
        votes = [rng.permutation(each) for each in rows.votes]
        drawn = np.array([each[:size].mean() for each in votes])
        others = np.array([each[size:].mean() for each in votes])
        # the threshold is a mean that was rounded to three digits
        wanted = np.round(others, 3) <= DISSATISFIED_MEAN
        ranking = Ranking(wanted, -drawn)
        parts.setdefault("average_precision", []).append(ranking.average_precision)
        parts.setdefault("precision_at_recall_50", []).append(partial(ranking.precision_at_recall, RECALL))
        parts.setdefault("pearson", []).append(partial(agreement.pearson, others, drawn))
        for share in SHARES:
            parts.setdefault(f"lift {share:g}", []).append(partial(ranking.lift, share))
    figures = {name: mean_of(each) for name, each in parts.items()}
    weights = resamples(np.arange(len(rows)), rows.labels, resample_count, seed)
    return measures_of(measure(figures, weights, len(rows)))
