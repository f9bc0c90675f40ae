"""Which days a page of figures is about, as its form asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from flask import abort, request

from calls.records import Call, utc_now
from calls.store import Store
from console.access import visible
from console.language import t

#: The days of a call centre are those of its clocks.
ZONE = "Asia/Shanghai"
#: Days of a page that asks for none, and days at most.
USUAL_DAYS, MOST_DAYS = 14, 366


@dataclass(frozen=True, slots=True)
class Period:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def asked_period(store: Store, usual: int = USUAL_DAYS) -> Period:
    """Return the period that ``?from=`` and ``?to=`` ask for; by default the days up to the latest call."""
    last = _day("to") or _latest(store)
    first = _day("from") or last - timedelta(days=usual - 1)
    if last < first:
        abort(400, description=t("period.order", first=first, last=last))
    if (last - first).days >= MOST_DAYS:
        abort(400, description=t("period.long", days=MOST_DAYS))
    return Period(first, last)


def _day(field: str) -> date | None:
    value = request.args.get(field, "").strip()
    if not value:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError:
        abort(400, description=t("period.day", value=value))
    if not 1990 <= day.year <= 2100:
        abort(400, description=t("period.day", value=value))
    return day


def _latest(store: Store) -> date:
    calls = store.find(Call, order_by="-started_at", limit=1, **visible(store))
    moment = calls[0].started_at if calls else utc_now()
    return moment.astimezone(ZoneInfo(ZONE)).date()
