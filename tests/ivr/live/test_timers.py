"""The timers of a call."""

from __future__ import annotations

import pytest

from ivr.live.timers import Timers
from tests.ivr.live.clock import TurnedLoop

pytestmark = pytest.mark.unit


def timers() -> tuple[TurnedLoop, Timers, list[int]]:
    loop, told = TurnedLoop(), list[int]()
    return loop, Timers(loop, told.append), told  # type: ignore[arg-type]


def test_each_ends_once_at_its_time() -> None:
    loop, made, told = timers()
    made.start(1, 2.0)
    made.start(2, 1.0)
    loop.turn(1.5)
    assert told == [2]
    loop.turn(5.0)
    assert told == [2, 1]
    assert len(made) == 0


def test_one_that_is_cancelled_does_not_end() -> None:
    loop, made, told = timers()
    made.start(1, 2.0)
    made.cancel(1)
    made.cancel(7)
    loop.turn(5.0)
    assert told == []


def test_while_time_stands_still_none_ends_and_the_rest_of_it_follows() -> None:
    loop, made, told = timers()
    made.start(1, 5.0)
    loop.turn(3.0)
    made.stand_still()
    made.start(2, 1.0)
    made.start(3, 1.0)
    made.cancel(3)
    loop.turn(100.0)
    assert (told, len(made), made.standing_still) == ([], 2, True)
    made.go_on()
    loop.turn(1.5)
    assert told == [2]
    loop.turn(0.5)
    assert told == [2, 1]


def test_nothing_is_left_after_clearing() -> None:
    loop, made, told = timers()
    made.start(1, 1.0)
    made.stand_still()
    made.clear()
    made.go_on()
    loop.turn(9.0)
    assert (told, len(made)) == ([], 0)
