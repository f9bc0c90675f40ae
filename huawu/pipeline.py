"""From a finished recording to what is found in it, in two steps, each of which can run again.

The demo, ``huawu analyse`` and ``huawu batch`` share these parts: what writes a transcript from a sound, what
is known of a call beside its words, and what stores the results of each step in place of earlier ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

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
from calls.store import Span, Store
from speech.audio import Audio, read_audio
from speech.levels import with_levels
from speech.recogniser import RecogniserModel
from speech.transcribe import transcribe

#: Earlier calls of the same caller are looked for in so many days, and so many at most: a number that rings
#: more often is an exchange's, and one more says nothing.
HISTORY_DAYS = 30
MOST_EARLIER = 200


def transcript_of(
    sound: Audio,
    model: RecogniserModel,
    *,
    roles: Sequence[Role],
    call_id: str,
    recording_id: str,
    threads: int = 2,
) -> Transcript:
    """Return what is said in a recording, each utterance with its level.

    The parameters are those of :func:`speech.transcribe.transcribe`.

    Raises
    ------
    AudioError
        The sound cannot be used.
    """
    heard = transcribe(sound, model, roles=roles, call_id=call_id, recording_id=recording_id, threads=threads)
    return with_levels(heard, sound.samples, sound.rate)


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


def store_transcripts(
    store: Store, transcripts: Sequence[Transcript], *more: Any
) -> tuple[list[Transcript], Future[None]]:
    """Store transcripts in place of earlier ones of their calls, with other records, in one transaction.

    Parameters
    ----------
    store : Store
    transcripts : sequence of Transcript
        As they were written down.
    *more : Record
        Stored together with them.

    Returns
    -------
    list of Transcript
        As they are stored: where the call went through a menu, its voice is told from the agent's.
    Future
        Done once they are stored.
    """
    ids = [each.call_id for each in transcripts]
    events = _events_of(store, ids)
    told = [
        with_menu_voice(each, _connected(events[each.call_id])) if _by_menu(events[each.call_id]) else each
        for each in transcripts
    ]
    return told, store.submit(*told, *more, instead_of=[(Transcript, {"call_id": ids})])


def contexts_of(store: Store, call_ids: Sequence[str]) -> list[Context]:
    """Return what the judge may know of some calls beside their words.

    Raises
    ------
    NotFound
        One of them does not exist.
    """
    calls = {each.id: each for each in store.find(Call, id=list(call_ids))}
    missing = next((each for each in call_ids if each not in calls), None)
    if missing is not None:
        raise NotFound(f"Call {missing!r} does not exist in {store.name}")
    events = _events_of(store, call_ids)
    named = {each.agent_id for each in calls.values() if each.agent_id}
    teams = {each.id: each.team for each in store.find(Agent, id=list(named))} if named else {}
    earlier = _earlier(store, [*calls.values()])
    return [
        Context(
            call=calls[each],
            events=events[each],
            earlier=earlier.get(each),
            attributes={"team": team} if (team := teams.get(calls[each].agent_id or "")) else {},
        )
        for each in call_ids
    ]


def store_judgements(
    store: Store, calls: Sequence[Call], judgements: Sequence[Judgement], scored_by: str, *more: Any
) -> Future[None]:
    """Store what was found in some calls in place of earlier results, in one transaction.

    Webhooks that asked for it are told of complaints, unless one was found in the call before.

    Parameters
    ----------
    store : Store
    calls : sequence of Call
    judgements : sequence of Judgement
        In the order of the calls.
    scored_by : str
        :attr:`analytics.judge.Judge.scored_by`.
    *more : Record
        Stored together with them.
    """
    ids = [call.id for call in calls]
    known = store.find(Finding, call_id=ids, kind="complaint")
    told = {each.call_id for each in known if each.label != NO_COMPLAINT}  # and is not told again
    hooks, now = active_hooks(store), utc_now()
    messages = [
        message
        for call, judgement in zip(calls, judgements, strict=True)
        if call.id not in told
        for message in complaint_messages(hooks, call, judgement.findings, now)
    ]
    records: list[Any] = [*messages, *more]
    for judgement in judgements:
        records += [*judgement.findings, judgement.metrics, judgement.risk, *judgement.scores]
    of_these = {"call_id": ids}
    return store.submit(
        *records,
        instead_of=[
            (Finding, of_these),
            (CallMetrics, of_these),
            (CallRisk, of_these),
            (Score, {**of_these, "by": scored_by}),
        ],
    )


def transcribe_call(
    store: Store, folder: RecordingFolder, model: RecogniserModel, call_id: str
) -> Transcript:
    """Write down and store what is said in the newest recording of a call.

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
    with folder.plain(recording) as path:
        sound = read_audio(path)
    heard = transcript_of(sound, model, roles=recording.channels, call_id=call_id, recording_id=recording.id)
    (told,), stored = store_transcripts(store, [heard])
    stored.result()
    return told


def judge_calls(store: Store, judge: Judge, transcripts: Sequence[Transcript]) -> list[Judgement]:
    """Judge some calls together and store what was found; the judgements are in the transcripts' order."""
    contexts = contexts_of(store, [each.call_id for each in transcripts])
    judgements = judge.judge_each(transcripts, contexts)
    calls = [each.call for each in contexts if each.call is not None]
    store_judgements(store, calls, judgements, judge.scored_by).result()
    return judgements


def _events_of(store: Store, call_ids: Sequence[str]) -> Mapping[str, list[CallEvent]]:
    found: dict[str, list[CallEvent]] = defaultdict(list)
    for event in store.find(CallEvent, call_id=list(call_ids), order_by=("at", "id")):
        found[event.call_id].append(event)
    return found


def _by_menu(events: Sequence[CallEvent]) -> bool:
    """Tell whether a call went through one of our menus; queue events may come from other systems' logs."""
    return any(each.kind in (EventKind.NODE, EventKind.PROMPT) for each in events)


def _connected(events: Sequence[CallEvent]) -> float | None:
    return next((each.at for each in events if each.kind is EventKind.CONNECT), None)


def _earlier(store: Store, calls: Sequence[Call]) -> dict[str, list[datetime]]:
    """Return when earlier calls began, newest first, by the ids of the calls whose caller is known."""
    known = [call for call in calls if call.caller]
    if not known:
        return {}
    before = timedelta(days=HISTORY_DAYS)
    span = Span(min(call.started_at for call in known) - before, max(call.started_at for call in known))
    callers = list({call.caller for call in known})
    asked = len(known) * MOST_EARLIER
    found = store.find(Call, caller=callers, started_at=span, order_by="-started_at", limit=asked)
    if len(found) == asked and len(known) > 1:  # one of them rings so often that it may hide the others
        return {call_id: times for call in known for call_id, times in _earlier(store, [call]).items()}
    begun: dict[str, list[datetime]] = defaultdict(list)
    for call in found:
        begun[call.caller].append(call.started_at)
    return {
        call.id: [each for each in begun[call.caller] if call.started_at - before <= each < call.started_at][
            :MOST_EARLIER
        ]
        for call in known
    }
