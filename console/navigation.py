"""The places that the bar at the top of every page leads to, for those who may go there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from console import webcall
from console.access import may
from console.rights import Right
from console.verdicts import appeals


@dataclass(frozen=True, slots=True)
class Place:
    """One link: a view, the key of its words, the right it asks for, and whether the desk has it at all."""

    endpoint: str
    words: str
    right: Right
    there: Callable[[], bool] = lambda: True


#: In the order in which a day goes.
PLACES = (
    Place("sample.sample", "nav.sample", Right.VERDICTS),
    Place("plans.listing", "nav.plans", Right.ASSIGN),
    Place("results.listing", "nav.results", Right.RESULTS),
    Place("search.listing", "nav.calls", Right.CALLS),
    Place("appeals.listing", "nav.appeals", Right.VERDICTS, appeals.offered),
    Place("cases.listing", "nav.cases", Right.CASES),
    Place("dashboards.overview", "nav.figures", Right.FIGURES),
    Place("calibrations.listing", "nav.calibrations", Right.CALIBRATE),
    Place("users.users", "nav.users", Right.USERS),
    Place("hooks.hooks", "nav.hooks", Right.PRIVACY),
    Place("audit.log", "nav.audit", Right.AUDIT),
    Place("webcall.page", "nav.webcall", Right.WEB_CALL, lambda: webcall.offered() is not None),
)


def places() -> list[Place]:
    """Return the places that the present user may go to."""
    return [place for place in PLACES if may(place.right) and place.there()]
