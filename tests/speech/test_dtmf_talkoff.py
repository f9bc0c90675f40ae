"""Speech holds no digits; real recordings lie outside the project (HUAWU_DATA)."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.dtmf import LEVELS, Huawu, at_level, known_answers, poisson_upper, recording, synthetic
from speech.channel import band_limited
from speech.dtmf import detect_digits

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def data() -> Path:
    folder = os.environ.get("HUAWU_DATA")
    if not folder:
        pytest.skip("HUAWU_DATA is not set")
    return Path(folder)


def false_digits(data: Path, *, every: int) -> tuple[int, float]:
    """Return how many digits are heard in each ``every``-th recording, and the hours."""
    paths = sorted([*data.glob("mandarin_*/*.wav"), *data.glob("dtmf_talkoff_negatives/*.wav")])
    count, samples = 0, 0
    for path in paths[::every]:
        for voice in recording(path):
            for sound in (voice, band_limited(voice * 32768.0)):
                for level in LEVELS:
                    count += len(detect_digits(at_level(sound, level)))
                    samples += len(sound)
    return count, samples / 8000 / 3600


def told(count: int, hours: float) -> str:
    return (
        f"{count} false digits in {hours:.2f} h: at most {poisson_upper(count) / hours:.2f} per hour (95 %)"
    )


def test_no_digits_in_some_real_speech(data: Path) -> None:
    count, hours = false_digits(data, every=10)
    print(told(count, hours))
    assert hours > 0.2
    assert count == 0, told(count, hours)


@pytest.mark.slow
def test_no_digits_in_all_real_speech(data: Path) -> None:
    count, hours = false_digits(data, every=1)
    print(told(count, hours))
    assert hours > 3
    assert count == 0, told(count, hours)


def test_no_digits_in_a_little_synthetic_speech() -> None:
    (row,) = synthetic(0.05, [Huawu()])
    print(told(row["false"], row["hours"]))
    assert row["hours"] >= 0.05
    assert row["false"] == 0


def test_recordings_of_known_digits(data: Path) -> None:
    """All but a first digit 4.5 % off, and two equal digits 5 ms apart, less than a break lasts."""
    (row,) = known_answers(data, [Huawu()])
    with (data / "dtmf_known_answers" / "answers.csv").open(encoding="utf-8") as file:
        assert row["files"] == len(list(csv.DictReader(file)))
    assert set(row["wrong"]) <= {"gen_ABC.wav", "net_generated_256758.wav"}
    assert row["deletions"] <= 2
    assert row["insertions"] == row["substitutions"] == 0


@pytest.mark.parametrize(("count", "upper"), [(0, 2.996), (1, 4.744), (3, 7.754), (100, 118.079)])
def test_poisson_limits_are_those_of_the_tables(count: int, upper: float) -> None:
    assert poisson_upper(count) == pytest.approx(upper, abs=0.001)


def test_levels_count_what_is_said_and_not_the_pauses() -> None:
    tone = np.sin(np.arange(8000) / 3)
    sound = at_level(np.concatenate([tone, np.zeros(80000)]), -26.0)[:8000].astype(float)
    assert 20 * np.log10(sound.std() / 32768) == pytest.approx(-26.0, abs=0.1)
