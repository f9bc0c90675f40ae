"""The list of calls: which ones, and what one line says of each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from analytics.labels import SEVERITIES, TOPICS
from calls.records import Agent, Call, Finding, Outcome, Review
from calls.store import Store

#: Calls on one page of the list.
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """What the listed calls have in common; an empty string leaves a field open.

    ``severity`` is one of the complaint levels, ``none`` (not a complaint) or ``any`` (any level).
    """

    topic: str = ""
    severity: str = ""
    outcome: str = ""

    #: Field → the values it may have.
    CHOICES: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "topic": tuple(TOPICS),
        "severity": ("any", *SEVERITIES, "none"),
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


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of calls. ``page`` counts from 1; ``total`` is the number of calls on all pages."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int


def seconds_of(call: Call) -> float | None:
    """Return how long a call lasted, from the answer on; ``None`` while it runs."""
    if call.ended_at is None:
        return None
    return (call.ended_at - (call.answered_at or call.started_at)).total_seconds()


def list_calls(
    store: Store,
    wanted: CallFilter,
    page: int,
    *,
    page_size: int = PAGE_SIZE,
    seen: Mapping[str, object] | None = None,
) -> Listing:
    """Return one page of the calls that match, newest first.

    A page behind the last one is empty. ``seen`` are the conditions of the calls that may be listed at all.
    """
    where: dict[str, object] = dict(seen or {})
    if wanted.outcome:
        where["outcome"] = wanted.outcome
    judged = _judged_so(store, wanted)
    if judged is not None:
        where["id"] = judged
    total = store.count(Call, **where)
    calls = store.find(
        Call,
        order_by=("-started_at", "-id"),
        limit=page_size,
        offset=(page - 1) * page_size,
        **where,
    )
    return Listing(rows(store, calls), total, page, max(1, -(-total // page_size)))


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
    ids = sorted({call.agent_id for call in calls if call.agent_id})
    known = {agent.id: agent.name for agent in store.find(Agent, id=ids)}
    return {agent_id: known.get(agent_id) or agent_id for agent_id in ids}


def _judged_so(store: Store, wanted: CallFilter) -> list[str] | None:
    """Return the ids of the calls whose findings match, or ``None`` where none is asked for."""
    matching: list[set[str]] = []
    if wanted.topic:
        found = store.find(Finding, kind="topic", label=wanted.topic)
        matching.append({finding.call_id for finding in found})
    if wanted.severity:
        labels = SEVERITIES if wanted.severity == "any" else (wanted.severity,)
        found = store.find(Finding, kind="complaint", label=list(labels))
        matching.append({finding.call_id for finding in found})
    return sorted(set.intersection(*matching)) if matching else None
