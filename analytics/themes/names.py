"""Names by kind: an app, a station, a dish, a poet.

What a name is tells a topic; which one it is seldom does. From few labels a model learns that 放一首…的歌 is
about music, not that a singer it never read of is one. A name read as its kind is the same word wherever it
stands. The list was written for huawu; in other fields a kind that tells nothing gets no weight.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from analytics.grams import Known, Line, hashes, key_of, points_of
from analytics.words import normalise

NAMES = Path(__file__).parent / "names.txt"
#: Characters of a name, from and to, as normalised.
SHORTEST, LONGEST = 2, 12
#: Symbols of kinds lie above those of characters and of syllables.
_KIND = 1 << 33


class Places(NamedTuple):
    """Where names stand in a line: half-open spans of its symbols, ascending, and what each is read as."""

    first: np.ndarray
    last: np.ndarray
    kind: np.ndarray


class _Listed(NamedTuple):
    begun: Known  # the first two characters of every name
    known: Known
    kind: np.ndarray


def read_names(path: Path = NAMES) -> dict[str, str]:
    """Return the kind of each name, normalised; a name of two kinds has the first."""
    return {name: kind for kind, name in reversed([*_entries(path)])}


def kind_symbol(kind: str) -> int:
    """Return the symbol of a kind, the same in every process and wherever it stands in the file."""
    return _KIND + zlib.crc32(kind.encode())


def names_in(line: Line) -> Places:
    """Return the names in some texts; of those that overlap the first, and of these the longest."""
    listed = _listed()
    found: list[tuple[int, int, int]] = []
    begun = np.zeros(0, np.int64)
    for length, key in enumerate(hashes(line.code, LONGEST), start=1):
        if length < SHORTEST:
            continue
        if length == SHORTEST:
            begun, _ = listed.begun.find(key)
        # names begin at few places: only these are looked at for longer ones
        begun = begun[: np.searchsorted(begun, len(key))]
        hit, place = listed.known.find(key[begun])
        hit = begun[hit]
        inside = line.text[hit] == line.text[hit + length - 1]
        found += [(start, -length, name) for start, name in zip(hit[inside], place[inside], strict=True)]
    first, last, named = [], [], []
    end = 0
    for start, minus, name in sorted(found):
        if start >= end:
            end = start - minus
            first.append(start)
            last.append(end)
            named.append(name)
    return Places(np.array(first, np.int64), np.array(last, np.int64), listed.kind[np.array(named, np.int64)])


def _entries(path: Path) -> Iterator[tuple[str, str]]:
    kind = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[] ")
        elif not line.startswith("#"):
            for name in line.split():
                spoken = normalise(name).text
                if SHORTEST <= len(spoken) <= LONGEST:
                    yield kind, spoken


@cache
def _listed() -> _Listed:
    names = read_names()
    keys = _keys(names)
    begun = np.unique(_keys(name[:SHORTEST] for name in names))
    kind = np.array([kind_symbol(each) for each in names.values()], dtype=np.uint64)
    order = np.argsort(keys)
    return _Listed(Known(begun), Known(keys[order]), kind[order])


def _keys(names: Iterable[str]) -> np.ndarray:
    return np.array([key_of(points_of(name).astype(np.uint64)) for name in names], dtype=np.uint64)
