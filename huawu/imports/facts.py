"""What another system tells of a call, and how that joins what is known of it already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from calls.foreign import ARCHIVE, IMPORTED
from calls.records import Call, CallEvent, Direction, EventKind, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One thing that happened in a call: ``at`` is aware, ``data`` as in :class:`calls.records.CallEvent`."""

    at: datetime
    kind: EventKind
    data: dict[str, Any] = field(default_factory=dict)
    #: Its place among all that happened in the same second, where the clock has no finer hands.
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What one line, or a few, tell of a call; what is empty or ``None`` is not told.

    ``queue_log`` says that it comes from one, which knows queue, agent and outcome better than a CDR does.
    """

    id: str
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    direction: Direction | None = None
    caller: str = ""
    callee: str = ""
    hangup_cause: str = ""
    outcome: Outcome | None = None
    agent_id: str | None = None
    queue_id: str | None = None
    node: str = ""
    events: tuple[Happened, ...] = ()
    queue_log: bool = False


_OF_QUEUES = ("agent_id", "queue_id", "outcome")
_OF_CALLS = ("caller", "callee", "hangup_cause", "node")


def zero(call: Call) -> datetime:
    """Return the moment from which the times of a call's events count."""
    return call.answered_at or call.started_at


def joined(known: Call | None, told: CallFacts) -> Call:
    """Return a call with what is told of it; the order in which sources tell does not matter.

    Times widen: the earliest start and answer, the latest end; those of an archive's recording are given up.
    Of agent, queue and outcome a queue log is believed, of the rest a CDR.

    Parameters
    ----------
    known : Call or None
        As it is stored.
    told : CallFacts
    """
    if known is None:
        known = Call(id=told.id, door=IMPORTED, started_at=told.started_at)
    elif known.door == ARCHIVE:
        ended = None if told.ended_at else known.ended_at
        known = replace(known, door=IMPORTED, started_at=told.started_at, answered_at=None, ended_at=ended)
    values: dict[str, Any] = {
        "started_at": min(known.started_at, told.started_at),
        "answered_at": min(filter(None, (known.answered_at, told.answered_at)), default=None),
        "ended_at": max(filter(None, (known.ended_at, told.ended_at)), default=None),
    }
    for names, believed in ((_OF_QUEUES, told.queue_log), (_OF_CALLS, not told.queue_log)):
        for name in names:
            before, now = getattr(known, name), getattr(told, name)
            values[name] = (now or before) if believed else (before or now)
    if told.direction is not None:
        values["direction"] = told.direction
    return replace(known, **values)


def events_of(call: Call, happened: Iterable[Happened]) -> list[CallEvent]:
    """Return the trace of what happened in a call; the same told again gives the same ids."""
    start = zero(call)
    return [
        CallEvent(
            id=stable_id(each.at, call.id, each.kind, *map(str, sorted(each.data.items()))),
            call_id=call.id,
            at=(each.at + timedelta(microseconds=each.order) - start).total_seconds(),
            kind=each.kind,
            data=each.data,
        )
        for each in happened
    ]


def moved(events: Iterable[CallEvent], before: Call, now: Call) -> list[CallEvent]:
    """Return events whose times count from another moment now, because more is known of their call."""
    seconds = (zero(before) - zero(now)).total_seconds()
    return [replace(each, at=each.at + seconds) for each in events] if seconds else []


def stable_id(at: datetime, *parts: str) -> str:
    """Return an id that sorts by time and is the same whenever the same is told."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f"{int(at.timestamp() * 1e6):014x}{digest[:18]}"
