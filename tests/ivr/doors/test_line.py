from __future__ import annotations

import numpy as np
import pytest

from ivr.doors import RATE, Samples
from ivr.doors.line import Line

pytestmark = pytest.mark.unit


def line(snr_db: float = 20.0, seed: int = 1) -> Line:
    return Line(snr_db=snr_db, codec="alaw", rng=np.random.default_rng(seed))


def tone(seconds: float) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    return (2300 * np.sin(2 * np.pi * 1000 * time)).astype(np.int16)  # −26 dB: as loud as speech


def level(sound: Samples) -> float:
    return float(10 * np.log10(np.mean((sound / 32768) ** 2)))


def test_the_line_is_never_dead() -> None:
    assert level(line(20).read(0, 10 * RATE)) == pytest.approx(-46, abs=0.5)


def test_speech_stands_where_it_was_put() -> None:
    quiet = line(60)
    end = quiet.say(RATE, tone(0.5))
    sound = quiet.read(0, 2 * RATE)
    assert end == RATE * 3 // 2
    assert level(sound[RATE : RATE * 3 // 2]) == pytest.approx(-26, abs=0.5)
    assert max(level(sound[:7900]), level(sound[12100:])) < -80


def test_how_it_is_read_does_not_change_the_sound() -> None:
    whole, parts = line(), line()
    for each in (whole, parts):
        each.say(1000, tone(0.2))
    cut = [parts.read(start, start + 160) for start in range(0, 8000, 160)]
    assert np.array_equal(np.concatenate(cut), whole.read(0, 8000))


def test_two_clips_at_once_are_heard_together() -> None:
    both, one = line(60), line(60)
    both.say(0, tone(0.1))
    both.say(0, tone(0.1))
    one.say(0, tone(0.1))
    assert level(both.read(160, 640)) - level(one.read(160, 640)) == pytest.approx(6, abs=0.1)
