"""What callers tell by what they do and say afterwards: repeated calls and satisfaction."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.kpi.visits import QueueVisit
from calls.records import Survey

#: Who calls again within so many days had not been helped.
REPEAT_DAYS = 7


@dataclass(frozen=True, slots=True)
class Resolution:
    """First-call resolution by the absence of repeated calls.

    ``known`` counts the answered visits whose caller is known and whose seven days are over by the end of
    what the database knows; ``repeated`` those of them after which the caller rang again in that time.
    """

    known: int
    repeated: int
    pending: int

    @property
    def rate(self) -> float | None:
        """The share of first-call resolution, 1 - repeated / known."""
        return 1 - self.repeated / self.known if self.known else None


def resolution(
    visits: Iterable[QueueVisit],
    calls: Iterable[tuple[str, datetime]],
    until: datetime,
    days: int = REPEAT_DAYS,
) -> Resolution:
    """Return how many answered callers did not call again.

    Parameters
    ----------
    visits : iterable of QueueVisit
        The last visit of a call counts; only answered ones.
    calls : iterable of (str, datetime)
        Caller and beginning of all calls of the time, those after the visits' included.
    until : datetime
        To when all calls are known.
    days : int
    """
    rung: dict[str, list[datetime]] = defaultdict(list)
    for caller, started_at in calls:
        if caller:
            rung[caller].append(started_at)
    for times in rung.values():
        times.sort()
    last = {each.call_id: each for each in visits if each.end == "answered" and each.caller}
    known = repeated = pending = 0
    for visit in last.values():
        times = rung[visit.caller]
        place = bisect_right(times, visit.ended_at)
        again = place < len(times) and times[place] <= visit.ended_at + timedelta(days=days)
        if not again and visit.ended_at + timedelta(days=days) > until:
            pending += 1
            continue
        known += 1
        repeated += again
    return Resolution(known, repeated, pending)


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """What callers answered in the survey: ``mean`` of 1 to 5, ``satisfied`` the share of 4 and 5."""

    answers: int
    asked: int
    mean: float | None
    satisfied: float | None

    @property
    def response_rate(self) -> float | None:
        """Answers over answered calls: how far the figures can be trusted."""
        return self.answers / self.asked if self.asked else None


def satisfaction(surveys: Sequence[Survey], answered: int) -> Satisfaction:
    """Return the satisfaction that surveys tell, of so many answered calls."""
    scores = [each.score for each in surveys]
    if not scores:
        return Satisfaction(0, answered, None, None)
    return Satisfaction(
        len(scores), answered, sum(scores) / len(scores), sum(each >= 4 for each in scores) / len(scores)
    )
