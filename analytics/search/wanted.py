"""Which calls are looked for, and a page of those that were found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false

from analytics.labels import SEVERITIES
from analytics.search.entries import first_key, pattern
from analytics.search.query import Node
from analytics.search.tables import entry

#: The severity of calls that are complaints of any.
ANY = "any"
_RARE = (ANY, *SEVERITIES)
#: So many are counted; of more it is only said that there are more.
COUNTED = 10_000
#: So many of the newest calls that match are put in the order of relevance.
RANKED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the calls have in common; what is empty or ``None`` leaves a field open.

    Attributes
    ----------
    node : Node, optional
        What is said in them.
    personal : bool
        Whether personal data that were said may be found, too.
    agents : frozenset of str, optional
        Ids: by one of them. Empty finds nothing.
    topic, severity, sentiment : str
        What the machine found; ``severity`` may be :data:`ANY`.
    queue, outcome : str
    ending : str
        The last digits of the caller's number.
    first, end : datetime, optional
        Began at or after ``first`` and before ``end``; whole seconds.
    shortest, longest : float, optional
        Seconds from the answer to the end.
    least, most : float, optional
        The latest score a person gave, 0 to 100.
    reviewed : bool, optional
    """

    node: Node | None = None
    personal: bool = True
    agents: frozenset[str] | None = None
    topic: str = ""
    severity: str = ""
    sentiment: str = ""
    queue: str = ""
    outcome: str = ""
    ending: str = ""
    first: datetime | None = None
    end: datetime | None = None
    shortest: float | None = None
    longest: float | None = None
    least: float | None = None
    most: float | None = None
    reviewed: bool | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions on the entries of calls; what was said is not among them."""
        column = entry.c
        yield from self.narrowing()
        if self.severity and self.severity not in _RARE:
            yield column.severity == self.severity
        for name in ("sentiment", "outcome"):
            if value := getattr(self, name):
                yield column[name] == value
        if self.queue:
            yield column.queue_id == self.queue
        if self.first is not None:
            yield column.key >= first_key(self.first)
        if self.end is not None:
            yield column.key < first_key(self.end)
        for name, low, high in (
            ("seconds", self.shortest, self.longest),
            ("score", self.least, self.most),
        ):
            if low is not None:
                yield column[name] >= low
            if high is not None:
                yield column[name] <= high
        if self.reviewed is not None:
            yield column.reviews > 0 if self.reviewed else column.reviews == 0

    def narrowing(self, columns: Any = entry.c) -> Iterator[ColumnElement[bool]]:
        """Yield those of the conditions that few calls meet, on the columns of the entries or of an alias."""
        if self.agents is not None:
            yield columns.agent_id.in_(sorted(self.agents)) if self.agents else false()
        if self.topic:
            yield columns.topics.contains(pattern(self.topic), autoescape=True)
        if self.severity in _RARE:
            yield columns.severity.in_(SEVERITIES if self.severity == ANY else (self.severity,))
        if self.ending:
            yield columns.ending.startswith(self.ending[::-1], autoescape=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page begins.

    Pages by time begin ``before`` (older than) or ``after`` (newer than) the call with that key, by default
    with the newest; pages by relevance begin after ``skip`` calls, fewer than :data:`RANKED`.
    """

    before: int | None = None
    after: int | None = None
    by_relevance: bool = False
    skip: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A call that was found, and what lists show of it."""

    key: int
    call_id: str
    started_at: datetime
    caller: str
    seconds: float | None
    agent_id: str | None
    queue_id: str | None
    outcome: str | None
    topics: tuple[str, ...]
    severity: str | None
    sentiment: str | None
    reviews: int
    score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of the calls that match.

    ``total`` counts to :data:`COUNTED` + 1, which stands for more. ``newer`` and ``older`` are where the
    neighbouring pages begin. ``backlog`` is the number of calls whose words are not in the index yet.
    """

    hits: tuple[Hit, ...]
    total: int
    newer: Cursor | None
    older: Cursor | None
    backlog: int = 0
