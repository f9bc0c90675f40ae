"""Scripted calls through the whole live part of the house: played, understood, recorded, stored."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from calls.recordings import RecordingFolder
from calls.records import Agent, Call, CallEvent, EventKind, Leg, Queue, Recording, Role, utc_now
from calls.store import Store
from ivr.actions import Note
from ivr.dialog import Dialog
from ivr.doors.script import ScriptDoor, SpokenLine
from ivr.engine import Engine, Said
from ivr.flow import Flow
from ivr.listener import Listener
from ivr.script import Scenario
from speech.prompts import PromptLibrary
from speech.recogniser import VoskModel
from speech.voices import Speaker


@dataclass(frozen=True, slots=True)
class PlayedCall:
    """A call that was played.

    Parameters
    ----------
    call_id : str
        Of the :class:`~calls.records.Call` and all that belongs to it.
    spoken : tuple of SpokenLine
        What was truly said and when: for scoring only.
    """

    call_id: str
    spoken: tuple[SpokenLine, ...]


def play_call(
    scenario: Scenario,
    flow: Flow,
    *,
    store: Store,
    folder: RecordingFolder,
    model: VoskModel | None,
    prompts: PromptLibrary,
    speaker: Speaker,
    rng: np.random.Generator,
    started: datetime | None = None,
) -> PlayedCall:
    """Play one scripted call in virtual time and store its records and its recording.

    The call is in the database from its first moment, and its events as they happen, so that recovery
    finds what a killed process was doing.

    Parameters
    ----------
    scenario : Scenario
        Who says and does what.
    flow : Flow
        What answers.
    store, folder : Store, RecordingFolder
        Where the call is kept.
    model : VoskModel or None
        Listens to the caller's choices; without one only keys are understood.
    prompts : PromptLibrary
        The system's voice.
    speaker : Speaker
        The parties' voices.
    rng : numpy.random.Generator
        Line noise and pauses: equal generators give equal sound.
    started : datetime, optional
        When the call arrives; now by default.

    Raises
    ------
    VoiceError
        A line cannot be spoken.
    StoreError
        The call cannot be stored.
    """
    log = _CallLog(scenario, flow, store, started or utc_now())
    writer = folder.start(log.call.id, (Role.CALLER, Role.AGENT), started=log.call.started_at)
    log.open(writer.recording)
    door = ScriptDoor(scenario, speaker, rng)
    engine = Engine(
        Dialog(flow),
        door,
        Listener(model),
        sound_of=prompts.audio,
        writer=writer,
        observers=(log.observe, door.caller.hear),
    )
    try:
        engine.run()
    finally:
        log.close(engine, writer.close())
    prompts_said = [_as_spoken(said) for said in engine.said]
    spoken = sorted([*prompts_said, *door.spoken], key=lambda line: (line.start, line.end))
    return PlayedCall(log.call.id, tuple(spoken))


class _CallLog:
    """Keeps the records of one call in the store while it goes on."""

    def __init__(self, scenario: Scenario, flow: Flow, store: Store, started: datetime) -> None:
        self._store = store
        self._agent = scenario.agent
        self._queued: list[Future[None]] = []
        self.call = Call(
            door=ScriptDoor.name,
            caller=scenario.caller.number,
            callee=flow.name,
            started_at=started,
            answered_at=started,
            flow=flow.name,
            flow_version=flow.version,
        )
        self._legs = [
            Leg(call_id=self.call.id, role=Role.CALLER, address=self.call.caller, started_at=started)
        ]

    def open(self, recording: Recording) -> None:
        """Store that the call runs."""
        self._store.add(self.call, *self._legs, recording)

    def observe(self, note: Note, at: float) -> None:
        """Store an entry of the trace, and what it says about the call."""
        records: list[Any] = [
            CallEvent(call_id=self.call.id, at=at, kind=note.kind, node=note.node, data=note.data)
        ]
        if note.kind is EventKind.ENTERQUEUE:
            queue = Queue(id=note.data["queue"])
            self.call = replace(self.call, queue_id=queue.id)
            records += [queue, self.call]
        elif note.kind is EventKind.CONNECT and self._agent is not None:
            part = self._agent
            self.call = replace(self.call, agent_id=part.id)
            leg = Leg(call_id=self.call.id, role=Role.AGENT, address=part.id, started_at=self._time(at))
            self._legs.append(leg)
            records += [Agent(id=part.id, name=part.name, team=part.team), self.call, leg]
        self._queued.append(self._store.submit(*records))

    def close(self, engine: Engine, recording: Recording) -> None:
        """Store that the call is over."""
        ended = self._time(engine.now)
        end = engine.end
        self.call = replace(self.call, ended_at=ended, outcome=end.outcome, hangup_cause=end.cause)
        legs = [replace(leg, ended_at=ended) for leg in self._legs]
        self._store.add(self.call, *legs, recording)
        for stored in self._queued:
            stored.result()

    def _time(self, at: float) -> datetime:
        return self.call.started_at + timedelta(seconds=at)


def _as_spoken(said: Said) -> SpokenLine:
    return SpokenLine(Role.SYSTEM, said.prompt.text, said.start, said.end, said.cut)
