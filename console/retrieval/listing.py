"""Calls as the lines of a list: what one line says of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from analytics.labels import SEVERITIES, TOPICS
from analytics.search.wanted import ANY
from calls.records import Agent, Call, Finding, Outcome, Review
from calls.store import Store

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
    names = agent_names(store, calls)
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


def agent_names(store: Store, calls: Sequence[Call]) -> dict[str, str]:
    """Return the names of the calls' agents by id; an agent who is not on record keeps the id."""
    return names_of(store, {call.agent_id for call in calls if call.agent_id})


def names_of(store: Store, agent_ids: Collection[str]) -> dict[str, str]:
    """Return the names of agents by id; one who is not on record keeps the id."""
    known = {agent.id: agent.name for agent in store.find(Agent, id=sorted(agent_ids))}
    return {agent_id: known.get(agent_id) or agent_id for agent_id in sorted(agent_ids)}
