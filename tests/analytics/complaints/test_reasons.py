"""From scored turns to the label of a call."""

from __future__ import annotations

import random

import numpy as np
import pytest

from analytics.complaints.corpus import COLUMNS, read_sentences
from analytics.complaints.reasons import CallLabeller, ScoredCall, composed_calls
from analytics.complaints.taxonomy import CAUSES

pytestmark = pytest.mark.unit

LABELS = list(CAUSES)


def call(*caller: str, agent: str = "") -> ScoredCall:
    """Return turns that score 2 for one cause each and -4 for the others."""

    def scores(said: tuple[str, ...]) -> np.ndarray:
        return np.array([[2.0 if label == each else -4.0 for label in LABELS] for each in said]).reshape(
            -1, len(LABELS)
        )

    return ScoredCall(scores(caller), scores((agent,) if agent else ()))


@pytest.fixture(scope="module")
def labeller() -> CallLabeller:
    calls = [call("", label, agent=rival) for label in LABELS for rival in ("", label)]
    silent = [call("", "") for _ in range(4)]
    return CallLabeller("cause").fit(calls + silent, [each for each in LABELS for _ in range(2)] + [""] * 4)


def test_the_highest_turn_names_the_cause(labeller: CallLabeller) -> None:
    (likely,) = labeller.predict_proba([call("", "", "refund", "")])

    assert LABELS[int(likely.argmax())] == "refund"
    assert likely.max() > 0.5


def test_the_agent_who_says_so_too_makes_it_likelier(labeller: CallLabeller) -> None:
    alone, both = labeller.predict_proba([call("refund"), call("refund", agent="refund")])

    assert both[LABELS.index("refund")] > alone[LABELS.index("refund")]


def test_a_call_that_scores_for_nothing_has_no_cause(labeller: CallLabeller) -> None:
    assert labeller.predict_proba([call("", "")]).max() < 0.5
    assert labeller.predict_proba([]).shape == (0, len(LABELS))


@pytest.mark.parametrize("column", ["cause", "responsible"])
def test_composed_calls_have_every_label_and_none(column: str) -> None:
    calls = composed_calls(column, read_sentences(), 400, random.Random(0))

    assert {label for _, _, label in calls} == {"", *COLUMNS[column]}
    assert calls == composed_calls(column, read_sentences(), 400, random.Random(0))
