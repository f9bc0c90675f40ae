"""The week's hot words and new themes from stored calls, against the four weeks before."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from analytics.overview.days import span_of
from analytics.themes.discovery import Discovery, discover
from analytics.themes.topicmodel import TopicModel
from calls.records import Call, Transcript
from calls.store import Store

#: Calls that are read of the week, and of the four before; more add little to the test and much to the wait.
MOST_CALLS, MOST_BEFORE = 1500, 3000


@dataclass(frozen=True, slots=True)
class HotList:
    """What rises in the seven days to ``last``.

    ``calls`` and ``calls_before`` count the calls of the two periods with a transcript; where they exceed
    what ``discovery`` counts, a sample of them was read, the same each time.
    """

    first: date
    last: date
    calls: int
    calls_before: int
    discovery: Discovery


def hot_list(
    store: Store,
    last: date,
    zone: str,
    where: Mapping[str, Any],
    model: TopicModel | None = None,
    *,
    most: int = MOST_CALLS,
    most_before: int = MOST_BEFORE,
) -> HotList:
    """Return what callers speak of in the week that ends with ``last`` and spoke less of before.

    Parameters
    ----------
    store : Store
    last : date
        Last day of the week, in ``zone``.
    zone : str
        IANA time zone.
    where : mapping
        Which calls count, as for :meth:`calls.store.Store.find`.
    model : TopicModel, optional
        New themes are looked for among calls that it cannot name, and not without it.
    most, most_before : int
        Calls to read of the two periods at most, chosen by their ids' hash.
    """
    first = last - timedelta(days=6)
    now = _call_ids(store, first, last, zone, where)
    before = _call_ids(store, first - timedelta(days=28), first - timedelta(days=1), zone, where)
    found = discover(
        _transcripts(store, _some(now, most)), _transcripts(store, _some(before, most_before)), model
    )
    return HotList(first, last, len(now), len(before), found)


def _call_ids(store: Store, first: date, last: date, zone: str, where: Mapping[str, Any]) -> list[str]:
    ids = [call.id for call in store.find(Call, started_at=span_of(first, last, zone), **where)]
    return sorted(store.values(Transcript, "call_id", call_id=ids))


def _some(ids: list[str], most: int) -> list[str]:
    if len(ids) <= most:
        return ids
    return sorted(ids, key=lambda each: hashlib.sha256(each.encode()).digest())[:most]


def _transcripts(store: Store, ids: list[str]) -> list[Transcript]:
    # of several transcripts of a call the last one counts
    found = store.find(Transcript, call_id=ids, order_by=("created_at", "id"))
    return sorted({each.call_id: each for each in found}.values(), key=lambda each: each.call_id)
