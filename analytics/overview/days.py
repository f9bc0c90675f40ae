"""Calls day by day: how many, about what, with which complaints, as the machine judged them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from analytics.labels import NO_COMPLAINT
from calls.records import Call, Finding
from calls.store import Span, Store


@dataclass(slots=True)
class Day:
    """One day: ``outcomes``, ``topics`` and ``severities`` count calls.

    A call has the topics that were found in it, at most one severity, and neither before it is judged;
    ``judged`` counts those with a judgement on complaints.
    """

    day: date
    calls: int = 0
    judged: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    severities: Counter[str] = field(default_factory=Counter)

    @property
    def complaints(self) -> int:
        """Calls that the machine takes for complaints."""
        return sum(self.severities.values())


def span_of(first: date, last: date, zone: str) -> Span:
    """Return the time from the start of ``first`` to the end of ``last``, both in ``zone``."""
    here = ZoneInfo(zone)
    return Span(
        datetime.combine(first, time(), here), datetime.combine(last + timedelta(days=1), time(), here)
    )


def days(store: Store, first: date, last: date, zone: str, where: Mapping[str, Any]) -> list[Day]:
    """Return the days from ``first`` to ``last``, both included, also those without a call.

    Parameters
    ----------
    store : Store
    first, last : date
    zone : str
        IANA time zone of the days.
    where : mapping
        Which calls count, as for :meth:`calls.store.Store.find`.
    """
    here = ZoneInfo(zone)
    found = {
        first + timedelta(days=each): Day(first + timedelta(days=each)) for each in range(_count(first, last))
    }
    span = span_of(first, last, zone)
    of_call: dict[str, Day] = {}
    for call_id, started_at, outcome in store.columns(
        Call, "id", "started_at", "outcome", started_at=span, **where
    ):
        day = of_call[call_id] = found[started_at.astimezone(here).date()]
        day.calls += 1
        day.outcomes[outcome or "running"] += 1
    best: dict[str, tuple[float, str]] = {}
    topics: dict[str, set[str]] = defaultdict(set)
    kinds = ["topic", "complaint"]
    for call_id, kind, label, probability in store.columns(
        Finding, "call_id", "kind", "label", "probability", kind=kinds, call_id=list(of_call)
    ):
        if kind == "topic":
            topics[call_id].add(label)
        else:
            best[call_id] = max((probability, label), best.get(call_id, (-1.0, "")))
    for call_id, labels in topics.items():
        of_call[call_id].topics.update(labels)
    for call_id, (_, label) in best.items():
        of_call[call_id].judged += 1
        if label != NO_COMPLAINT:
            of_call[call_id].severities[label] += 1
    return list(found.values())


def _count(first: date, last: date) -> int:
    return max((last - first).days + 1, 0)
