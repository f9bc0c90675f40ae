"""Calls as the lines of a list: what one line says of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.labels import SEVERITIES, TOPICS
from analytics.search.wanted import ANY
from calls.records import Call, Finding, Outcome, Review
from calls.store import Store
from console.names import agent_names

#: Field → the values that calls are filtered by; ``any`` is any level of complaint, ``none`` not a complaint.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "topic": tuple(TOPICS),
    "severity": (ANY, *SEVERITIES, "none"),
    "outcome": tuple(str(outcome) for outcome in Outcome),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One call with what machine and people judged of it."""

    call: Call
    agent: str
    topics: tuple[Finding, ...]
    complaint: Finding | None
    sentiment: Finding | None
    reviews: int


def seconds_of(call: Call) -> float | None:
    """Return how long a call lasted, from the answer on; ``None`` while it runs."""
    if call.ended_at is None:
        return None
    return (call.ended_at - (call.answered_at or call.started_at)).total_seconds()


def rows(store: Store, calls: Sequence[Call]) -> tuple[Row, ...]:
    """Return one row for each call, in the same order."""
    ids = [call.id for call in calls]
    reviews = Counter(review.call_id for review in store.find(Review, call_id=ids))
    names = agent_names(store, (call.agent_id for call in calls))
    findings: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in store.find(Finding, call_id=ids, order_by=("-probability", "id")):
        findings[finding.call_id, finding.kind].append(finding)
    return tuple(
        Row(
            call,
            names.get(call.agent_id or "", ""),
            tuple(findings[call.id, "topic"]),
            next(iter(findings[call.id, "complaint"]), None),
            next(iter(findings[call.id, "sentiment"]), None),
            reviews[call.id],
        )
        for call in calls
    )
