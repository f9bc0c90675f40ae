"""The mic door with a card in virtual time; tests/huawu/test_live_call.py has a real one."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.doors import FRAME, RATE, PlayedOut, Samples, Signal
from ivr.doors.microphone import RING_SECONDS, MicrophoneDoor
from ivr.events import CallbackKept, Digit, HungUp, NoAgent, TransferFailed

pytestmark = pytest.mark.unit


class LoopedCard:
    """A card in virtual time, whose microphone hears what its headphones play."""

    def __init__(self) -> None:
        self._sound = np.zeros(0, np.int16)

    def play(self, sound: Samples) -> None:
        self._sound = np.pad(sound, (0, -len(sound) % FRAME))

    def stop(self) -> None:
        self._sound = self._sound[:0]

    def exchange(self) -> tuple[Samples, Samples, bool]:
        frame, self._sound = self._sound[:FRAME], self._sound[FRAME:]
        ended = len(frame) > 0 and not len(self._sound)
        frame = np.pad(frame, (0, FRAME - len(frame)))
        return frame, frame, ended


class TimedKeys:
    """Keys that are pressed at a time in seconds: one look takes a frame."""

    def __init__(self, keys: dict[float, str]) -> None:
        self._keys = {round(at * RATE / FRAME): typed for at, typed in keys.items()}
        self._looks = 0

    def pressed(self) -> str:
        self._looks += 1
        return self._keys.get(self._looks, "")


def door(keys: dict[float, str] | None = None) -> MicrophoneDoor:
    return MicrophoneDoor(LoopedCard(), TimedKeys(keys or {}))


def happenings(door: MicrophoneDoor, seconds: float) -> list[tuple[float, tuple[Signal, ...]]]:
    """What happens in so many seconds, and when."""
    now, found = 0, []
    while now < seconds * RATE:
        exchange = door.exchange(round(seconds * RATE) - now)
        now += len(exchange.caller)
        found += [(now / RATE, exchange.signals)] if exchange.signals else []
    return found


def test_time_passes_in_whole_frames() -> None:
    quiet = door()
    assert [len(quiet.exchange(longest).caller) for longest in (1, FRAME, 1000)] == [160, 160, 960]


def test_a_prompt_is_heard_and_its_end_is_told() -> None:
    speaking = door()
    prompt = np.full(1000, 5000, np.int16)
    speaking.play(prompt)
    exchange = speaking.exchange(RATE)
    assert exchange.signals == (PlayedOut(),)
    assert np.array_equal(exchange.far, np.pad(prompt, (0, 120)))
    assert np.array_equal(exchange.caller, exchange.far)


def test_a_stopped_prompt_is_silent_at_once_and_not_told() -> None:
    speaking = door()
    speaking.play(np.full(RATE, 5000, np.int16))
    speaking.exchange(FRAME)
    speaking.stop()
    exchange = speaking.exchange(2 * RATE)
    assert (exchange.far.any(), exchange.signals) == (False, ())


def test_keys_are_told_when_they_are_pressed() -> None:
    assert happenings(door({0.5: "1", 0.8: "*#", 1.2: "q"}), 2) == [
        (0.5, (Digit("1"),)),
        (0.8, (Digit("*"), Digit("#"))),
        (1.2, (HungUp("caller"),)),
    ]


def test_a_queue_rings_once_and_nobody_answers() -> None:
    ringing = door()
    ringing.enqueue(3, "general")
    exchange = ringing.exchange(10 * RATE)
    assert exchange.signals == (NoAgent(3),)
    assert len(exchange.far) == RING_SECONDS * RATE
    spectrum = np.abs(np.fft.rfft(exchange.far[:RATE]))
    assert (spectrum.argmax(), exchange.far[RATE:].any()) == (450, False)


def test_a_queue_that_is_left_rings_no_more() -> None:
    ringing = door()
    ringing.enqueue(3, "general")
    ringing.exchange(FRAME)
    ringing.leave_queue()
    exchange = ringing.exchange(10 * RATE)
    assert (exchange.far.any(), exchange.signals) == (False, ())


def test_an_announcement_in_the_queue_does_not_end_the_wait() -> None:
    waiting = door()
    waiting.enqueue(3, "general")
    waiting.play(np.full(RATE, 5000, np.int16))
    assert happenings(waiting, 6) == [(1.0, (PlayedOut(),)), (RING_SECONDS, (NoAgent(3),))]


def test_a_transfer_rings_and_fails() -> None:
    ringing = door()
    ringing.transfer(7, "4001", 30.0)
    assert happenings(ringing, 6) == [(RING_SECONDS, (TransferFailed(7, "failed"),))]


def test_a_transfer_rings_no_longer_than_it_may() -> None:
    ringing = door()
    ringing.transfer(7, "4001", 2.0)
    assert happenings(ringing, 6) == [(2.0, (TransferFailed(7, "failed"),))]


def test_a_transfer_can_be_stopped() -> None:
    ringing = door()
    ringing.transfer(7, "4001", 30.0)
    ringing.stop_transfer()
    assert happenings(ringing, 6) == []


def test_a_callback_is_promised() -> None:
    promising = door()
    promising.callback(3, "19900010001", "general")
    assert promising.exchange(RATE).signals == (CallbackKept(3),)


def test_nothing_happens_after_the_end() -> None:
    over = door()
    over.enqueue(3, "general")
    over.hang_up()
    assert happenings(over, 6) == []
