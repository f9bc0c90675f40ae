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
    calls = store.find(Call, started_at=span_of(first, last, zone), **where)
    of_call: dict[str, Day] = {}
    for call in calls:
        day = of_call[call.id] = found[call.started_at.astimezone(here).date()]
        day.calls += 1
        day.outcomes[str(call.outcome or "running")] += 1
    best: dict[str, Finding] = {}
    topics: dict[str, set[str]] = defaultdict(set)
    for each in store.find(Finding, kind=["topic", "complaint"], call_id=list(of_call)):
        if each.kind == "topic":
            topics[each.call_id].add(each.label)
        elif each.call_id not in best or each.probability > best[each.call_id].probability:
            best[each.call_id] = each
    for call_id, labels in topics.items():
        of_call[call_id].topics.update(labels)
    for call_id, judgement in best.items():
        of_call[call_id].judged += 1
        if judgement.label != NO_COMPLAINT:
            of_call[call_id].severities[judgement.label] += 1
    return list(found.values())


def _count(first: date, last: date) -> int:
    return max((last - first).days + 1, 0)
