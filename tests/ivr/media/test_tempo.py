from __future__ import annotations

import pytest

from ivr.media.tempo import Tempo

pytestmark = pytest.mark.unit


def test_phases_are_due_every_five_milliseconds_and_ticks_every_twenty() -> None:
    tempo = Tempo(100.0)
    due = []
    for _ in range(6):
        due.append((round(tempo.due, 6), tempo.phase))
        tempo.done(tempo.due, sent=True)
    assert due == [(100.0, 0), (100.005, 1), (100.01, 2), (100.015, 3), (100.02, 0), (100.025, 1)]


def test_what_was_missed_for_a_moment_is_made_up_for() -> None:
    tempo = Tempo(0.0)
    assert tempo.catch_up(0.2) == 0
    assert (tempo.due, tempo.left_out) == (0.0, 0)


def test_what_was_missed_for_long_is_left_out_in_whole_frames() -> None:
    tempo = Tempo(0.0)
    tempo.done(0.0, sent=True)
    assert tempo.catch_up(1.0) == 49
    assert tempo.due == pytest.approx(0.985)
    assert (tempo.phase, tempo.left_out) == (1, 49)
    assert tempo.catch_up(1.0) == 0


def test_lateness_is_of_phases_that_sent_and_begins_anew_when_it_was_asked() -> None:
    tempo = Tempo(0.0)
    for number in range(100):
        tempo.done(tempo.due + number / 100_000, sent=True)
        tempo.done(tempo.due + 1.0, sent=False)
    p99, most = tempo.lateness()
    assert (round(p99, 3), round(most, 3)) == (0.99, 0.99)
    assert tempo.lateness() == (0.0, 0.0)
