"""What was typed and chosen to find calls: read from a query string, checked, and written back as one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from analytics.labels import SENTIMENTS, STRONG_NEGATIVE
from analytics.search.query import Speaker, parse
from analytics.search.wanted import Wanted
from calls.errors import HuawuError
from calls.records import Agent
from console.retrieval.listing import CHOICES

YES, NO = "yes", "no"
RELEVANCE = "relevance"
#: Field → the values that it may have besides none.
CHOSEN: Mapping[str, tuple[str, ...]] = {
    **CHOICES,
    "who": (Speaker.CALLER, Speaker.AGENT),
    "sound": (YES,),
    "order": (RELEVANCE,),
    "sentiment": (STRONG_NEGATIVE, *SENTIMENTS),
    "reviewed": (YES, NO),
}
#: Fields about what people judged.
JUDGED = frozenset({"reviewed", "least", "most"})
#: Fields about what was said.
SAID = frozenset({"q", "who", "sound", "order"})
#: Digits of a number that somebody without the right to personal data may look for: those shown anyway.
SHOWN_DIGITS = 4
#: Characters of a field at most.
LENGTH = 200

_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6})", re.ASCII)


class FormError(HuawuError):
    """A field cannot be so.

    Attributes
    ----------
    field, value : str
    reason : str
        Key of the words that say why, below ``search.fault.``.
    """

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(f"search: {field} {value!r} is {reason}")
        self.field, self.value, self.reason = field, value, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchForm:
    """The fields as they were typed; an empty one leaves open what it is about."""

    q: str = ""
    who: str = ""
    sound: str = ""
    order: str = ""
    topic: str = ""
    severity: str = ""
    sentiment: str = ""
    outcome: str = ""
    team: str = ""
    agent: str = ""
    queue: str = ""
    number: str = ""
    since: str = ""
    until: str = ""
    shortest: str = ""
    longest: str = ""
    least: str = ""
    most: str = ""
    reviewed: str = ""

    @classmethod
    def read(cls, given: Mapping[str, Any], without: Collection[str] = ()) -> Self:
        """Return the form with what was given; unknown fields, and those in ``without``, are passed over."""
        known = {each.name for each in fields(cls)} - {*without}
        return cls(**{name: str(value)[:LENGTH].strip() for name, value in given.items() if name in known})

    def given(self) -> dict[str, str]:
        """Return the fields that are not empty."""
        return {name: value for name, value in asdict(self).items() if value}

    def filters(self) -> dict[str, str]:
        """Return those of them that are not about what was said."""
        return {name: value for name, value in self.given().items() if name not in SAID}

    @property
    def by_relevance(self) -> bool:
        """Whether the calls that answer best come first, and not the newest."""
        return self.order == RELEVANCE and bool(self.q)

    def wanted(self, agents: Iterable[Agent], seen: Collection[str] | None, *, personal: bool) -> Wanted:
        """Return what is looked for.

        Parameters
        ----------
        agents : iterable of Agent
            All that are known.
        seen : collection of str or None
            The ids of the agents whose calls may be found at all; ``None`` for everybody's, and calls
            without an agent.
        personal : bool
            Whether personal data may be found.

        Raises
        ------
        analytics.search.query.QueryError
            What was typed cannot be understood.
        FormError
            A field cannot be so.
        """
        for name, values in CHOSEN.items():
            value = getattr(self, name)
            if value and value not in values:
                raise FormError(name, value, "choice")
        return Wanted(
            node=parse(self.q, Speaker(self.who), by_sound=self.sound == YES),
            personal=personal,
            agents=self._agents(agents, seen),
            topic=self.topic,
            severity=self.severity,
            sentiment=self.sentiment,
            queue=self.queue,
            outcome=self.outcome,
            ending=self._ending(personal),
            first=self._midnight("since"),
            end=self._midnight("until", timedelta(days=1)),
            shortest=self._seconds("shortest"),
            longest=self._seconds("longest"),
            least=self._points("least"),
            most=self._points("most"),
            reviewed=self.reviewed == YES if self.reviewed else None,
        )

    def _agents(self, agents: Iterable[Agent], seen: Collection[str] | None) -> frozenset[str] | None:
        if not (self.agent or self.team):
            return None if seen is None else frozenset(seen)
        agents = list(agents)
        found = {
            each.id
            for each in agents
            if (not self.team or each.team == self.team)
            and (not self.agent or self.agent in (each.id, each.name))
        }
        if self.agent and not self.team and not any(each.id == self.agent for each in agents):
            found.add(self.agent)  # calls may name agents of whom nothing else is known
        return frozenset(found if seen is None else found & {*seen})

    def _ending(self, personal: bool) -> str:
        digits = re.sub(r"[\s-]", "", self.number)
        if digits and not (digits.isascii() and digits.isdigit()):
            raise FormError("number", self.number, "digits")
        if len(digits) > SHOWN_DIGITS and not personal:
            raise FormError("number", self.number, "too-many-digits")
        return digits

    def _midnight(self, field: str, later: timedelta = timedelta()) -> datetime | None:
        value = getattr(self, field)
        if not value:
            return None
        try:
            return datetime.combine(date.fromisoformat(value) + later, time()).astimezone()
        except (ValueError, OverflowError):
            raise FormError(field, value, "day") from None

    def _seconds(self, field: str) -> float | None:
        value = getattr(self, field)
        if not value:
            return None
        match = _CLOCK.fullmatch(value)
        if match is None:
            raise FormError(field, value, "duration")
        hours, minutes, seconds = (int(each or 0) for each in match.groups())
        return float(hours * 3600 + minutes * 60 + seconds)

    def _points(self, field: str) -> float | None:
        value = getattr(self, field)
        if not value:
            return None
        try:
            points = float(value)
        except ValueError:
            points = -1.0
        if not 0 <= points <= 100:
            raise FormError(field, value, "score")
        return points
