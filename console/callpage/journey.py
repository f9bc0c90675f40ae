"""The way of a call through menus and queues, with what each step took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calls.masking import masked_text
from calls.records import CallEvent, EventKind

#: What ends the wait in a queue.
_LEAVES = {
    EventKind.CONNECT,
    EventKind.ABANDON,
    EventKind.EXITEMPTY,
    EventKind.EXITWITHKEY,
    EventKind.EXITWITHTIMEOUT,
    EventKind.HANGUP,
}
#: Names under which events carry a pressed key.
_KEYS = ("key", "digit")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``at`` seconds after the first sample something of ``kind`` happened at ``node``.

    ``took`` is how long a node had the caller, or the caller waited in a queue; ``None`` for other steps.
    ``details`` are names and values, with long numbers masked; ``keys`` are the keys pressed one after
    another at a node, masked alike, or how many of them where they are secret.
    """

    at: float
    kind: EventKind
    node: str = ""
    took: float | None = None
    details: tuple[tuple[str, str], ...] = ()
    keys: str | int = ""


def steps(events: Sequence[CallEvent]) -> tuple[Step, ...]:
    """Return the steps of a call.

    Parameters
    ----------
    events : sequence of CallEvent
        All of the call's, in order of time.

    Returns
    -------
    tuple of Step
        Keys pressed at one node one after another are one step; the prompt that a node is named after
        goes without saying.
    """
    found: list[Step] = []
    pressed: list[CallEvent] = []
    for number, event in enumerate(events):
        if event.kind is EventKind.DIGIT and any(name in event.data for name in (*_KEYS, "count")):
            if pressed and pressed[-1].node != event.node:
                found.append(_pressed(pressed))
                pressed = []
            pressed.append(event)
            continue
        if pressed:
            found.append(_pressed(pressed))
            pressed = []
        if event.kind is EventKind.PROMPT and event.data.get("name") == event.node:
            continue
        found.append(Step(event.at, event.kind, event.node, _took(events, number), _details(event)))
    if pressed:
        found.append(_pressed(pressed))
    return tuple(found)


def _took(events: Sequence[CallEvent], number: int) -> float | None:
    event = events[number]
    ends: set[EventKind] = {
        EventKind.NODE: {EventKind.NODE, EventKind.HANGUP},
        EventKind.ENTERQUEUE: _LEAVES,
    }.get(event.kind, set())
    end = next((each.at for each in events[number + 1 :] if each.kind in ends), None)
    if end is None and event.kind is EventKind.NODE:
        end = events[-1].at
    return None if end is None or not ends else max(end - event.at, 0.0)


def _pressed(events: Sequence[CallEvent]) -> Step:
    first = events[0]
    keys = "".join(str(each.data.get(name, "")) for each in events for name in _KEYS)
    secret = sum("count" in each.data for each in events)
    return Step(first.at, first.kind, first.node, keys=secret or masked_text(keys))


def _details(event: CallEvent) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, f"{value:.2f}" if isinstance(value, float) else masked_text(str(value)))
        for name, value in event.data.items()
        if value not in (None, "", [])
    )
