"""Sentences with the figures that are to be written in them, and how well a text comes out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from speech.written import written

FOLDER = Path(__file__).parent / "sentences"
_MARKED = re.compile(r"\{([^|}]*)\|([^|}]*)\}")

#: Place in what was said, what was said, what is written; without what is the same at either end.
Change = tuple[int, str, str]


@dataclass(frozen=True)
class Agreement:
    """Changes that are right, and those that are wrong or wanting with their sentences."""

    right: int
    wrong: tuple[tuple[str, Change], ...]
    wanting: tuple[tuple[str, Change], ...]

    @property
    def precision(self) -> float:
        return self.right / (self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        return self.right / (self.right + len(self.wanting))


def sentences(name: str) -> list[tuple[str, set[Change]]]:
    """Return each sentence of a file as it is said, and what is to be written otherwise."""
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return [_parsed(line) for line in lines if line and not line.startswith("#")]


def agreement(name: str) -> Agreement:
    """Compare what is written with what is to be."""
    right, wrong, wanting = 0, list[tuple[str, Change]](), list[tuple[str, Change]]()
    for said, wanted in sentences(name):
        found = {_trimmed(each.start, said[each.start : each.end], each.text) for each in written(said)}
        right += len(found & wanted)
        wrong += [(said, change) for change in sorted(found - wanted)]
        wanting += [(said, change) for change in sorted(wanted - found)]
    return Agreement(right, tuple(wrong), tuple(wanting))


def _parsed(line: str) -> tuple[str, set[Change]]:
    said, done, wanted = "", 0, set[Change]()
    for match in _MARKED.finditer(line):
        said += line[done : match.start()]
        wanted.add(_trimmed(len(said), match[1], match[2]))
        said, done = said + match[1], match.end()
    return said + line[done:], wanted


def _trimmed(place: int, said: str, shown: str) -> Change:
    while said and shown and said[0] == shown[0]:
        place, said, shown = place + 1, said[1:], shown[1:]
    while said and shown and said[-1] == shown[-1]:
        said, shown = said[:-1], shown[:-1]
    return place, said, shown
