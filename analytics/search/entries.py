"""What the index keeps of calls besides their words: read anew from the database for some calls at a time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from calls.records import Role, Utterance
from calls.store.schema import call, finding, review, transcript, utterance

#: Keys within one second: so many calls may begin in it before later ones stand in the next.
PER_SECOND = 1024
#: Digits of a number that can be looked for, from its end.
ENDING = 20
_KINDS = ("topic", "complaint", "sentiment")
_LABEL_BREAK = "|"


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance as the index and the pages need it."""

    number: int
    role: Role
    start: float
    text: str


def first_key(time: datetime) -> int:
    """Return the smallest key of a call that begins at ``time`` or later within its second."""
    return int(time.astimezone(UTC).timestamp()) * PER_SECOND


def digits_from_end(address: str) -> str:
    """Return the digits of a telephone number or SIP address, last one first."""
    user = address.rsplit("<", 1)[-1].split("@", 1)[0]
    return re.sub(r"\D", "", user)[::-1][:ENDING]


def joined(labels: Sequence[str]) -> str:
    """Return labels as one text in which each is found by :func:`pattern`."""
    return "".join(f"{_LABEL_BREAK}{each}" for each in labels) + _LABEL_BREAK if labels else ""


def pattern(label: str) -> str:
    """Return what :func:`joined` holds where the label is one of those joined."""
    return f"{_LABEL_BREAK}{label}{_LABEL_BREAK}"


def separate(text: str) -> tuple[str, ...]:
    """Return the labels that were joined."""
    return tuple(text.strip(_LABEL_BREAK).split(_LABEL_BREAK)) if text else ()


def read_entries(connection: Connection, call_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return call id → the columns of its entry, with ``started_at`` and without ``key`` and ``pending``.

    Calls that do not exist are missing. Of several findings of a kind the most probable counts, of several
    reviews the latest score.
    """
    labels: Mapping[tuple[str, str], list[str]] = defaultdict(list)
    columns = (finding.c.call_id, finding.c.kind, finding.c.label)
    found = connection.execute(
        select(*columns)
        .where(finding.c.call_id.in_(call_ids), finding.c.kind.in_(_KINDS))
        .order_by(finding.c.probability.desc(), finding.c.id)
    )
    for call_id, kind, label in found.all():
        labels[call_id, kind].append(label)
    scores: Mapping[str, list[float | None]] = defaultdict(list)
    judged = (
        select(review.c.call_id, review.c.score)
        .where(review.c.call_id.in_(call_ids))
        .order_by(review.c.created_at.desc(), review.c.id.desc())
    )
    for call_id, score in connection.execute(judged).all():
        scores[call_id].append(score)
    entries = {}
    for row in connection.execute(select(call).where(call.c.id.in_(call_ids))).all():
        begun = row.answered_at or row.started_at
        entries[row.id] = {
            "call_id": row.id,
            "started_at": row.started_at,
            "seconds": None if row.ended_at is None else (row.ended_at - begun).total_seconds(),
            "agent_id": row.agent_id,
            "queue_id": row.queue_id,
            "outcome": row.outcome,
            "ending": digits_from_end(row.caller),
            "topics": joined(labels[row.id, "topic"]),
            "severity": next(iter(labels[row.id, "complaint"]), None),
            "sentiment": next(iter(labels[row.id, "sentiment"]), None),
            "reviews": len(scores[row.id]),
            "score": next((each for each in scores[row.id] if each is not None), None),
        }
    return entries


def latest_words(connection: Connection, call_ids: Sequence[str]) -> dict[str, list[Said]]:
    """Return call id → what its latest transcript holds; calls without one are missing."""
    latest: dict[str, str] = {}
    made = (
        select(transcript.c.id, transcript.c.call_id)
        .where(transcript.c.call_id.in_(call_ids))
        .order_by(transcript.c.created_at, transcript.c.id)
    )
    for transcript_id, call_id in connection.execute(made).all():
        latest[call_id] = transcript_id
    calls = {transcript_id: call_id for call_id, transcript_id in latest.items()}
    found: dict[str, list[Said]] = {call_id: [] for call_id in latest}
    columns = (utterance.c.transcript_id, utterance.c.number, utterance.c.role, utterance.c.start)
    lines = (
        select(*columns, utterance.c.text)
        .where(utterance.c.transcript_id.in_(list(calls)))
        .order_by(utterance.c.transcript_id, utterance.c.number)
    )
    for transcript_id, number, role, start, said in connection.execute(lines).all():
        found[calls[transcript_id]].append(Said(number, Role(role), start, said))
    return found


def utterances(said: Sequence[Said]) -> list[Utterance]:
    """Return the same as records, for what works on those."""
    return [
        Utterance(number=each.number, role=each.role, start=each.start, end=each.start, text=each.text)
        for each in said
    ]
