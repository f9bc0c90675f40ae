"""Runs of one to three characters, or syllables, of many utterances at once.

A run is packed into one 64-bit number (21 bits a character, so no two runs share one), and counting,
looking up and placing them are array operations: a call of forty utterances costs some hundred
microseconds, and a model keeps its runs as a sorted array rather than as text.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from analytics.words import syllable

#: Longest run in characters: as many as fit into 64 bits.
LONGEST = 3

_BITS = 21
_MASK = (1 << _BITS) - 1
_PLANE = 0x10000
_POINTS = 0x110000
_HANZI = range(0x4E00, 0xA000)


@dataclass(frozen=True, slots=True)
class Characters:
    """The characters that count of several utterances, one after another.

    Attributes
    ----------
    code : uint64 array, shape (n,)
        Half-width, lower-case code points; every decimal digit is ``0``. Spaces and controls are left out.
    utterance : int array, shape (n,)
        Which utterance a character is of, ascending.
    place : int array, shape (n,)
        Its index in the text of that utterance.
    """

    code: np.ndarray
    utterance: np.ndarray
    place: np.ndarray


@dataclass(frozen=True, slots=True)
class Runs:
    """Every run of one to :data:`LONGEST` characters within an utterance.

    Attributes
    ----------
    key : uint64 array, shape (n,)
        The packed run.
    first : int array, shape (n,)
        Index of its first character in :class:`Characters`.
    length : int array, shape (n,)
    """

    key: np.ndarray
    first: np.ndarray
    length: np.ndarray


def read_characters(texts: Sequence[str]) -> Characters:
    """Return the characters of ``texts``; whatever Unicode holds is allowed."""
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    raw = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    utterance = np.repeat(np.arange(len(texts)), lengths)
    place = np.arange(len(raw)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    code = _plain()[raw]
    kept = code > 0
    return Characters(code[kept], utterance[kept], place[kept])


def runs_of(characters: Characters, symbols: np.ndarray | None = None) -> Runs:
    """Return all runs of ``characters``.

    Parameters
    ----------
    characters : Characters
    symbols : uint64 array, shape (n,), optional
        What to pack in place of the characters' codes, below 2**21 and not 0: see :func:`sounds_of`.
    """
    code = characters.code if symbols is None else symbols
    count = len(code)
    keys, firsts, lengths = [], [], []
    packed = code
    for length in range(1, LONGEST + 1):
        start = np.arange(max(count - length + 1, 0))
        end = start + length - 1
        if length > 1:
            packed = (packed[: len(start)] << np.uint64(_BITS)) | code[end]
        inside = characters.utterance[start] == characters.utterance[end]
        keys.append(packed[: len(start)][inside])
        firsts.append(start[inside])
        lengths.append(np.full(int(inside.sum()), length))
    return Runs(np.concatenate(keys), np.concatenate(firsts), np.concatenate(lengths))


def sounds_of(characters: Characters) -> np.ndarray:
    """Return a number for the toneless syllable of each Hanzi; other characters stand for themselves."""
    table = _sound_table()
    inside = characters.code < len(table)
    sound = characters.code.copy()
    sound[inside] = table[characters.code[inside].astype(np.int64)]
    return sound


def pack(run: str) -> int:
    """Return the key of a run of one to :data:`LONGEST` characters, as :func:`runs_of` would give it."""
    codes = read_characters([run]).code
    if not 1 <= len(codes) <= LONGEST or len(codes) != len(run):
        raise ValueError(f"{run!r} is not a run of 1 to {LONGEST} characters that count")
    key = 0
    for code in codes:
        key = key << _BITS | int(code)
    return key


def find_keys(known: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of those ``keys`` that are in the sorted array ``known``, and where there."""
    if not len(known):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    place = np.searchsorted(known, keys)
    place[place == len(known)] = 0
    hit = np.flatnonzero(known[place] == keys)
    return hit, place[hit]


def syllable_code(sound: str) -> int:
    """Return the number of a syllable, above every code point and below 2**21; the same in every run."""
    return _POINTS + zlib.crc32(sound.encode()) % (_MASK - _POINTS)


@cache
def _plain() -> np.ndarray:
    """Return code point → plain code point, 0 for what does not count."""
    table = np.arange(_POINTS, dtype=np.uint64)
    for point in range(_PLANE):
        character = chr(point)
        plain = unicodedata.normalize("NFKC", character).lower()
        if character.isdecimal():
            table[point] = ord("0")
        elif character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            table[point] = 0
        elif len(plain) == 1:
            table[point] = ord(plain)
    return table


@cache
def _sound_table() -> np.ndarray:
    """Return code point → syllable for the characters up to the last common Hanzi."""
    table = np.arange(_HANZI.stop, dtype=np.uint64)
    for point, sound in zip(_HANZI, _sounds(_HANZI), strict=True):
        if sound != chr(point):
            table[point] = syllable_code(sound)
    return table


def _sounds(points: Iterable[int]) -> list[str]:
    return [syllable(chr(point)) for point in points]
