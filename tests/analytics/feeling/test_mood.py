"""The mood of a call, and how often it is right."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.feeling.mood import Mood, composed_moods, learnt_chances, mood_of, right

pytestmark = pytest.mark.unit


def test_one_clear_utterance_gives_the_mood_and_is_cited() -> None:
    assert mood_of([0.1, 0.9, 0.6], [0.8, 0.1, 0.3], [0.1, 0.0, 0.1]) == Mood("negative", 0.9, [1, 2], 3)


def test_thanks_at_the_end_do_not_undo_a_complaint() -> None:
    assert mood_of([0.9, 0.0], [0.1, 0.1], [0.0, 0.9]).label == "negative"


def test_lukewarm_utterances_are_neutral() -> None:
    assert mood_of([0.55, 0.1], [0.4, 0.8], [0.05, 0.1]) == Mood("neutral", 0.5, [1], 2)


def test_a_mood_is_as_probable_as_it_was_right() -> None:
    """Of long calls a weak sign is often wrong, of short ones seldom."""
    rng = np.random.default_rng(0)
    moods, truth = [], []
    for _ in range(3000):
        likely, count = float(rng.uniform(0.7, 1.0)), int(rng.choice([2, 20]))
        moods.append(Mood("negative", likely, [0], count))
        chance = likely if count == 2 else likely - 0.4
        truth.append("negative" if rng.random() < chance else "neutral")

    chances = learnt_chances(moods[:2000], truth[:2000])

    found = np.array([right(mood, chances) for mood in moods[2000:]])
    hits = np.array([each == "negative" for each in truth[2000:]])
    raw = np.array([mood.likely for mood in moods[2000:]])
    assert abs(found.mean() - hits.mean()) < 0.05 < abs(raw.mean() - hits.mean())
    assert right(Mood("negative", 0.8, [0], 20), chances) < right(Mood("negative", 0.8, [0], 2), chances)


def test_what_was_always_right_is_nearly_certain() -> None:
    chances = learnt_chances([Mood("positive", 0.9, [0], 3)] * 99, ["positive"] * 99)

    assert right(Mood("positive", 0.9, [0], 3), chances) == pytest.approx(0.99, abs=0.001)
    assert right(Mood("neutral", 0.9, [0], 3), chances) == 0.5  # never found, nothing known


def test_calls_are_put_together_of_sentences() -> None:
    labels = ["negative", "strong-negative", "neutral", "positive"]
    likely = np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [0.0, 1.0, 0.0], [0.0, 0.1, 0.9]])

    moods, truth = composed_moods(likely, labels)

    assert [mood.label for mood in moods] == truth  # sentences that are read right make calls read right
    assert {mood: round(truth.count(mood) / len(truth), 1) for mood in set(truth)} == {
        "negative": 0.3,
        "neutral": 0.5,
        "positive": 0.2,
    }
