from __future__ import annotations

import pytest

from calls.records import CallEvent, EventKind
from console.callpage.journey import Step, steps

pytestmark = pytest.mark.unit


def event(at: float, kind: EventKind, node: str = "", **data: object) -> CallEvent:
    return CallEvent(call_id="c", at=at, kind=kind, node=node, data=data)


def test_nodes_tell_how_long_they_had_the_caller_and_queues_how_long_the_caller_waited() -> None:
    way = steps(
        [
            event(0.0, EventKind.NODE, "welcome", type="play"),
            event(0.0, EventKind.PROMPT, "welcome", name="welcome"),
            event(6.0, EventKind.NODE, "agents", type="queue"),
            event(9.5, EventKind.ENTERQUEUE, "agents", queue="repair"),
            event(21.5, EventKind.CONNECT, "agents", agent="A1"),
            event(60.0, EventKind.HANGUP, "agents", cause="caller"),
        ]
    )

    assert way == (
        Step(0.0, EventKind.NODE, "welcome", 6.0, (("type", "play"),)),
        Step(6.0, EventKind.NODE, "agents", 54.0, (("type", "queue"),)),
        Step(9.5, EventKind.ENTERQUEUE, "agents", 12.0, (("queue", "repair"),)),
        Step(21.5, EventKind.CONNECT, "agents", None, (("agent", "A1"),)),
        Step(60.0, EventKind.HANGUP, "agents", None, (("cause", "caller"),)),
    )


def test_who_gives_up_waiting_waited_until_then_and_who_still_waits_has_no_time() -> None:
    queued = event(2.0, EventKind.ENTERQUEUE, queue="q")

    assert steps([queued, event(30.0, EventKind.ABANDON)])[0].took == 28.0
    assert steps([queued])[0].took is None


def test_keys_of_one_node_are_one_step_and_long_numbers_are_masked() -> None:
    pressed = [event(1 + at / 10, EventKind.DIGIT, "number", key=key) for at, key in enumerate("13912345678")]

    assert steps([*pressed, event(3.0, EventKind.DIGIT, "menu", digit="2")]) == (
        Step(1.0, EventKind.DIGIT, "number", keys="•••••••5678"),
        Step(3.0, EventKind.DIGIT, "menu", keys="2"),
    )


def test_of_secret_keys_only_their_number_is_told() -> None:
    pressed = [event(1.0, EventKind.DIGIT, "pin", count=count) for count in (1, 2, 3, 4, 5, 6)]

    assert steps(pressed) == (Step(1.0, EventKind.DIGIT, "pin", keys=6),)


def test_what_an_event_carries_is_masked_and_rounded_and_empty_values_are_left_out() -> None:
    (step,) = steps(
        [event(1.0, EventKind.RECOGNITION, text="打13800001234", confidence=0.876, cause="", heard=None)]
    )

    assert step.details == (("text", "打•••••••1234"), ("confidence", "0.88"))


def test_a_call_without_events_has_no_way() -> None:
    assert steps([]) == ()
