from __future__ import annotations

import numpy as np
import pytest

from ivr.media.activity import END, ONSET, Activity, Change

pytestmark = pytest.mark.unit

QUIET, LOUD = 100.0, 1_000_000.0


def told(levels: list[float], *, there: list[bool] | None = None) -> list[tuple[int, Change]]:
    activity = Activity(2)
    events = []
    for place, level in enumerate(levels):
        power = np.array([QUIET, level], np.float32)
        come = np.array([True, there[place] if there else True])
        events += [(place, change) for change in activity.feed(slice(0, 2), power, come)]
    return events


def test_a_party_begins_and_ceases_once() -> None:
    levels = [QUIET] * 20 + [LOUD] * 50 + [QUIET] * 50
    assert told(levels) == [
        (20 + ONSET - 1, Change(1, True, ONSET)),
        (70 + END - 1, Change(1, False, END)),
    ]


def test_a_click_is_nobody_and_a_short_pause_is_no_end() -> None:
    assert told([QUIET] * 20 + [LOUD] * (ONSET - 1) + [QUIET] * 50) == []
    levels = [LOUD] * 20 + [QUIET] * (END - 1) + [LOUD] * 20
    assert [change.on for _, change in told(levels)] == [True]


def test_the_noise_of_a_line_is_learnt() -> None:
    noisy = 200 * QUIET
    events = told([noisy] * 400 + [noisy * 50] * 20)
    assert [change.on for place, change in events if place < 300] == [True, False]
    assert [place for place, change in events if place >= 300] == [400 + ONSET - 1]


def test_missing_frames_are_silent_and_teach_nothing() -> None:
    events = told([0.0] * 300 + [QUIET * 5] * 300, there=[False] * 300 + [True] * 300)
    assert events == []


def test_another_leg_in_the_slot_begins_anew() -> None:
    activity = Activity(1)
    one = np.array([LOUD], np.float32), np.array([True])
    for _ in range(10):
        activity.feed(slice(0, 1), *one)
    activity.reset(0)
    assert [len(activity.feed(slice(0, 1), *one)) for _ in range(ONSET)] == [0, 0, 1]
