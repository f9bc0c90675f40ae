"""Character and syllable n-grams of many texts at once, as hashed columns.

Cutting n-grams one by one in Python costs 100 µs an utterance; here all texts are one array of code
points, and the hash of every n-gram comes from that of the one a character shorter. The syllables are
toneless pinyin without punctuation: on them most homophone errors of a recogniser leave no mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.feeling.reader import BREAKS, plain
from analytics.words import default_tokeniser, syllable

#: Columns of a view: 2 to this power. Fewer would mix rare n-grams into the telling ones.
BITS = 20
COLUMNS = 1 << BITS
#: Lengths of the n-grams of the two views.
CHARACTERS = (1, 2, 3, 4)
SYLLABLES = (2, 3, 4)

_EDGE = "\n"
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_STEP = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(64 - BITS)


@dataclass(frozen=True, slots=True)
class View:
    """The n-grams of one view of some texts.

    Attributes
    ----------
    columns : int array, shape (n_lengths, n_places)
        Column of the n-gram of each length at each place; :data:`COLUMNS` where none begins.
    lengths : tuple of int
    text : int array, shape (n_places,)
        Text of each place, ascending.
    origin : int array, shape (n_places,)
        Index of the place's character in its text; -1 and its length for the edges.
    """

    columns: np.ndarray
    lengths: tuple[int, ...]
    text: np.ndarray
    origin: np.ndarray


def views(texts: Sequence[str]) -> tuple[View, View]:
    """Return the character view and the syllable view of ``texts``."""
    edged = [_EDGE + plain(text) + _EDGE for text in texts]
    codes = np.frombuffer("".join(edged).encode("utf-32-le", "surrogatepass"), np.uint32)
    lengths = np.array([len(text) for text in edged], dtype=np.int64)
    text = np.repeat(np.arange(len(texts)), lengths)
    first = np.cumsum(lengths) - lengths
    origin = np.arange(len(codes)) - np.repeat(first, lengths) - 1
    spoken = np.logical_and.reduce([codes != sign for sign in _SILENT])
    return (
        View(_hashed(codes, text, CHARACTERS), CHARACTERS, text, origin),
        View(
            _hashed(_sounds(codes[spoken]), text[spoken], SYLLABLES), SYLLABLES, text[spoken], origin[spoken]
        ),
    )


def word_view(texts: Sequence[str]) -> View:
    """Return the words of ``texts`` as a view: each stands at its first character.

    It costs as much as all else together, so that only models that ask for it have it.
    """
    tokeniser = default_tokeniser()
    text, origin, column = [], [], []
    for number, said in enumerate(texts):
        for word, start, end in tokeniser.words(plain(said)):
            if end - start > 1:
                text.append(number)
                origin.append(start)
                column.append(_stable(word) * 0x9E3779B1 >> 7 & (COLUMNS - 1))
    return View(
        np.array([column], dtype=np.int32).reshape(1, -1),
        (1,),
        np.array(text, dtype=np.int64),
        np.array(origin, dtype=np.int64),
    )


_SILENT = tuple(np.uint32(ord(sign)) for sign in BREAKS)


def _hashed(codes: np.ndarray, text: np.ndarray, lengths: tuple[int, ...]) -> np.ndarray:
    """Return the columns of the n-grams that begin at each place, shape (n_lengths, n_places)."""
    columns = np.full((len(lengths), len(codes)), COLUMNS, dtype=np.int32)
    if not len(codes):
        return columns
    letters = codes.astype(np.uint64) + np.uint64(1)
    hashed = letters * _STEP
    for length in range(1, max(lengths) + 1):
        if length > 1:
            if len(letters) < length:
                break
            hashed = hashed[:-1] * _STEP + letters[length - 1 :]
        if length in lengths:
            column = ((hashed ^ (hashed >> np.uint64(29))) * _MULTIPLIER >> _SHIFT).astype(np.int32)
            inside = text[: len(hashed)] == text[length - 1 :]
            columns[lengths.index(length), : len(hashed)] = np.where(inside, column, COLUMNS)
    return columns


#: Number of the syllable of a code point, -1 where it was not asked before; filled as texts come.
_sound_of = np.full(0x110000, -1, dtype=np.int32)
_numbers: dict[str, int] = {}


def _sounds(codes: np.ndarray) -> np.ndarray:
    """Return a number for the toneless syllable of each code point."""
    sounds = _sound_of[codes]
    if (sounds < 0).any():
        for code in np.unique(codes[sounds < 0]).tolist():
            spoken = syllable(chr(code)) if not 0xD800 <= code < 0xE000 else "?"
            _sound_of[code] = _numbers.setdefault(spoken, _stable(spoken))
        sounds = _sound_of[codes]
    return np.asarray(sounds)


def _stable(spoken: str) -> int:
    """Return a number of 31 bits for a syllable or a word, the same in every process."""
    number = 7
    for character in spoken:
        number = (number * 131 + ord(character)) & 0x7FFFFFFF
    return number
