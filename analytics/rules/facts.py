"""The operators on the call as a whole: its length, its end, what it is known by, what models found."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.rules.conditions import Condition
from analytics.rules.logic import Truth
from analytics.rules.subject import Heard, Hit, Subject
from calls.records import Call, Outcome

NO_CALL = "nothing but the transcript is known of the call"
NO_FINDINGS = "no model has judged the call"
NOT_ENDED = "the call has not ended"

#: What a condition came to, its hits, and why it is not available.
Found = tuple[Truth, Sequence[Hit], str]

_BROKEN = (Outcome.FAILED, Outcome.INTERRUPTED)


def examine(condition: Condition, heard: Heard) -> Found:
    """Apply one of the operators length, hang_up, attribute and finding."""
    match condition.operator:
        case "length":
            return _length(condition, heard)
        case "hang_up":
            return _hang_up(condition, heard.subject.call)
        case "attribute":
            return _attributes(condition, heard.subject)
        case _:
            return _finding(condition, heard)


def _length(condition: Condition, heard: Heard) -> Found:
    wanted = condition.length
    assert wanted is not None
    call = heard.subject.call
    if call is not None and call.ended_at is not None:
        seconds = (call.ended_at - call.started_at).total_seconds()
    elif not heard.no_times:
        seconds = max(each.end for each in heard.utterances)
    else:
        return None, (), NOT_ENDED if call is not None else heard.no_times
    long = wanted.longer_than is None or seconds > wanted.longer_than
    return long and (wanted.shorter_than is None or seconds < wanted.shorter_than), (), ""


def _hang_up(condition: Condition, call: Call | None) -> Found:
    wanted = condition.hang_up
    assert wanted is not None
    if call is None:
        return None, (), NO_CALL
    if call.ended_at is None and call.outcome is None:
        return None, (), NOT_ENDED
    met = True
    if wanted.by is not None:
        if not call.hangup_cause:
            return None, (), "it is not known who hung up"
        by = call.hangup_cause if call.hangup_cause in ("caller", "agent") else "system"
        met = by == wanted.by
    if wanted.abnormal is not None:
        met = met and (call.outcome in _BROKEN) == wanted.abnormal
    return met, (), ""


def attributes_of(subject: Subject) -> dict[str, str]:
    """Return what a call is known by; what is not known is left out."""
    call = subject.call
    known: dict[str, str] = {}
    if call is not None:
        known = {
            "door": call.door,
            "direction": call.direction.value,
            "queue": call.queue_id or "",
            "agent": call.agent_id or "",
            "outcome": call.outcome.value if call.outcome is not None else "",
            "cause": call.hangup_cause,
            "flow": call.flow,
            "node": call.node,
            "caller": call.caller,
            "callee": call.callee,
        }
    return {name: text for name, text in {**known, **subject.attributes}.items() if text}


def _attributes(condition: Condition, subject: Subject) -> Found:
    known = attributes_of(subject)
    unknown = ""
    for name, values in (condition.attribute or {}).items():
        if name not in known:
            unknown = unknown or f"{name} is not known"
        elif known[name] not in values:
            return False, (), ""
    return (None, (), unknown) if unknown else (True, (), "")


def _finding(condition: Condition, heard: Heard) -> Found:
    wanted = condition.finding
    assert wanted is not None
    if heard.subject.findings is None:
        return None, (), NO_FINDINGS
    found = [
        each
        for each in heard.subject.findings
        if each.kind == wanted.kind and each.label in wanted.label and each.probability >= wanted.probability
    ]
    hits = [
        Hit(
            heard.positions[evidence.utterance],
            *(evidence.span or (0, 0)),
            seconds=(evidence.start, evidence.end),
        )
        for each in found
        for evidence in each.evidence
        if evidence.utterance in heard.positions
    ]
    return bool(found), hits, ""
