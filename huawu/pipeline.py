"""From a finished recording to findings: transcribe, judge, store. Each step can run again."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from analytics.judge import Judge
from calls.errors import NotFound
from calls.recordings import RecordingFolder
from calls.records import CallEvent, EventKind, Finding, Recording, Role, Transcript
from calls.store import Store
from speech.recogniser import VoskModel
from speech.transcribe import transcribe


@dataclass(frozen=True, slots=True)
class Processed:
    """What one call gave, and what it cost in seconds."""

    transcript: Transcript
    findings: list[Finding]
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
    transcript = transcribe(
        folder.path(recording), model, roles=recording.channels, call_id=call_id, recording_id=recording.id
    )
    answered = store.find(CallEvent, call_id=call_id, kind=EventKind.CONNECT, order_by="at", limit=1)
    if store.count(CallEvent, call_id=call_id):
        transcript = with_menu_voice(transcript, answered[0].at if answered else None)
    store.replace(Transcript, {"call_id": call_id}, transcript)
    transcribed = time.perf_counter()
    findings = judge.judge(transcript)
    store.replace(Finding, {"call_id": call_id}, *findings)
    judged = time.perf_counter()
    return Processed(transcript, findings, transcribed - begun, judged - transcribed)
