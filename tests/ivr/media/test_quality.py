from __future__ import annotations

import numpy as np
import pytest

from ivr.media.quality import Counts, Reception, call_score, opinion_score

pytestmark = pytest.mark.unit


def received(sequences: list[int], times: list[float] | None = None) -> Reception:
    reception = Reception(2)
    for place, sequence in enumerate(sequences):
        now = times[place] if times else 0.02 * place
        stamp = np.array([160 * (sequence - sequences[0]) & 0xFFFFFFFF])
        reception.note(np.array([1]), np.array([sequence & 0xFFFF]), stamp, now)
    return reception


def test_a_whole_stream_has_no_loss_and_no_jitter() -> None:
    assert received(list(range(65_500, 65_600))).counts(1, 0) == Counts(100, 0, pytest.approx(0.0, abs=1e-6))


def test_loss_is_what_is_missing_by_number_across_the_turn() -> None:
    numbers = [number for number in range(65_500, 65_600) if number % 10]
    counts = received(numbers).counts(1, 0)
    assert (counts.packets, counts.lost) == (90, 9)  # the last number is no multiple of ten


def test_order_does_not_matter_and_doubles_do_not_make_up_for_loss() -> None:
    assert received([5, 7, 6, 8, 8, 10]).counts(1, duplicates=1).lost == 1


def test_a_restart_of_the_numbers_is_no_loss() -> None:
    reception = received([1, 2, 3, 30_000, 30_001])
    assert reception.expected(1) == 5
    assert reception.counts(1, 0).lost == 0


def test_keys_are_packets_of_the_same_stream() -> None:
    reception, slot = Reception(1), np.array([0])
    for sequence in (65_534, 65_535, 0, 2, 1, 4, 40_000, 40_001):
        reception.note_key(0, sequence)
    reception.note(slot, np.array([40_003]), np.array([0]), 0.0)
    assert reception.counts(0, 0) == Counts(9, 2, 0.0)  # 3 of the first stream, 40 002 of the second


def test_jitter_is_the_smoothed_deviation_of_the_transit() -> None:
    times = [0.02 * place + (0.01 if place % 2 else 0.0) for place in range(400)]
    assert received(list(range(400)), times).counts(1, 0).jitter_ms == pytest.approx(10.0, rel=0.01)


def test_the_share_of_loss_is_of_the_time_since_it_was_asked() -> None:
    reception = received([1, 2, 4, 6])
    assert reception.fraction_lost(1) == pytest.approx(2 / 6)
    reception.note(np.array([1]), np.array([7]), np.array([960]), 1.0)
    assert reception.fraction_lost(1) == 0.0


def test_a_leg_without_packets_has_nothing() -> None:
    assert Reception(1).counts(0, 0) == Counts(0, 0, 0.0)
    assert call_score(0, 0, 0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("loss", "delay", "score"),
    [
        (0.0, 0.0, 4.41),  # R = 93.2: the best of G.711
        (0.0, 150.0, 4.33),
        (0.0, 400.0, 3.05),
        (3.0, 50.0, 4.09),
        (10.0, 50.0, 3.28),
        (100.0, 0.0, 1.12),
        (100.0, 1000.0, 1.0),
    ],
)
def test_scores_are_those_of_the_e_model(loss: float, delay: float, score: float) -> None:
    rating = 93.2 - 0.024 * delay - 0.11 * max(delay - 177.3, 0) - 95 * loss / (loss + 25.1)
    rating = max(rating, 0.0)
    wanted = max(1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6, 1.0)
    assert opinion_score(loss, delay) == pytest.approx(wanted)
    assert opinion_score(loss, delay) == pytest.approx(score, abs=0.15)


def test_a_worse_line_never_has_a_better_score() -> None:
    for delay in range(0, 1000, 50):
        scores = [opinion_score(loss, delay) for loss in range(0, 101, 5)]
        assert scores == sorted(scores, reverse=True)
