"""Runs of characters and of syllables as numbers, of many texts at once: what every model looks up.

All texts are one row of symbols, and the number of a run comes from that of the run one symbol shorter: so
counting, placing and looking up the runs of a whole call are a few array operations, and a model keeps the
runs that it knows as a sorted array rather than as text. A number is a 64-bit hash, the same in every
process.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analytics.words import syllable

_STEP = np.uint64(0xD6E8FEB86659FD93)
_STIR = np.uint64(0x9E3779B97F4A7C15)
_SALT = 0x5851F42D4C957F2D
_SHIFT = np.uint64(29)
_ALL = 0xFFFFFFFFFFFFFFFF
_PLANE = 0x10000


@dataclass(frozen=True, slots=True)
class Line:
    """The symbols of several texts, one text after another.

    Attributes
    ----------
    code : uint64 array, shape (n_symbols,)
        A code point, or what stands for it.
    text : int array, shape (n_symbols,)
        Which of the texts, ascending.
    start, end : int array, shape (n_symbols,)
        The half-open span of characters of its text that a symbol stands for.
    """

    code: np.ndarray
    text: np.ndarray
    start: np.ndarray
    end: np.ndarray

    def kept(self, mask: np.ndarray, code: np.ndarray | None = None) -> Line:
        """Return the symbols of a mask, shape (n_symbols,), with other codes where these are given."""
        code = self.code if code is None else code
        return Line(code[mask], self.text[mask], self.start[mask], self.end[mask])


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of symbols, each within one text.

    Attributes
    ----------
    key : uint64 array, shape (n_runs,)
        The number of the run.
    first : int array, shape (n_runs,)
        Its first symbol in the :class:`Line`.
    length : int array, shape (n_runs,)
        How many symbols it has.
    """

    key: np.ndarray
    first: np.ndarray
    length: np.ndarray


def line_of(texts: Sequence[str], table: np.ndarray | None = None) -> Line:
    """Return the characters of texts; whatever Unicode holds is allowed.

    Parameters
    ----------
    texts : sequence of str
    table : uint32 array, shape (0x110000,), optional
        What each code point is read as; 0 leaves it out.
    """
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    code = points_of("".join(texts))
    text = np.repeat(np.arange(len(texts)), lengths)
    start = np.arange(len(code)) - (np.cumsum(lengths) - lengths)[text]
    if table is not None:
        code = table[code]
        kept = np.flatnonzero(code)
        code, text, start = code[kept], text[kept], start[kept]
    return Line(code.astype(np.uint64), text, start, start + 1)


def points_of(text: str) -> np.ndarray:
    """Return the code points of a text, a uint32 array of shape (len(text),)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def hashes(code: np.ndarray, longest: int) -> Iterator[np.ndarray]:
    """Yield the numbers of the runs of 1, 2, … ``longest`` symbols that begin at each place.

    The last place of a longer run is earlier; there are fewer arrays where there are not so many symbols.
    """
    rolled = code * _STEP
    for length in range(1, min(longest, len(code)) + 1):
        if length > 1:
            rolled = rolled[:-1] * _STEP
            rolled += code[length - 1 :]
        mixed = rolled >> _SHIFT
        mixed ^= rolled
        mixed *= _STIR
        yield mixed


def runs_of(line: Line, lengths: Sequence[int], view: int = 0) -> Runs:
    """Return the runs of the given lengths that lie within one text, shorter ones first.

    Parameters
    ----------
    line : Line
    lengths : sequence of int
        Ascending.
    view : int, default 0
        Another number for each view of a text, so that no runs of two views have the same number.
    """
    keys, firsts, sizes = [], [], []
    for length, key in enumerate(hashes(line.code, lengths[-1]), start=1):
        if length not in lengths:
            continue
        first = np.flatnonzero(line.text[: len(key)] == line.text[length - 1 :])
        keys.append(key[first])
        firsts.append(first)
        sizes.append(np.full(len(first), length))
    if not keys:
        nothing = np.zeros(0, np.int64)
        return Runs(nothing.astype(np.uint64), nothing, nothing)
    salt = np.uint64(view * _SALT & _ALL)
    return Runs(np.concatenate(keys) ^ salt, np.concatenate(firsts), np.concatenate(sizes))


def key_of(code: np.ndarray) -> int:
    """Return the number of the run that is all of some symbols, one at least."""
    *_, last = hashes(code, len(code))
    return int(last[0])


#: Number of the syllable of each code point of the basic plane, 0 where it was not asked before.
_SYLLABLES = np.zeros(_PLANE, np.uint64)


def sounds_of(code: np.ndarray) -> np.ndarray:
    """Return a number for the toneless syllable of each code point, a uint64 array.

    Characters that have none stand for themselves.
    """
    wide = code >= _PLANE
    some_wide = bool(wide.any())
    near = np.where(wide, 0, code) if some_wide else code
    sounds = _SYLLABLES[near]
    if not sounds.all():
        for point in np.unique(near[sounds == 0]).tolist():
            _SYLLABLES[point] = syllable_code(chr(point))
        sounds = _SYLLABLES[near]
    return np.where(wide, code, sounds) if some_wide else sounds


def syllable_code(character: str) -> int:
    """Return the number of a character's syllable, above all code points; the same in every process."""
    name = syllable(character) if not "\ud800" <= character < "\ue000" else character
    return (1 << 32) + zlib.crc32(name.encode()) if name != character else max(ord(character), 1)


class Known:
    """The runs that a model knows, found by their first bits.

    Parameters
    ----------
    keys : uint64 array, shape (n_known,)
        Ascending, each once.
    """

    def __init__(self, keys: np.ndarray) -> None:
        bits = min(max((2 * len(keys)).bit_length(), 8), 20)
        self._shift = np.uint64(64 - bits)
        firsts = np.arange(1 << bits, dtype=np.uint64) << self._shift
        self._starts = np.searchsorted(keys, firsts).astype(np.int32)
        self._keys = np.append(keys, np.uint64(_ALL))

    def find(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the ascending indices of those ``keys`` that are known, and their places among the known."""
        # hashes lie evenly: the first bits say where to begin, and a step or two lead there
        place = self._starts.take((keys >> self._shift).astype(np.int64))
        there = self._keys.take(place)
        behind = np.flatnonzero(there < keys)
        while len(behind):
            steps = place[behind] + 1
            place[behind] = steps
            reached = self._keys.take(steps)
            there[behind] = reached
            behind = behind[reached < keys[behind]]
        hit = np.flatnonzero(there == keys)
        return hit, place[hit].astype(np.int64)
