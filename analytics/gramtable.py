"""N-grams known by name, looked up many at a time in sorted arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from analytics.words import syllable, words_of

Points = npt.NDArray[np.uint64]
Columns = npt.NDArray[np.int64]

#: Stands between texts: in no normalised text.
_BREAK = "\n"
#: A character has so many bits in the key of a run.
_BITS = 21
_PRIVATE = 0xF0000


def points_of(text: str) -> Points:
    """Return the code points of a text, shape (len(text),)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)


def keys_of(points: Points, length: int) -> Points:
    """Return a number for each run of ``length`` characters, three at most."""
    places = max(len(points) - length + 1, 0)
    keys = np.zeros(places, np.uint64)
    for offset in range(length):
        keys = (keys << np.uint64(_BITS)) | points[offset : offset + places]
    return keys


class _Syllables(dict[int, str]):
    """Character → a private character for the name of its syllable; filled as characters are met."""

    def __init__(self) -> None:
        super().__init__({ord(_BREAK): _BREAK})
        self._letters: dict[str, str] = {}

    def __missing__(self, point: int) -> str:
        self[point] = self.letter(syllable(chr(point)))
        return self[point]

    def letter(self, name: str) -> str:
        # setdefault settles it if two threads meet a syllable at once
        return self._letters.get(name) or self._letters.setdefault(name, chr(_PRIVATE + len(self._letters)))


_SYLLABLES = _Syllables()


class GramTable:
    """The columns of units of text, as :func:`analytics.words.units` names them.

    Parameters
    ----------
    columns : mapping of str to int
        Column of each unit that is known.
    """

    def __init__(self, columns: Mapping[str, int]) -> None:
        self._words = {name[2:]: column for name, column in columns.items() if name.startswith("w:")}
        members: dict[tuple[str, int], dict[int, int]] = {}
        for name, column in columns.items():
            kind, said = name[:2], name[2:]
            if kind == "s:":
                said = "".join(map(_SYLLABLES.letter, said.split(" ")))
            if kind != "w:":
                key = int(keys_of(points_of(said), len(said))[0])
                members.setdefault((kind, len(said)), {})[key] = column
        self._tables = {
            view: (np.array(sorted(keys), np.uint64), np.array([keys[key] for key in sorted(keys)], np.int64))
            for view, keys in members.items()
        }

    def find(self, texts: Sequence[str]) -> tuple[Columns, Columns]:
        """Return text and column of every known unit of normalised texts, in no particular order."""
        joined = _BREAK.join(texts)
        points = {"c:": points_of(joined), "s:": points_of(joined.translate(_SYLLABLES))}
        owner = np.cumsum(points["c:"] == ord(_BREAK))
        told = [
            (number, self._words[word])
            for number, text in enumerate(texts)
            for word, start, end in words_of(text)
            if end - start > 1 and word in self._words
        ]
        found = [np.array(told, np.int64).reshape(-1, 2).T]
        for (kind, length), (keys, columns) in self._tables.items():
            sought = keys_of(points[kind], length)
            place = np.minimum(np.searchsorted(keys, sought), len(keys) - 1)
            start = np.flatnonzero(keys[place] == sought)
            found.append(np.stack([owner[start], columns[place[start]]]))
        text, column = np.concatenate(found, axis=1)
        return text, column
