"""What of a caller's voice is kept, on a clock."""

from __future__ import annotations

import pytest

from ivr import actions
from ivr.live.veil import Veil
from tests.ivr.live.clock import TurnedLoop

pytestmark = pytest.mark.unit


def veil() -> tuple[TurnedLoop, Veil, list[bool]]:
    loop, drawn = TurnedLoop(), list[bool]()
    began = loop.time()
    return loop, Veil(loop, lambda: loop.time() - began, drawn.append), drawn  # type: ignore[arg-type]


def test_it_is_lifted_by_the_notice_and_drawn_for_a_secret_until_a_second_after_it() -> None:
    loop, made, drawn = veil()
    made.take(actions.StartRecording())
    assert drawn == [False]
    loop.turn(3.0)
    made.take(actions.Mask())
    assert drawn == [False, True]
    loop.turn(3.0)
    made.take(actions.Unmask(1.0))
    loop.turn(0.99)
    assert drawn == [False, True]
    loop.turn(0.1)
    assert drawn == [False, True, False]


def test_another_secret_before_the_second_is_over_keeps_it_drawn() -> None:
    loop, made, drawn = veil()
    made.take(actions.StartRecording())
    made.take(actions.Mask())
    made.take(actions.Unmask(1.0))
    loop.turn(0.5)
    made.take(actions.Mask())
    loop.turn(10.0)
    assert drawn == [False, True]


def test_a_message_needs_no_other_notice_but_a_secret_is_one_all_the_same() -> None:
    loop, made, drawn = veil()
    made.message(True)
    made.message(False)
    assert drawn == [False, True]
    made.take(actions.Mask())
    made.message(True)
    loop.turn(1.0)
    assert drawn == [False, True]


def test_it_is_not_lifted_after_the_call() -> None:
    loop, made, drawn = veil()
    made.take(actions.StartRecording())
    made.take(actions.Mask())
    made.take(actions.Unmask(1.0))
    made.close()
    loop.turn(5.0)
    assert drawn == [False, True]
