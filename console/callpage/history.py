"""The other calls of the same caller, before and after one call, as far as somebody may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from calls.masking import SHOWN, masked_number
from calls.records import Call
from calls.store import Span, Store
from console.retrieval.listing import Row, rows

#: Days before and after a call within which others of its caller are told of; the shorter ones are counted.
NEAR_DAYS, FAR_DAYS = 7, 30
#: Other calls listed at most.
LISTED = 20


@dataclass(frozen=True, slots=True)
class OtherCall:
    """Another call of the caller and how many days later it began; earlier ones are negative."""

    row: Row
    days: float


@dataclass(frozen=True, slots=True)
class History:
    """The caller's other calls within :data:`FAR_DAYS`, latest first, :data:`LISTED` of them at most.

    ``near`` and ``total`` count them within :data:`NEAR_DAYS` and :data:`FAR_DAYS`.
    """

    calls: tuple[OtherCall, ...] = ()
    near: int = 0
    total: int = 0


def history(store: Store, call: Call, seen: Mapping[str, Any]) -> History:
    """Return the other calls of a call's caller.

    Parameters
    ----------
    store : Store
    call : Call
    seen : mapping
        Conditions, as :meth:`calls.store.Store.find` takes them, of the calls that may be seen at all.
    """
    # nobody knows whether two who hide their number are one
    if len(masked_number(call.caller)) <= SHOWN:
        return History()
    where = {**seen, "caller": call.caller}
    near, far = (
        Span(call.started_at - timedelta(days=days), call.started_at + timedelta(days=days))
        for days in (NEAR_DAYS, FAR_DAYS)
    )
    found = store.find(Call, order_by=("-started_at", "-id"), limit=LISTED + 1, **where, started_at=far)
    others = [each for each in found if each.id != call.id][:LISTED]
    if len(found) > LISTED:
        counts = [store.count(Call, **where, started_at=span) - 1 for span in (near, far)]
    else:
        assert near.first is not None
        counts = [sum(near.first <= each.started_at < near.end for each in others), len(others)]
    return History(
        tuple(
            OtherCall(row, (row.call.started_at - call.started_at) / timedelta(days=1))
            for row in rows(store, others)
        ),
        *counts,
    )
