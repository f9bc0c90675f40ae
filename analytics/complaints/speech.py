"""What one side of a call said, as one text to search, in characters and in sounds."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from analytics.calltext import Turn
from analytics.passage import cited
from analytics.sounds import sounds
from analytics.words import NUMERALS
from calls.records import Evidence

_NUMERAL = re.compile(f"[{NUMERALS}]")


class Place(NamedTuple):
    """Where something was said: the turn's index, the half-open span of its normalised text."""

    turn: int
    start: int
    end: int


@dataclass(frozen=True)
class Speech:
    """The turns of one side, in order."""

    turns: tuple[Turn, ...]

    @cached_property
    def text(self) -> str:
        """The normalised turns, one a line."""
        return "\n".join(turn.spoken.text for turn in self.turns)

    @cached_property
    def heard(self) -> str:
        """The sounds of :attr:`text`, place by place."""
        return hear(self.text)

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(len(turn.spoken.text) + 1 for turn in self.turns))

    def place(self, start: int, end: int) -> Place:
        """Return the place of a span of :attr:`text` that lies in one line."""
        turn = bisect_right(self._ends, start)
        first = self._ends[turn - 1] if turn else 0
        return Place(turn, start - first, end - first)

    def cite(self, place: Place) -> Evidence:
        """Return the evidence for a place."""
        turn = self.turns[place.turn]
        return cited(turn.utterance, turn.spoken.original_span(place.start, place.end))


def hear(text: str) -> str:
    """Return the sounds of a normalised text or of a pattern, place by place; numerals stay."""
    heard = sounds(text)
    if _NUMERAL.search(text) is None:
        return heard
    letters = list(heard)
    for match in _NUMERAL.finditer(text):
        letters[match.start()] = match.group()
    return "".join(letters)


def distinct(evidence: Iterable[Evidence], most: int) -> tuple[Evidence, ...]:
    """Return the first items, one for each utterance, ``most`` at most."""
    kept: dict[int, Evidence] = {}
    for each in evidence:
        kept.setdefault(each.utterance, each)
    return tuple(kept.values())[:most]
