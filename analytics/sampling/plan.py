"""The plan of a sample: a YAML file that says what is drawn from, how many, and by what right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from calls.document import Section, read_document
from calls.errors import SampleError

#: What calls can be sorted into strata by. ``risk`` cuts the random part into five bands of equal size.
STRATA = ("queue", "agent", "team", "topic", "door", "outcome", "risk")


class FrameFilter(Section):
    """Which calls can be drawn; a list that is left out lets all pass.

    Attributes
    ----------
    queues, agents, teams : tuple of str
        Ids of queues and agents, names of teams.
    first, last : date, optional
        Days on which the calls began, both included, in ``zone``.
    zone : str
        IANA time zone of the two days.
    longer_than_seconds : float
        Calls that lasted no longer are left out.
    not_yet_reviewed : bool
        Leave out calls that somebody has reviewed.
    answered_by_agent : bool
        Leave out calls in which no agent spoke.
    """

    queues: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    zone: str = "Asia/Shanghai"
    longer_than_seconds: Annotated[float, Field(ge=0)] = 30.0
    not_yet_reviewed: bool = True
    answered_by_agent: bool = False

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("no such time zone") from None
        return value

    @model_validator(mode="after")
    def _days_are_in_order(self) -> FrameFilter:
        if self.first and self.last and self.last < self.first:
            raise ValueError(f"last: {self.last} is before first: {self.first}")
        return self

    def moments(self) -> tuple[datetime | None, datetime | None]:
        """Return from when on and before when calls began, in UTC."""
        zone = ZoneInfo(self.zone)

        def midnight(day: date) -> datetime:
            return datetime.combine(day, time(), zone).astimezone(UTC)

        end = self.last + timedelta(days=1) if self.last else None
        return midnight(self.first) if self.first else None, midnight(end) if end else None


class SamplingPlan(Section):
    """What a sample is drawn from and how.

    Attributes
    ----------
    name : str
        What it is called, for example ``2026-W48 售后``.
    budget : int
        Calls to draw.
    risk_share : float in [0, 1]
        Share of the budget for the riskiest calls; the rest is drawn by chance.
    seed : int
        Of the draw by chance; who knows it and the frame can draw the same calls again.
    frame : FrameFilter
    strata : tuple of str
        The random part is drawn from each combination of these (:data:`STRATA`) on its own.
    minimum_per_agent : int
        Calls that each agent has at least in the random part, as far as there are so many. Calls drawn for
        their risk do not count: they say nothing of an agent's average.
    allocation : {"proportional", "optimal"}
        How the random part is dealt to the strata: by size, or by size times the spread that the risk lets
        expect (Neyman, JRSS 1934), which narrows the intervals of rates.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    budget: Annotated[int, Field(ge=1, le=100_000)]
    risk_share: Annotated[float, Field(ge=0, le=1)] = 0.6
    seed: int = 1
    frame: FrameFilter = FrameFilter()
    strata: tuple[str, ...] = ()
    minimum_per_agent: Annotated[int, Field(ge=0)] = 0
    allocation: Literal["proportional", "optimal"] = "proportional"

    @field_validator("strata")
    @classmethod
    def _strata_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in STRATA:
                raise ValueError(f"unknown stratum {name!r}, known: {', '.join(STRATA)}")
        if len(set(value)) < len(value):
            raise ValueError("a stratum is named twice")
        return value

    @property
    def stratified_by(self) -> tuple[str, ...]:
        """What the random part is drawn by: ``agent`` first where each has a minimum."""
        if self.minimum_per_agent and "agent" not in self.strata:
            return ("agent", *self.strata)
        return self.strata


def read_plan(path: Path) -> SamplingPlan:
    """Return the plan in a YAML file.

    Raises
    ------
    SampleError
        The file cannot be read or a field is wrong; the message names file, line and field.
    """
    return read_document(path, SampleError).read_as(SamplingPlan)


def plan_of(fields: Mapping[str, Any]) -> SamplingPlan:
    """Return a plan from the fields of a form or a request, refused as a file would be."""
    try:
        return SamplingPlan.model_validate(dict(fields))
    except ValueError as error:
        raise SampleError(f"plan: {error}") from None
