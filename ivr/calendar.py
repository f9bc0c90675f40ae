"""Public holidays, and the weekend days that are worked in exchange, read from a data file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field

from calls.document import Document, Section, read_document
from calls.errors import CalendarError
from speech.resources import resource

DayKind = Literal["holiday", "workday"]

_Date = Annotated[date, Field(strict=True)]  # a date in the file, never a number or a text made one


class _Holiday(Section):
    name: str
    first: _Date
    last: _Date
    worked: tuple[_Date, ...] = ()


class _Year(Section):
    notice: str
    issued: _Date
    holidays: tuple[_Holiday, ...]


class _File(Section):
    name: str
    years: dict[int, _Year] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a country on which people work when the week says otherwise, or do not.

    Parameters
    ----------
    name : str
        As schedules name it.
    years : mapping of int to str
        The years that it knows, each with the official notice that it was taken from.
    """

    name: str
    years: Mapping[int, str]
    _kinds: Mapping[date, DayKind] = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a calendar file, such as ``prompts/calendars/china.yaml``.

        Raises
        ------
        CalendarError
            It cannot be read, a holiday ends before it begins or lies in another year, or a day is given
            twice.
        """
        document = read_document(path, CalendarError)
        content = document.read_as(_File)
        kinds: dict[date, DayKind] = {}
        for year, arrangement in content.years.items():
            for index, holiday in enumerate(arrangement.holidays):
                _add(document, ("years", year, "holidays", index), year, holiday, kinds)
        years = {year: f"{each.notice}，{each.issued}" for year, each in content.years.items()}
        return cls(content.name, years, kinds)

    def kind(self, day: date) -> DayKind | None:
        """Return what is special about a day: ``"holiday"``, ``"workday"`` (in exchange), or nothing."""
        return self._kinds.get(day)

    @property
    def known_until(self) -> date:
        """The last day of the last year that it knows."""
        return date(max(self.years), 12, 31)


@cache
def shipped_calendar(name: str) -> Calendar:
    """Return the calendar of that name that comes with huawu: ``"china"``."""
    return Calendar.load(resource("prompts", "calendars", f"{name}.yaml"))


def _add(
    document: Document,
    place: tuple[str | int, ...],
    year: int,
    holiday: _Holiday,
    kinds: dict[date, DayKind],
) -> None:
    if holiday.last < holiday.first:
        raise document.complaint((*place, "last"), f"{holiday.last} is before {holiday.first}")
    length = (holiday.last - holiday.first).days + 1
    days: list[tuple[date, DayKind]] = [(holiday.first + timedelta(n), "holiday") for n in range(length)]
    days += [(day, "workday") for day in holiday.worked]
    for day, kind in days:
        if day.year != year:
            raise document.complaint(place, f"{day} is not in {year}")
        if day in kinds:
            raise document.complaint(place, f"{day} is given twice")
        kinds[day] = kind
