"""The key figures of a span of time: of the centre, its teams, agents or queues, by interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from analytics.kpi.callers import REPEAT_DAYS, Resolution, Satisfaction, resolution, satisfaction
from analytics.kpi.definitions import compute
from analytics.kpi.menus import Menus, menus
from analytics.kpi.visits import QueueVisit, read_traffic
from calls.errors import AnalyticsError
from calls.records import Agent, Call, Survey
from calls.store import Span, Store

BY = ("centre", "team", "agent", "queue")
#: Minutes of an interval: what divides a day into equal parts and people use.
INTERVALS = (15, 30, 60, 1440)
#: The line of what belongs to no agent, team or queue; the last one.
NOBODY = "–"


@dataclass(frozen=True, slots=True)
class KpiLine:
    """The figures of one group in one interval; ``start`` is ``None`` where all of the time is one."""

    group: str
    start: datetime | None
    figures: dict[str, float | None]
    resolution: Resolution
    satisfaction: Satisfaction


@dataclass(frozen=True, slots=True)
class KpiReport:
    """Lines in order of group and time, and what the menus did (not divided by group)."""

    first: date
    last: date
    within: float
    lines: tuple[KpiLine, ...]
    menus: Menus


def kpi_report(
    store: Store,
    first: date,
    last: date,
    *,
    by: str = "centre",
    interval: int | None = None,
    within: float = 20.0,
    zone: str = "Asia/Shanghai",
) -> KpiReport:
    """Return the key figures of the calls that began on the days from ``first`` to ``last``, both included.

    Parameters
    ----------
    store : Store
    first, last : date
        In ``zone``.
    by : {"centre", "team", "agent", "queue"}
        What each line stands for. A visit that nobody answered has no agent and no team: it stands in the
        line :data:`NOBODY`.
    interval : int, optional
        Minutes, one of :data:`INTERVALS`; a visit belongs to the interval in which it entered the queue.
    within : float
        The promised seconds to answer within.
    zone : str
        IANA time zone.

    Raises
    ------
    AnalyticsError
        The days are out of order, or the grouping or interval is none of the known.
    """
    _check(first, last, by, interval)
    here = ZoneInfo(zone)
    start = datetime.combine(first, time(), here)
    end = datetime.combine(last + timedelta(days=1), time(), here)
    traffic = read_traffic(store, start, end)
    later = store.columns(
        Call, "caller", "started_at", started_at=Span(start, end + timedelta(days=REPEAT_DAYS))
    )
    known_until = max(
        (each.started_at for each in store.find(Call, order_by="-started_at", limit=1)), default=end
    )
    surveys: dict[str, list[Survey]] = defaultdict(list)
    for each in store.find(Survey, created_at=Span(start, end + timedelta(days=1))):
        surveys[each.call_id].append(each)
    name = _namer(store, by)
    grouped: dict[tuple[str, datetime | None], list[QueueVisit]] = defaultdict(list)
    for visit in traffic.visits:
        grouped[name(visit), _interval(visit.entered_at, here, interval)].append(visit)
    lines = [
        KpiLine(
            group,
            begun,
            compute(visits, within),
            resolution(visits, later, known_until),
            _satisfaction(visits, surveys),
        )
        for (group, begun), visits in sorted(
            grouped.items(), key=lambda each: (each[0][0] == NOBODY, each[0][0], each[0][1] or start)
        )
    ]
    return KpiReport(first, last, within, tuple(lines), menus(traffic.paths))


def _satisfaction(visits: list[QueueVisit], surveys: dict[str, list[Survey]]) -> Satisfaction:
    answered = {each.call_id: each.agent for each in visits if each.end == "answered"}
    told = [
        survey
        for call, agent in answered.items()
        for survey in surveys.get(call, ())
        if survey.agent_id in (None, agent)
    ]
    return satisfaction(told, len(answered))


def _namer(store: Store, by: str) -> Callable[[QueueVisit], str]:
    teams = {each.id: each.team for each in store.find(Agent)} if by == "team" else {}
    names: dict[str, Callable[[QueueVisit], str]] = {
        "centre": lambda visit: "",
        "team": lambda visit: teams.get(visit.agent, "") or NOBODY,
        "agent": lambda visit: visit.agent or NOBODY,
        "queue": lambda visit: visit.queue or NOBODY,
    }
    return names[by]


def _interval(moment: datetime, zone: ZoneInfo, minutes: int | None) -> datetime | None:
    if minutes is None:
        return None
    local = moment.astimezone(zone)
    since = local.hour * 60 + local.minute
    return datetime.combine(local.date(), time(), zone) + timedelta(minutes=since // minutes * minutes)


def _check(first: date, last: date, by: str, interval: int | None) -> None:
    if last < first:
        raise AnalyticsError(f"the last day, {last}, is before the first, {first}", "exchange them")
    if by not in BY:
        raise AnalyticsError(f"figures by {by!r} are not known", f"known: {', '.join(BY)}")
    if interval is not None and interval not in INTERVALS:
        known = ", ".join(map(str, INTERVALS))
        raise AnalyticsError(f"an interval of {interval} minutes is not known", f"known: {known}")
