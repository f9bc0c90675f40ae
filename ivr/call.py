"""Calls through the whole live part of the house: answered, understood, recorded, stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from calls.errors import RecordingError
from calls.recordings import RecordingFolder, RecordingWriter
from calls.records import Agent, Call, EventKind, Role, utc_now
from calls.store import Store
from ivr.actions import Note
from ivr.calllog import CallLog
from ivr.dialog import CallFacts, Dialog
from ivr.doors import Door
from ivr.doors.script import ScriptDoor
from ivr.doors.timeline import SpokenLine
from ivr.engine import Engine, Observer, Said, SoundOf
from ivr.flow import Flow
from ivr.listener import Listener
from ivr.script import Scenario
from ivr.web import WebClient
from speech.prompts import PromptLibrary
from speech.recogniser import VoskModel
from speech.voices import Speaker


@dataclass(frozen=True, slots=True)
class TakenCall:
    """A call that is over.

    Parameters
    ----------
    call : Call
        As it is stored.
    said : tuple of Said
        The system's prompts.
    """

    call: Call
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class PlayedCall:
    """A scripted call that was played.

    Parameters
    ----------
    call_id : str
        Of the :class:`~calls.records.Call` and all that belongs to it.
    spoken : tuple of SpokenLine
        What was truly said and when: for scoring only.
    """

    call_id: str
    spoken: tuple[SpokenLine, ...]


def take_call(
    door: Door,
    flow: Flow,
    *,
    store: Store,
    folder: RecordingFolder,
    model: VoskModel | None,
    sound_of: SoundOf,
    caller: str = "",
    callee: str = "",
    started: datetime | None = None,
    agent: Agent | None = None,
    allow: Sequence[str] = (),
    observers: Iterable[Observer] = (),
) -> TakenCall:
    """Take the call that waits at a door, stay with it to its end, and store its records and its recording.

    The call is in the database from its first moment, and its events as they happen, so that recovery
    finds what a killed process was doing.

    Parameters
    ----------
    door : Door
        With the caller on it.
    flow : Flow
        What answers.
    store, folder : Store, RecordingFolder
        Where the call is kept.
    model : VoskModel or None
        Listens to the caller's choices; without one only keys are understood.
    sound_of : callable
        Name, text and language of a prompt → its sound, int16 at 8 kHz.
    caller, callee : str, optional
        The two numbers.
    started : datetime, optional
        When the call arrives; now by default.
    agent : Agent, optional
        Who answers, where that is known before.
    allow : sequence of str, optional
        Web services that the flow may ask, as :class:`ivr.web.WebClient` takes them; by default none.
    observers : iterable of callable, optional
        Told every note of the trace and its time in seconds, as it happens.

    Raises
    ------
    VoiceError
        A prompt cannot be spoken.
    StoreError
        The call cannot be stored.
    """
    arrived = started or utc_now()
    call = Call(
        door=door.name,
        caller=caller,
        callee=callee or flow.name,
        started_at=arrived,
        answered_at=arrived,
        flow=flow.name,
        flow_version=flow.version,
    )
    web = WebClient(allow) if allow else None
    log = CallLog(call, store, agent)
    writer = _recording(folder, log)
    engine = Engine(
        Dialog(flow, CallFacts(id=call.id, caller=caller, callee=callee, started=arrived)),
        door,
        Listener(model),
        sound_of=sound_of,
        writer=writer,
        keeper=log,
        web=web,
        observers=(log.observe, *observers),
    )
    try:
        engine.run()
    finally:
        if web is not None:
            web.close()
        recording = writer.close() if writer is not None else None
        log.close(engine.end, engine.now, recording)
        if recording is not None:
            folder.seal(recording)
    return TakenCall(log.call, tuple(engine.said))


def _recording(folder: RecordingFolder, log: CallLog) -> RecordingWriter | None:
    """Begin the recording; a call that cannot be recorded is taken all the same, and says so."""
    call = log.call
    try:
        writer = folder.start(call.id, (Role.CALLER, Role.AGENT), started=call.started_at)
    except RecordingError as error:
        log.open(None)
        log.observe(Note(EventKind.ERROR, "", {"reason": "recording", "problem": str(error)}), 0.0)
        return None
    log.open(writer.recording)
    return writer


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
    """Play one scripted call in virtual time and store it as :func:`take_call` does.

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
    door = ScriptDoor(scenario, speaker, rng)
    part = scenario.agent
    taken = take_call(
        door,
        flow,
        store=store,
        folder=folder,
        model=model,
        sound_of=prompts.audio,
        caller=scenario.caller.number,
        started=started,
        agent=Agent(id=part.id, name=part.name, team=part.team) if part else None,
        observers=(door.caller.hear,),
    )
    spoken = [*map(_as_spoken, taken.said), *door.spoken]
    return PlayedCall(taken.call.id, tuple(sorted(spoken, key=lambda line: (line.start, line.end))))


def _as_spoken(said: Said) -> SpokenLine:
    return SpokenLine(Role.SYSTEM, said.prompt.text, said.start, said.end, said.cut)
