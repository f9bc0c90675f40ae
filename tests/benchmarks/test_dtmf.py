from __future__ import annotations

import numpy as np
import pytest

from benchmarks.dtmf import compared, generated, grid, receivers

pytestmark = pytest.mark.integration


def test_whoever_is_installed_hears_clean_digits_and_is_timed() -> None:
    here, missing = receivers()
    assert {each.name for each in here} | set(missing) == {
        "huawu",
        "huawu, 20 ms chunks of one call",
        "spandsp",
        "multimon-ng",
    }
    sound = generated("1590*#D", np.random.default_rng(1), on=0.1)
    for system in here:
        assert system.hear(sound) == "1590*#D"
        assert system.cpu_seconds > 0
        assert system.audio_seconds == len(sound) / 8000


@pytest.mark.slow
def test_the_grid_counts_every_digit_sent_of_every_system() -> None:
    here, _ = receivers()
    rows = list(grid(here[:1], 1))
    (clean,) = (row for row in rows if row["condition"] == "none")
    assert clean == {
        "part": "grid",
        "condition": "none",
        "value": 0.0,
        "system": "huawu",
        "sent": 96,
        "hits": 96,
        "substitutions": 0,
        "deletions": 0,
        "insertions": 0,
    }
    assert all(row["hits"] + row["substitutions"] + row["deletions"] == row["sent"] for row in rows)
    assert {row["hits"] for row in rows if row["condition"] == "offset %" and abs(row["value"]) == 3.5} == {0}


def test_what_is_heard_is_aligned_with_what_was_sent() -> None:
    assert compared("12345", "1245*") == {
        "sent": 5,
        "hits": 4,
        "substitutions": 0,
        "deletions": 1,
        "insertions": 1,
    }
