"""Builders: a call with its times in one line for each utterance."""

from __future__ import annotations

from datetime import UTC, datetime

from calls.records import Call, CallEvent, EventKind, Role, Transcript, Utterance

ROLES = {"a": Role.AGENT, "c": Role.CALLER, "s": Role.SYSTEM, "u": Role.UNKNOWN}
CHANNELS = {"a": 1, "c": 0, "s": 1, "u": 0}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def timed(*lines: str, note: str = "") -> Transcript:
    """Build a transcript from lines such as ``"c 0.5-2.0 我要退货"``; a note says that roles are unknown."""
    utterances = []
    for number, line in enumerate(lines):
        who, times, text = [*line.split(" ", 2), ""][:3]
        start, end = map(float, times.split("-"))
        utterances.append(
            Utterance(number=number, role=ROLES[who], start=start, end=end, text=text, channel=CHANNELS[who])
        )
    return Transcript(
        call_id="call",
        recogniser="test",
        model="test",
        utterances=tuple(utterances),
        roles_known=not note,
        roles_note=note,
    )


def written(*lines: str) -> Transcript:
    """Build a written dialogue, without times, from lines such as ``"c 我要退货"``."""
    return timed(*(f"{line[:1]} 0-0 {line[2:]}" for line in lines))


def call() -> Call:
    return Call(id="call", door="test", started_at=NOON)


def hold(at: float, on: bool, by: str = "agent") -> CallEvent:
    return CallEvent(call_id="call", at=at, kind=EventKind.HOLD, data={"by": by, "on": on})


def other_event(at: float) -> CallEvent:
    return CallEvent(call_id="call", at=at, kind=EventKind.CONNECT)
