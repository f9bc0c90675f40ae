"""When a call centre is open: weekly hours, dated exceptions, public holidays and days worked in exchange."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, WithJsonSchema, field_validator

from calls.document import Section
from ivr.calendar import Calendar

__all__ = ["Calendar", "Schedule", "Span", "State"]

State = Literal["open", "closed", "holiday"]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Hours: no shift is longer; what would be is a span written the wrong way round.
LONGEST_NIGHT = 16
_DAY = 24 * 60
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)


class Span(NamedTuple):
    """A time of opening, in minutes since midnight: from ``start`` until before ``end``.

    ``end`` is over 1440 where it lies on the next day.
    """

    start: int
    end: int


def _span(text: Any) -> Span:
    if isinstance(text, Span):
        return text
    match = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("write a span as '09:00-18:00'")
    start, end = 60 * int(match[1]) + int(match[2]), 60 * int(match[3]) + int(match[4])
    if start >= _DAY or end > _DAY:
        raise ValueError("a day begins at 00:00 and ends at 24:00")
    if start == end:
        raise ValueError("a span that ends where it begins: the whole day is '00:00-24:00'")
    if end < start:
        end += _DAY
        if end - start > LONGEST_NIGHT * 60:
            raise ValueError(f"a span that ends before it begins, or a night of over {LONGEST_NIGHT} hours")
    return Span(start, end)


_Span = Annotated[Span, PlainValidator(_span), WithJsonSchema({"type": "string", "pattern": _SPAN.pattern})]
Spans = tuple[_Span, ...]
_NO_SPANS: Spans = ()


class Schedule(Section):
    """Opening hours. Dated exceptions win over the calendar, the calendar over the week.

    A span belongs to the day on which it begins: the night of 20:00-02:00 goes on into a holiday.

    Parameters
    ----------
    timezone : str
        IANA name.
    weekly : dict
        Spans by day (``mon`` to ``sun``) or days (``mon-fri``); a day that is not there is closed.
        Spans of a day do not overlap; one over midnight is at most :data:`LONGEST_NIGHT` hours long.
    overrides : dict
        Spans by date (``2026-12-31``), none for a day that is closed.
    calendar : {"china"} or None
        Whose holidays are kept; a year that the calendar does not know follows the week alone.
    makeup : tuple of spans, optional
        The hours of days worked in exchange for a holiday. Default: Monday's.
    """

    timezone: str = "Asia/Shanghai"
    weekly: dict[str, Spans] = Field(min_length=1)
    overrides: dict[date, Spans] = Field(default_factory=dict)
    calendar: Literal["china"] | None = None
    makeup: Spans | None = None

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):  # no such name, no name at all, a folder of names
            raise ValueError("unknown time zone: write one such as Asia/Shanghai") from None
        return name

    @field_validator("weekly", mode="before")
    @classmethod
    def _by_day(cls, weekly: Any) -> Any:
        if not isinstance(weekly, Mapping):
            return weekly
        given: dict[str, Any] = {}
        for name in weekly:
            for day in _days(name):
                if day in given:
                    raise ValueError(f"{day} is given twice, by {given[day]!r} and {name!r}")
                given[day] = name
        return weekly

    @field_validator("overrides", mode="before")
    @classmethod
    def _by_date(cls, overrides: Any) -> Any:
        if not isinstance(overrides, Mapping):
            return overrides
        dated: dict[date, Any] = {}
        for name, spans in overrides.items():
            day = _date(name)
            if day in dated:
                raise ValueError(f"{day} is given twice")
            dated[day] = spans
        return dated

    @field_validator("weekly", "overrides")
    @classmethod
    def _do_not_overlap(cls, days: dict[Any, Spans]) -> dict[Any, Spans]:
        for name, spans in days.items():
            _check(spans, f"{name}: ")
        return days

    @field_validator("makeup")
    @classmethod
    def _does_not_overlap(cls, spans: Spans | None) -> Spans | None:
        _check(spans or (), "")
        return spans

    def state(self, now: datetime, calendar: Calendar | None = None) -> State:
        """Say whether the centre is open.

        Parameters
        ----------
        now : datetime
            Aware, in any zone.
        calendar : Calendar, optional
            The one that :attr:`calendar` names; without it, and where that is ``None``, there are no
            holidays.

        Returns
        -------
        str
            ``"open"``, ``"closed"``, or ``"holiday"`` where it is closed because the calendar says so.
        """
        if now.utcoffset() is None:
            raise ValueError("a time without its zone does not tell whether the centre is open")
        local = now.astimezone(ZoneInfo(self.timezone))
        today, minute = local.date(), 60 * local.hour + local.minute
        night = self.spans(today - timedelta(days=1), calendar)
        open_since_yesterday = any(minute + _DAY < span.end for span in night)
        if open_since_yesterday or any(s.start <= minute < s.end for s in self.spans(today, calendar)):
            return "open"
        kept = today not in self.overrides and self._kind(today, calendar) == "holiday"
        return "holiday" if kept else "closed"

    def spans(self, day: date, calendar: Calendar | None = None) -> Spans:
        """Return the hours that begin on a day."""
        if day in self.overrides:
            return self.overrides[day]
        match self._kind(day, calendar):
            case "holiday":
                return _NO_SPANS
            case "workday":
                return self.makeup if self.makeup is not None else self._of_weekday(0)
        return self._of_weekday(day.weekday())

    def known_until(self, calendar: Calendar) -> date | None:
        """Return the last day whose holidays are known; ``None`` where the schedule keeps none."""
        return calendar.known_until if self.calendar is not None else None

    def _kind(self, day: date, calendar: Calendar | None) -> str | None:
        return calendar.kind(day) if self.calendar is not None and calendar is not None else None

    def _of_weekday(self, weekday: int) -> Spans:
        return next((s for name, s in self.weekly.items() if DAYS[weekday] in _days(name)), _NO_SPANS)


def _days(name: Any) -> list[str]:
    first, dash, last = name.partition("-") if isinstance(name, str) else ("", "", "")
    if first not in DAYS or (dash and last not in DAYS):
        raise ValueError(f"unknown day {name!r}: write one of {', '.join(DAYS)}, or days such as mon-fri")
    start = DAYS.index(first)
    count = (DAYS.index(last) - start) % 7 + 1 if dash else 1
    return [DAYS[(start + n) % 7] for n in range(count)]


def _date(name: Any) -> date:
    if isinstance(name, date) and not isinstance(name, datetime):
        return name
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", name, re.ASCII):
            raise ValueError
        return date.fromisoformat(name)
    except (TypeError, ValueError):
        raise ValueError(f"{name!r} is no date: write it as 2026-12-31") from None


def _check(spans: Spans, where: str) -> None:
    ordered = sorted(spans)
    for one, other in pairwise(ordered):
        if other.start < one.end:
            raise ValueError(f"{where}{_written(one)} and {_written(other)} overlap")


def _written(span: Span) -> str:
    start, end = span.start, span.end if span.end <= _DAY else span.end - _DAY
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
