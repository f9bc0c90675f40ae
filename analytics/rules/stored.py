"""Calls for rules, from the database and from transcript files."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from analytics.rules.subject import Subject
from calls.errors import AnalyticsError
from calls.records import Agent, Call, CallEvent, EventKind, Finding, Role, Transcript, Utterance, Word
from calls.store import Span, Store

#: Calls that are read at a time.
BATCH = 200
#: Bytes of a transcript file: an hour of speech takes a megabyte.
MAX_BYTES = 50_000_000

#: Events that conditions look at.
_EVENTS = (EventKind.CONNECT, EventKind.HOLD)
Record = TypeVar("Record", CallEvent, Finding)


def stored_subjects(
    store: Store, first: datetime | None = None, end: datetime | None = None, ids: Sequence[str] = ()
) -> Iterator[Subject]:
    """Yield the calls of a time that have a transcript, oldest first.

    Parameters
    ----------
    store : Store
    first, end : datetime, optional
        Calls that began at or after ``first`` and before ``end``.
    ids : sequence of str, optional
        Only these calls.
    """
    where: dict[str, Any] = {"started_at": Span(first, end)}
    if ids:
        where["id"] = list(ids)
    calls = store.find(Call, order_by=("started_at", "id"), **where)
    teams = {agent.id: agent.team for agent in store.find(Agent)}
    for begin in range(0, len(calls), BATCH):
        batch = calls[begin : begin + BATCH]
        known = [call.id for call in batch]
        # of several transcripts of a call the last one counts
        transcripts = {
            each.call_id: each
            for each in store.find(Transcript, order_by=("created_at", "id"), call_id=known)
        }
        events = _by_call(store.find(CallEvent, order_by="at", call_id=known, kind=list(_EVENTS)))
        findings = _by_call(store.find(Finding, call_id=known))
        for call in batch:
            if call.id not in transcripts:
                continue
            judged = [each for each in findings[call.id] if each.kind != "rule"]
            team = teams.get(call.agent_id or "", "")
            yield Subject(
                transcript=transcripts[call.id],
                call=call,
                events=events[call.id],
                findings=judged or None,
                attributes={"team": team} if team else {},
            )


def _by_call(records: Sequence[Record]) -> defaultdict[str, list[Record]]:
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for record in records:
        found[record.call_id].append(record)
    return found


def read_transcript(path: Path) -> Transcript:
    """Read a transcript as ``huawu transcribe --format json`` writes it (schema ``huawu.transcript/1``).

    Raises
    ------
    AnalyticsError
        The file cannot be read or holds something else.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise AnalyticsError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB", "no transcript is")
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise AnalyticsError(f"{path}: {error.strerror}", "check the path") from None
    except (ValueError, RecursionError):
        raise AnalyticsError(f"{path}: no JSON", "write it with huawu transcribe --format json") from None
    if not isinstance(data, dict) or not str(data.get("schema", "")).startswith("huawu.transcript/"):
        raise AnalyticsError(f"{path}: no transcript", "write it with huawu transcribe --format json")
    try:
        return Transcript(
            call_id=str(data.get("call_id") or path.stem),
            recording_id=str(data.get("recording_id", "")),
            recogniser=str(data.get("recogniser", "")),
            model=str(data.get("model", "")),
            roles_known=bool(data.get("roles_known", True)),
            roles_note=str(data.get("roles_note", "")),
            utterances=tuple(_utterance(number, each) for number, each in enumerate(data["utterances"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
        raise AnalyticsError(f"{path}: {problem}", "write it with huawu transcribe --format json") from None


def _utterance(number: int, data: dict[str, Any]) -> Utterance:
    return Utterance(
        number=int(data.get("number", number)),
        role=Role(data["role"]),
        start=float(data["start"]),
        end=float(data["end"]),
        text=str(data["text"]),
        channel=int(data.get("channel", 0)),
        words=tuple(
            Word(text=str(each["text"]), start=float(each["start"]), end=float(each["end"]))
            for each in data.get("words", ())
        ),
    )
