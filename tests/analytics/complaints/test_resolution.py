"""What has become of a matter, from the acts of its closing turns."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
import pytest

from analytics.complaints.corpus import read_sentences
from analytics.complaints.resolution import (
    CLOSING,
    ResolutionClassifier,
    composed_closings,
    deciding_turns,
)
from analytics.complaints.taxonomy import AGENT_ACTS, CALLER_ACTS

pytestmark = pytest.mark.unit

ACTS = AGENT_ACTS + CALLER_ACTS
Closing = tuple[npt.NDArray[np.float64], list[str]]


def closing(*acts: str) -> Closing:
    """Return turns that surely do the named acts; ``agent`` and ``caller`` do nothing."""
    probability = np.full((len(acts), len(ACTS)), 0.05)
    roles = []
    for turn, act in enumerate(acts):
        if act in ACTS:
            probability[turn, ACTS.index(act)] = 0.95
        roles.append("agent" if act == "agent" or act in AGENT_ACTS else "caller")
    return probability, roles


@pytest.fixture(scope="module")
def classifier() -> ResolutionClassifier:
    kinds = {
        "yes": ("done accept", "done fixed", "promise done accept", "done agent"),
        "no": ("promise reject", "refuse reject", "done reject", "refuse accept"),
        "promised": ("promise accept", "promise agent", "reject promise accept"),
        "unknown": ("agent caller", "caller", "agent"),
    }
    examples = [(closing(*acts.split()), label) for label, each in kinds.items() for acts in each] * 5
    return ResolutionClassifier(C=10.0).fit([each for each, _ in examples], [label for _, label in examples])


@pytest.mark.parametrize(
    ("acts", "label"),
    [
        ("agent caller done accept agent", "yes"),
        ("refuse reject promise accept", "promised"),
        ("promise caller reject", "no"),
        ("caller agent caller", "unknown"),
    ],
)
def test_the_last_acts_decide(classifier: ResolutionClassifier, acts: str, label: str) -> None:
    (likely,) = classifier.predict_proba([closing(*acts.split())])

    assert classifier.classes_[int(likely.argmax())] == label
    assert likely.sum() == pytest.approx(1.0)


def test_what_was_said_long_before_the_end_does_not_count(classifier: ResolutionClassifier) -> None:
    early = closing("refuse", "reject", *["agent", "caller"] * (CLOSING // 2))

    np.testing.assert_allclose(
        classifier.predict_proba([early]), classifier.predict_proba([closing(*["agent", "caller"] * 5)])
    )


def test_the_deciding_turns_are_the_last_act_of_each_party() -> None:
    assert deciding_turns(*closing("refuse", "reject", "promise", "agent", "accept", "caller")) == [
        (4, ACTS.index("accept")),
        (2, ACTS.index("promise")),
    ]
    assert deciding_turns(*closing("agent", "caller"))[0][0] == 1


def test_composed_closings_have_every_label_and_the_right_speakers() -> None:
    calls = composed_closings(read_sentences(), 200, random.Random(0))

    assert {label for _, label in calls} == {"yes", "no", "promised", "unknown"}
    assert calls == composed_closings(read_sentences(), 200, random.Random(0))
    assert {role for turns, _ in calls for role, _ in turns} == {"agent", "caller"}
