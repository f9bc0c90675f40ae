from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analytics.evaluation.raters import panel
from analytics.evaluation.sets import DISSATISFIED, LabelledSet
from calls.errors import AnalyticsError
from calls.records import Transcript
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit


def rated(*votes: tuple[float, ...]) -> LabelledSet[Transcript]:
    names = tuple(map(str, range(len(votes))))
    means = np.array([np.mean(each) for each in votes])
    labels = np.where(means <= -0.684, DISSATISFIED, "other")
    return LabelledSet("x", names, (transcript("c:好"),) * len(votes), labels, names, means, votes)


def test_raters_of_one_mind_find_all() -> None:
    found = panel(rated(*((-2.0,) * 5,) * 4, *((1.0,) * 5,) * 12), resample_count=20)

    assert found.average_precision is not None and found.average_precision.value == pytest.approx(1.0)
    assert found.lift is not None and found.lift["0.05"].value == pytest.approx(4.0)
    assert found.pearson is not None and found.pearson.value == pytest.approx(1.0)


def test_a_vote_is_scored_against_the_others_not_against_itself() -> None:
    # who drew the one bad vote of a dialogue is left alone with it, and who did not sees no difference
    found = panel(rated(*((-2.0, 2.0),) * 12, *((2.0, 2.0),) * 24), resample_count=20)

    assert found.average_precision is not None and found.average_precision.value < 0.25


def test_more_raters_find_more() -> None:
    rng = np.random.default_rng(0)
    opinions = rng.normal(size=300)
    votes = [tuple(np.clip(np.rint(one + rng.normal(size=9)), -2, 2)) for one in opinions]

    alone, together = (panel(rated(*votes), size, resample_count=20) for size in (1, 4))

    assert alone.average_precision is not None and together.average_precision is not None
    assert alone.average_precision.high < together.average_precision.low


def test_one_vote_is_not_enough() -> None:
    with pytest.raises(AnalyticsError, match="x: satisfaction_votes: 1 or fewer"):
        panel(rated((1.0,), (-1.0,)))
    with pytest.raises(AnalyticsError):
        panel(replace(rated((1.0, 1.0)), votes=()))
