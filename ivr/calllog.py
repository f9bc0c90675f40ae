"""The records of one call, kept in the store while it goes on."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from calls.records import (
    Agent,
    Call,
    Callback,
    CallEvent,
    EventKind,
    Leg,
    Queue,
    Recording,
    Role,
    Survey,
    utc_now,
)
from calls.store import Store
from ivr.actions import HangUp, Note

#: Queue events that the dialog tells of, to which the distributor of calls adds figures.
FIGURED = frozenset(
    {
        EventKind.ENTERQUEUE,
        EventKind.CONNECT,
        EventKind.ABANDON,
        EventKind.EXITWITHKEY,
        EventKind.EXITWITHTIMEOUT,
        EventKind.EXITEMPTY,
        EventKind.COMPLETEAGENT,
        EventKind.COMPLETECALLER,
    }
)


class CallLog:
    """Stores a call from its first moment, and what happens in it as it happens.

    So recovery finds what a killed process was doing.

    Parameters
    ----------
    call : Call
        As it stands when it is answered.
    store : Store
        Where it is kept.
    agent : Agent, optional
        Who answers, where that is known before; then the agent's leg is stored too.
    """

    def __init__(self, call: Call, store: Store, agent: Agent | None = None) -> None:
        #: As far as it is known.
        self.call = call
        self._store = store
        self._agent = agent
        self._figures: dict[EventKind, CallEvent] = {}
        self._told: dict[EventKind, CallEvent] = {}
        self._queued: list[Future[None]] = []
        self._legs = [Leg(call_id=call.id, role=Role.CALLER, address=call.caller, started_at=call.started_at)]

    def open(self, recording: Recording | None) -> None:
        """Store that the call runs and where it is recorded, if it is."""
        self._store.add(self.call, *self._legs, *([recording] if recording is not None else []))

    def answered(self) -> None:
        """Store that the caller is answered now: the times of the trace count from here."""
        self.call = replace(self.call, answered_at=utc_now())
        self._queued.append(self._store.submit(self.call))

    def observe(self, note: Note, at: float) -> None:
        """Store an entry of the trace, at a time in seconds, and what it says about the call."""
        event = CallEvent(call_id=self.call.id, at=at, kind=note.kind, node=note.node, data=note.data)
        if note.kind is EventKind.ENTERQUEUE:
            self._told.clear()  # what a transfer to a number told has no figures
        if note.kind in self._figures:
            event = replace(event, data={**event.data, **self._figures.pop(note.kind).data})
        elif note.kind in FIGURED:
            self._told[note.kind] = event
        records: list[Any] = [event]
        known: list[Any] = []
        if note.kind is EventKind.ENTERQUEUE:
            queue = Queue(id=note.data["queue"])
            self.call = replace(self.call, queue_id=queue.id)
            records.append(self.call)
            known.append(queue)
        elif note.kind is EventKind.CONNECT and "agent" in note.data:
            agent = self._agent if self._agent is not None and self._agent.id == note.data["agent"] else None
            known.append(agent or Agent(id=note.data["agent"]))
            records += self._agent_joins(note.data["agent"], at)
        elif note.kind in (EventKind.COMPLETEAGENT, EventKind.COMPLETECALLER):
            records += self._agents_left(at)
        self._queued.append(self._store.submit(*records, unless_known=known))

    def queue_log(self, kind: EventKind, at: float, *, node: str = "", **figures: object) -> None:
        """Store what the distributor of calls knows of a queue event, at a time in seconds and a node.

        What the dialog tells of as well (:data:`FIGURED`) is one entry of the trace, whichever of them
        comes first; where the call breaks off and the dialog tells nothing it is an entry of its own.
        """
        event = CallEvent(call_id=self.call.id, at=at, kind=kind, node=node, data=figures)
        if kind is EventKind.CONNECT and figures.get("handed_on"):  # of this the dialog knows nothing
            agent = str(figures["agent"])
            joins = self._agent_joins(agent, at)
            self._queued.append(self._store.submit(event, *joins, unless_known=[Agent(id=agent)]))
        elif kind not in FIGURED:
            left = self._agents_left(at) if kind is EventKind.BLINDTRANSFER else []
            self._queued.append(self._store.submit(event, *left))
        elif kind in self._told:
            told = self._told.pop(kind)
            self._queued.append(self._store.submit(replace(told, data={**told.data, **figures})))
        else:
            self._figures[kind] = event

    def joined(self, address: str, at: float) -> None:
        """Store that the caller speaks with who is at an address, to whom an agent sent the caller."""
        leg = Leg(call_id=self.call.id, role=Role.AGENT, address=address, started_at=self._time(at))
        self._legs.append(leg)
        self._queued.append(self._store.submit(leg))

    def parted(self, at: float) -> None:
        """Store that the caller speaks with nobody any more."""
        self._queued.append(self._store.submit(*self._agents_left(at)))

    def keep_survey(self, score: int) -> None:
        """Store the caller's satisfaction, 1 to 5, with the call and the agent who spoke with the caller."""
        survey = Survey(call_id=self.call.id, score=score, agent_id=self.call.agent_id)
        self._queued.append(self._store.submit(survey))

    def keep_callback(self, number: str, queue: str) -> None:
        """Store that ``number`` is to be rung when ``queue`` has an agent."""
        callback = Callback(call_id=self.call.id, number=number, queue_id=queue)
        self._queued.append(self._store.submit(callback, unless_known=[Queue(id=queue)]))

    def close(self, end: HangUp, at: float, recording: Recording | None) -> None:
        """Store that the call ended ``at`` seconds, and its whole recording, if there is one."""
        ended = self._time(at)
        self.call = replace(self.call, ended_at=ended, outcome=end.outcome, hangup_cause=end.cause)
        legs = [self._ended(leg, at) for leg in self._legs]
        untold = self._figures.values()
        self._store.add(self.call, *legs, *untold, *([recording] if recording is not None else []))
        for stored in self._queued:
            stored.result()

    def _agent_joins(self, agent: str, at: float) -> list[Any]:
        """Begin the leg of an agent, whose the call is from now on; return what is to be stored."""
        self.call = replace(self.call, agent_id=agent)
        self._legs.append(
            Leg(call_id=self.call.id, role=Role.AGENT, address=agent, started_at=self._time(at))
        )
        return [self.call, self._legs[-1]]

    def _agents_left(self, at: float) -> list[Leg]:
        """End the legs of agents and return them."""
        self._legs = [leg if leg.role is Role.CALLER else self._ended(leg, at) for leg in self._legs]
        return self._legs[1:]

    def _ended(self, leg: Leg, at: float) -> Leg:
        return leg if leg.ended_at is not None else replace(leg, ended_at=self._time(at))

    def _time(self, at: float) -> datetime:
        return (self.call.answered_at or self.call.started_at) + timedelta(seconds=at)
