"""From a finished recording to what is found in it: transcribe, judge, store. Each step can run again."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from analytics.conversation.loudness import utterance_levels
from analytics.judge import Context, Judge, Judgement
from analytics.labels import NO_COMPLAINT
from analytics.webhooks.messages import active_hooks, complaint_messages
from calls.errors import NotFound
from calls.recordings import RecordingFolder
from calls.records import (
    Agent,
    Call,
    CallEvent,
    CallMetrics,
    CallRisk,
    EventKind,
    Finding,
    Recording,
    Role,
    Score,
    Transcript,
    utc_now,
)
from calls.store import Store
from speech.audio import read_audio
from speech.recogniser import VoskModel
from speech.transcribe import transcribe


@dataclass(frozen=True, slots=True)
class Processed:
    """What one call gave, and what it cost in seconds."""

    transcript: Transcript
    judgement: Judgement
    transcribe_seconds: float
    judge_seconds: float


def with_menu_voice(transcript: Transcript, connected_at: float | None) -> Transcript:
    """Tell the menu's voice from the agent's, which share a channel.

    Parameters
    ----------
    transcript : Transcript
        From a recording whose second channel carries menu and agent.
    connected_at : float or None
        Seconds at which an agent answered; ``None`` where none did, so that all of the channel is
        the menu's.

    Returns
    -------
    Transcript
        With the role ``system`` on what the menu said, so that findings can leave it out.
    """
    if not transcript.roles_known:
        return transcript
    heard = tuple(
        replace(each, role=Role.SYSTEM)
        if each.role is Role.AGENT and (connected_at is None or each.start < connected_at)
        else each
        for each in transcript.utterances
    )
    return replace(transcript, utterances=heard)


def process(store: Store, folder: RecordingFolder, model: VoskModel, judge: Judge, call_id: str) -> Processed:
    """Transcribe and judge the recording of one call, and store both in place of earlier results.

    Raises
    ------
    NotFound
        The call has no recording.
    AudioError
        Its recording cannot be read.
    """
    recordings = store.find(Recording, call_id=call_id)
    if not recordings:
        raise NotFound(f"call {call_id} has no recording")
    recording = recordings[-1]
    begun = time.perf_counter()
    with folder.plain(recording) as path:
        sound = read_audio(path)
    transcript = transcribe(
        sound, model, roles=recording.channels, call_id=call_id, recording_id=recording.id
    )
    events = store.find(CallEvent, call_id=call_id, order_by=("at", "id"))
    answered = [each.at for each in events if each.kind is EventKind.CONNECT]
    if events:
        transcript = with_menu_voice(transcript, answered[0] if answered else None)
    store.replace(Transcript, {"call_id": call_id}, transcript)
    transcribed = time.perf_counter()
    levels = utterance_levels(transcript, sound.samples, sound.rate)
    judgement = judge.judge(transcript, _context(store, store.get(Call, call_id), events, levels))
    earlier = store.find(Finding, call_id=call_id, kind="complaint")
    store.replace(Finding, {"call_id": call_id}, *judgement.findings)
    if not any(each.label != NO_COMPLAINT for each in earlier):  # who was told once is not told again
        call = store.get(Call, call_id)
        store.add(*complaint_messages(active_hooks(store), call, judgement.findings, utc_now()))
    store.replace(CallMetrics, {"call_id": call_id}, judgement.metrics)
    store.replace(CallRisk, {"call_id": call_id}, judgement.risk)
    store.replace(Score, {"call_id": call_id, "by": judge.scored_by}, *judgement.scores)
    judged = time.perf_counter()
    return Processed(transcript, judgement, transcribed - begun, judged - transcribed)


def _context(store: Store, call: Call, events: list[CallEvent], levels: tuple[float | None, ...]) -> Context:
    """Return what the judge may know of a call beside its words."""
    earlier = None
    if call.caller:
        others = store.find(Call, caller=call.caller, order_by="started_at")
        earlier = [each.started_at for each in others if each.id != call.id]
    agents = store.find(Agent, id=call.agent_id) if call.agent_id else []
    return Context(
        call=call,
        events=events,
        earlier=earlier,
        levels=levels,
        attributes={"team": agents[0].team} if agents and agents[0].team else {},
    )
