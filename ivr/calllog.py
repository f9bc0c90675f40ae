"""The records of one call, kept in the store while it goes on."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from calls.records import Agent, Call, Callback, CallEvent, EventKind, Leg, Queue, Recording, Role, Survey
from calls.store import Store
from ivr.actions import HangUp, Note


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
        self._queued: list[Future[None]] = []
        self._legs = [Leg(call_id=call.id, role=Role.CALLER, address=call.caller, started_at=call.started_at)]

    def open(self, recording: Recording | None) -> None:
        """Store that the call runs and where it is recorded, if it is."""
        self._store.add(self.call, *self._legs, *([recording] if recording is not None else []))

    def observe(self, note: Note, at: float) -> None:
        """Store an entry of the trace, at a time in seconds, and what it says about the call."""
        records: list[Any] = [
            CallEvent(call_id=self.call.id, at=at, kind=note.kind, node=note.node, data=note.data)
        ]
        if note.kind is EventKind.ENTERQUEUE:
            queue = Queue(id=note.data["queue"])
            self.call = replace(self.call, queue_id=queue.id)
            records += [queue, self.call]
        elif note.kind is EventKind.CONNECT and "agent" in note.data:
            known = self._agent
            agent = known if known is not None and known.id == note.data["agent"] else None
            agent = agent or Agent(id=note.data["agent"])
            self.call = replace(self.call, agent_id=agent.id)
            leg = Leg(call_id=self.call.id, role=Role.AGENT, address=agent.id, started_at=self._time(at))
            self._legs.append(leg)
            records += [agent, self.call, leg]
        elif note.kind in (EventKind.COMPLETEAGENT, EventKind.COMPLETECALLER):
            self._legs = [leg if leg.role is Role.CALLER else self._ended(leg, at) for leg in self._legs]
            records += self._legs[1:]
        self._queued.append(self._store.submit(*records))

    def keep_survey(self, score: int) -> None:
        """Store the caller's satisfaction, 1 to 5, with the call and the agent who spoke with the caller."""
        survey = Survey(call_id=self.call.id, score=score, agent_id=self.call.agent_id)
        self._queued.append(self._store.submit(survey))

    def keep_callback(self, number: str, queue: str) -> None:
        """Store that ``number`` is to be rung when ``queue`` has an agent."""
        callback = Callback(call_id=self.call.id, number=number, queue_id=queue)
        self._queued.append(self._store.submit(Queue(id=queue), callback))

    def close(self, end: HangUp, at: float, recording: Recording | None) -> None:
        """Store that the call ended ``at`` seconds, and its whole recording, if there is one."""
        ended = self._time(at)
        self.call = replace(self.call, ended_at=ended, outcome=end.outcome, hangup_cause=end.cause)
        legs = [self._ended(leg, at) for leg in self._legs]
        self._store.add(self.call, *legs, *([recording] if recording is not None else []))
        for stored in self._queued:
            stored.result()

    def _ended(self, leg: Leg, at: float) -> Leg:
        return leg if leg.ended_at is not None else replace(leg, ended_at=self._time(at))

    def _time(self, at: float) -> datetime:
        return self.call.started_at + timedelta(seconds=at)
