"""How much time there is after a verdict: to appeal against it, and to answer a complaint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

from flask import Flask, current_app

from analytics.labels import SEVERITIES
from console.settings import SettingError

#: Environment variables that hold them.
APPEAL_DAYS, CASE_HOURS = "HUAWU_APPEAL_DAYS", "HUAWU_CASE_HOURS"

_LONGEST_DAYS = 90


def _usual_hours() -> dict[str, float]:
    return dict(zip(SEVERITIES, (120.0, 48.0, 24.0), strict=True))


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a desk, all in calendar time: nights, weekends and holidays count.

    ``appeal_days`` is how long after a verdict an agent may appeal; ``case_hours`` by level how long after
    its opening a case is to be closed. The usual 5 days, 48 h and 24 h keep well within the 15 days after
    which a telephone customer may turn to the ministry (电信用户申诉处理办法, 工信部令第 35 号, 第十条).
    """

    appeal_days: int = 7
    case_hours: Mapping[str, float] = field(default_factory=_usual_hours)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the terms that the environment holds, and the usual ones for the rest.

        Raises
        ------
        SettingError
            A variable does not hold what it should.
        """
        usual = cls()
        days, hours = environment.get(APPEAL_DAYS, ""), environment.get(CASE_HOURS, "")
        return cls(
            int(_number(APPEAL_DAYS, days, _LONGEST_DAYS)) if days else usual.appeal_days,
            _hours(hours) if hours else usual.case_hours,
        )

    @property
    def appeal_time(self) -> timedelta:
        """How long after a verdict an agent may appeal."""
        return timedelta(days=self.appeal_days)

    def case_time(self, level: str) -> timedelta:
        """Return how long after its opening a case of a level is to be closed."""
        return timedelta(hours=self.case_hours[level])


def install(app: Flask, environment: Mapping[str, str]) -> None:
    """Give an application its terms, unless it has some."""
    app.extensions.setdefault("terms", Terms.from_environment(environment))


def the_terms() -> Terms:
    """Return the terms of the desk that serves the present request."""
    terms: Terms = current_app.extensions["terms"]
    return terms


def _hours(value: str) -> dict[str, float]:
    parts = value.split(",")
    if len(parts) != len(SEVERITIES):
        raise SettingError(
            f"{CASE_HOURS}: {len(parts)} numbers, {len(SEVERITIES)} are needed",
            f"write the hours for {', '.join(SEVERITIES)} as in 120,48,24",
        )
    return {
        level: _number(CASE_HOURS, part, _LONGEST_DAYS * 24)
        for level, part in zip(SEVERITIES, parts, strict=True)
    }


def _number(name: str, value: str, most: int) -> float:
    text = value.strip()
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= most):
        raise SettingError(f"{name}: {text!r} is no whole number from 1 to {most}", "correct or unset it")
    return float(text)
