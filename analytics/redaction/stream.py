"""What one party said, as one run of characters: a number that is dictated in pieces is one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from calls.records import Role, Utterance

#: Stands between two utterances.
BREAK = "\n"


@dataclass(frozen=True, slots=True)
class Stream:
    """The utterances of one role joined by :data:`BREAK`, and where each begins in ``text``."""

    text: str
    utterances: tuple[Utterance, ...]
    starts: tuple[int, ...]

    def pieces(self, start: int, end: int) -> list[tuple[Utterance, int, int]]:
        """Return the parts of the half-open span [start, end) as (utterance, start in its text, end)."""
        found = []
        for utterance, begin in zip(self.utterances, self.starts, strict=True):
            first, last = max(start - begin, 0), min(end - begin, len(utterance.text))
            if first < last:
                found.append((utterance, first, last))
        return found


def streams(utterances: Sequence[Utterance]) -> list[Stream]:
    """Return a stream for each role that is heard."""
    found = []
    for role in Role:
        said = tuple(each for each in utterances if each.role is role)
        if said:
            starts = tuple(accumulate((len(each.text) + 1 for each in said[:-1]), initial=0))
            found.append(Stream(BREAK.join(each.text for each in said), said, starts))
    return found
