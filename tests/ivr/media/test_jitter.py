"""Hand-made arrivals, and a bad network in virtual time."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.media.jitter import FRAME, MOST, PAUSE, JitterBuffers
from tests.ivr.media.network import delays, frame, heard, number_of, shaped

pytestmark = pytest.mark.unit

SPAN = slice(0, 1)


class One:
    """A single buffer."""

    def __init__(self, start: int = 0xFFFFFF00) -> None:
        self.buffers, self.start = JitterBuffers(2), start

    def put(self, *numbers: int) -> None:
        for number in numbers:
            stamp = self.start + number * FRAME & 0xFFFFFFFF
            self.buffers.insert(np.array([0]), np.array([stamp]), frame(number)[None])

    def take(self, ticks: int = 1) -> list[int | None]:
        taken = []
        for _ in range(ticks):
            frames, there = self.buffers.take(SPAN)
            taken.append(number_of(frames[0]) if there[0] else None)
        return taken

    def lead(self, *, quiet: bool = False) -> int | None:
        frames, there = self.buffers.lead(SPAN, np.array([quiet]))
        return number_of(frames[0]) if there[0] else None

    def run(self, first: int, end: int) -> list[int | None]:
        taken = []
        for number in range(first, end):
            self.put(number)
            taken += self.take()
        return taken


def test_a_frame_waits_for_the_one_behind_it() -> None:
    assert One().run(0, 5) == [None, 0, 1, 2, 3]


def test_frames_come_out_in_their_order_across_the_turn_of_the_timestamp() -> None:
    one = One()
    one.run(0, 3)
    one.put(4, 3, 5)
    assert one.take(4) == [2, 3, 4, 5]


def test_doubles_are_counted_and_heard_once() -> None:
    one = One()
    one.put(0, 0, 1)
    assert one.take(3) == [None, 0, 1]
    one.put(1)
    assert one.take() == [None]
    assert one.buffers.duplicates[0] == 2


def test_a_lost_frame_is_a_gap_and_costs_no_delay() -> None:
    one = One()
    one.run(0, 4)
    one.put(5)
    assert one.take(2) == [3, None]
    one.put(6)
    assert one.take(2) == [5, 6]


def test_a_frame_after_its_time_is_late() -> None:
    one = One()
    one.run(0, 4)
    one.put(5, 6)
    assert one.take(3) == [3, None, 5]
    one.put(4)
    assert one.buffers.late[0] == 1
    assert one.take() == [6]


def test_where_nothing_comes_the_buffer_stands_still_and_what_comes_then_is_heard() -> None:
    one = One()
    one.run(0, 4)
    assert one.take(3) == [3, None, None]
    one.put(4, 5, 6)
    assert one.take(3) == [4, 5, 6]
    assert one.buffers.late[0] == 0


def test_a_gap_that_was_stood_still_for_is_not_waited_for_again() -> None:
    one = One()
    one.run(0, 4)
    assert one.take(3) == [3, None, None]
    one.put(6, 7)
    assert one.take(2) == [6, 7]


def test_after_a_pause_the_stream_begins_anew_wherever_its_timestamps_are() -> None:
    for jump in (1, 50, 1_000_000, -1_000_000):
        one = One()
        one.run(0, 4)
        one.take(PAUSE + 1)
        first = 4 + jump
        one.put(*[number for number in (first, first + 1) if number > 0])
        one.start += 0
        assert one.take(3)[0] is None


def test_one_packet_that_fits_nowhere_is_ignored_and_two_are_a_new_stream() -> None:
    one = One()
    one.run(0, 4)
    one.put(9000)
    assert one.run(4, 6) == [3, 4]
    one.put(9001, 9002)
    assert one.take(2) == [None, 9001] or one.take() == [9002]


def test_timestamps_beside_the_grid_move_the_grid() -> None:
    one = One()
    one.run(0, 4)
    one.start += 37
    assert one.run(4, 8) == [3, 4, 5, 6]


def test_at_once_too_much_is_dropped_down_to_the_most() -> None:
    one = One()
    one.put(*range(30))
    taken = one.take(3)
    assert taken[:2] == [None, 0]
    assert taken[2] == 29 - MOST


def test_packets_of_other_lengths_make_the_same_frames() -> None:
    whole = np.arange(960).astype(np.uint8)
    for milliseconds in (10, 20, 30, 40, 50, 60):
        buffers = JitterBuffers(1)
        size = 8 * milliseconds
        for start in range(0, 960 - 960 % size, size):
            buffers.insert_parts(0, 5 + start, whole[start : start + size])
        sound = b""
        for _ in range(7):
            frames, there = buffers.take(SPAN)
            sound += frames[0].tobytes() if there[0] else b""
        assert sound[:800] == whole.tobytes()[:800]


def test_half_a_frame_is_filled_with_silence() -> None:
    buffers = JitterBuffers(1)
    buffers.insert_parts(0, 0, np.full(80, 1, np.uint8))
    buffers.take(SPAN)
    frames, there = buffers.take(SPAN)
    assert there[0]
    assert frames[0].tolist() == [1] * 80 + [0xD5] * 80


def test_those_who_listen_ahead_have_each_frame_as_soon_as_it_has_come() -> None:
    one = One()
    one.put(0)
    assert (one.lead(), one.take()) == (0, [None])
    one.put(1)
    assert (one.lead(), one.take()) == (1, [0])
    assert (one.lead(), one.take()) == (None, [1])
    one.put(2)
    assert (one.lead(), one.take()) == (2, [2])


def test_those_who_listen_ahead_see_a_gap_as_a_gap() -> None:
    one = One()
    one.put(0)
    assert one.lead() == 0
    one.put(2)
    assert [one.lead(), one.lead(), one.lead()] == [None, 2, None]


def test_those_who_listen_ahead_catch_up_where_the_party_is_quiet() -> None:
    silent = np.full((1, FRAME), 0xD5, np.uint8)
    one = One(start=0)
    one.put(7)
    assert one.lead() == 7
    for number in (8, 9, 10):
        one.buffers.insert(np.array([0]), np.array([number * FRAME]), silent)
    one.put(11, 12)
    assert [one.lead(quiet=True), one.lead(quiet=True)] == [11, 12]


def test_those_who_listen_ahead_are_never_behind_what_is_played() -> None:
    one = One()
    one.put(*range(6))
    one.take(5)
    assert one.lead() == 4


def test_legs_do_not_disturb_each_other() -> None:
    buffers = JitterBuffers(3)
    for number in range(5):
        stamps = np.array([number * FRAME, 77 + number * FRAME])
        buffers.insert(np.array([0, 2]), stamps, np.stack([frame(number), frame(100 + number)]))
        frames, there = buffers.take(slice(0, 3))
    assert there.tolist() == [True, False, True]
    assert [number_of(frames[0]), number_of(frames[2])] == [3, 103]
    buffers.reset(0)
    frames, there = buffers.take(slice(0, 3))
    assert there.tolist() == [False, False, True]


# A network


def test_a_steady_stream_is_heard_whole_with_the_delay_it_began_with() -> None:
    played = heard(shaped(3000), 3000)
    assert set(delays(played)) == {2}
    assert played.count(None) == 2


@pytest.mark.parametrize("milliseconds", [20, 50, 100])
def test_jitter_is_waited_for_and_nothing_is_lost(milliseconds: int) -> None:
    played = heard(shaped(3000, jitter=milliseconds / 1000), 3000)
    steady = played[500:]
    assert sum(number is None for number in steady) <= len(steady) * 0.01
    assert max(delays(played)) <= 3 + milliseconds // 20 + 1


def test_a_bad_network_costs_what_it_loses_and_hardly_more() -> None:
    packets = 10_000
    arrivals = shaped(packets, loss=0.05, jitter=0.05, doubled=0.02)
    played = heard(arrivals, packets)
    numbers = [number for number in played if number is not None]
    assert numbers == sorted(set(numbers))
    arrived = len({each.number for each in arrivals})
    assert len(numbers) >= 0.99 * arrived
    assert max(delays(played)) <= 8


@pytest.mark.slow
@pytest.mark.parametrize("ppm", [-100, 100])
def test_clocks_that_differ_do_not_add_up_in_ten_minutes(ppm: int) -> None:
    packets = 30_000
    played = heard(shaped(packets, ppm=ppm), packets)
    behind = [
        tick * 0.02 - number * 0.02 / (1 + ppm * 1e-6)
        for tick, number in enumerate(played)
        if number is not None
    ]
    assert abs(np.median(behind[-500:]) - np.median(behind[:500])) <= 0.02
    assert sum(number is None for number in played) <= 6


def test_what_a_shaper_does_to_a_long_silence_is_forgotten() -> None:
    one = One()
    one.run(0, 4)
    assert one.take(500) == [3] + [None] * 499
    one.start += 500 * FRAME
    assert one.run(4, 8) == [None, 4, 5, 6]


def test_garbage_timestamps_break_nothing() -> None:
    chance = np.random.default_rng(3)
    buffers = JitterBuffers(8)
    for _ in range(3000):
        slots = chance.choice(8, chance.integers(1, 8), replace=False)
        stamps = chance.integers(0, 1 << 32, len(slots))
        near = chance.random(len(slots)) < 0.7
        stamps = np.where(near, stamps % 20_000, stamps)
        buffers.insert(slots, stamps, np.zeros((len(slots), FRAME), np.uint8))
        buffers.insert_parts(int(slots[0]), int(stamps[0]), np.zeros(int(chance.integers(0, 600)), np.uint8))
        buffers.lead(slice(0, 8), chance.random(8) < 0.5)
        frames, there = buffers.take(slice(0, 8))
        assert frames.shape == (8, FRAME)
        assert there.shape == (8,)
