"""The places that the bar at the top of every page leads to, for those who may go there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from console import webcall
from console.access import may
from console.rights import Right


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
    Place("calls.listing", "nav.calls", Right.CALLS),
    Place("webcall.page", "nav.webcall", Right.WEB_CALL, lambda: webcall.offered() is not None),
)


def places() -> list[Place]:
    """Return the places that the present user may go to."""
    return [place for place in PLACES if may(place.right) and place.there()]
