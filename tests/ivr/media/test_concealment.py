from __future__ import annotations

import numpy as np
import pytest

from ivr.media.concealment import HISTORY, LONGEST, conceal

pytestmark = pytest.mark.unit

RATE = 8000


def wave(pitch: float, start: int, count: int) -> np.ndarray:
    time = np.arange(start, start + count) / RATE
    return sum(4000 / n * np.sin(2 * np.pi * pitch * n * time + n) for n in range(1, 6)).astype(np.int16)


@pytest.mark.parametrize("pitch", [80.0, 100.0, 123.0, 160.0, 190.0])
def test_a_voice_goes_on_at_its_pitch(pitch: float) -> None:
    history = wave(pitch, 0, HISTORY)[None]
    wanted = wave(pitch, HISTORY, 160).astype(float)
    made = conceal(history, np.array([1]))[0].astype(float)
    error = np.sum((made - wanted) ** 2) / np.sum(wanted**2)
    assert error < 0.1


def test_the_sound_fades_and_falls_silent() -> None:
    history = wave(100.0, 0, HISTORY)
    power = []
    for run in range(1, LONGEST + 2):
        made = conceal(history[None, -HISTORY:], np.array([run]))[0]
        history = np.concatenate([history, made])
        power.append(float(np.mean(made.astype(float) ** 2)))
    assert power[0] > power[1] > power[2] > power[3] == 0


def test_many_gaps_are_filled_as_each_would_be_alone() -> None:
    chance = np.random.default_rng(1)
    history = np.stack([wave(90.0 + 7 * row, 0, HISTORY) for row in range(6)])
    history[5] = chance.integers(-3000, 3000, HISTORY)
    run = np.array([1, 2, 3, 1, 2, 1])
    together = conceal(history, run)
    alone = np.concatenate([conceal(history[row : row + 1], run[row : row + 1]) for row in range(6)])
    assert np.array_equal(together, alone)


def test_silence_stays_silence() -> None:
    assert not conceal(np.zeros((2, HISTORY), np.int16), np.array([1, 3])).any()
