"""What was said in a call, read once for all models that judge by what a recogniser would write."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analytics.grams import Line, points_of, runs_of, sounds_of
from analytics.words import NUMERALS

#: Symbols for the edges of a text.
BEGIN, END = 1, 2
#: Longest run in symbols.
LONGEST = 3
#: How a text is read: by its characters, or by its toneless syllables, on which most errors of a recogniser
#: leave no mark.
CHARACTERS, SOUNDS = 0, 1

#: Pseudonyms of places in published complaints (A市, B3县): they say where, not what.
PLACE = re.compile(rf"[a-z][{NUMERALS}]{{0,3}}[市区县]")
_LATIN = re.compile("[a-z]")


@dataclass(frozen=True, slots=True)
class Grams:
    """Runs of symbols that hold at least one character, with their places.

    Attributes
    ----------
    key : uint64 array, shape (n_grams,)
        The number of the run.
    view : int8 array, shape (n_grams,)
        :data:`CHARACTERS` or :data:`SOUNDS`; users of a reading may add their own.
    text : int array, shape (n_grams,)
        Which of the texts.
    start, end : int array, shape (n_grams,)
        Half-open span of characters.
    length : int array, shape (n_grams,)
        Symbols.
    """

    key: np.ndarray
    view: np.ndarray
    text: np.ndarray
    start: np.ndarray
    end: np.ndarray
    length: np.ndarray

    def __len__(self) -> int:
        return len(self.key)

    def take(self, places: np.ndarray | slice) -> Grams:
        """Return the runs at some places."""
        return Grams(*(getattr(self, name)[places] for name in self.__slots__))

    @classmethod
    def joined(cls, some: Sequence[Grams]) -> Grams:
        """Return runs one after another."""
        return cls(*(np.concatenate([getattr(each, name) for each in some]) for name in cls.__slots__))

    def inner(self) -> np.ndarray:
        """Tell which runs have no edge and no mark, a bool array of shape (n_grams,)."""
        return np.asarray(self.end - self.start >= self.length)


@dataclass(frozen=True, slots=True)
class Reading:
    """Normalised texts as symbols and runs.

    Attributes
    ----------
    lengths : int array, shape (n_texts,)
        Characters of each text.
    written : Line
        Per text: its beginning, its characters without pseudonyms of places, its mark, its end.
    grams : Grams
        The runs of one to three symbols under both views; that of sounds has no marks.
    """

    lengths: np.ndarray
    written: Line
    grams: Grams

    def __len__(self) -> int:
        return len(self.lengths)


def read(texts: Sequence[str], marks: Sequence[str] = ()) -> Reading:
    """Read normalised texts, and with each the mark that it ended with (:func:`mark_of`) where given."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    tails = [f"{mark}\x02" for mark in marks] if marks else ["\x02"] * len(texts)
    joined = "".join([f"\x01{text}{tail}" for text, tail in zip(texts, tails, strict=True)])
    code = points_of(joined)
    whole = lengths + np.fromiter(map(len, tails), np.int64, len(tails)) + 1
    text = np.repeat(np.arange(len(texts)), whole)
    place = np.arange(len(code)) - (np.cumsum(whole) - whole + 1)[text]
    limit = lengths[text]
    inside = (place >= 0) & (place < limit)
    written = Line(
        code.astype(np.uint64),
        text,
        np.minimum(np.maximum(place, 0), limit),
        np.minimum(place + 1, limit),
    )
    if _LATIN.search(joined) and PLACE.search(joined):
        kept = np.ones(len(code), bool)
        for match in PLACE.finditer(joined):
            kept[match.start() : match.end()] = False
        written, code, inside = written.kept(kept), code[kept], inside[kept]
        # an edge or a mark lies where the kept character beside it does
        for edge in np.flatnonzero(~inside).tolist():
            place = written.start[edge + 1] if code[edge] == BEGIN else written.end[edge - 1]
            written.start[edge] = written.end[edge] = place
    sounding = written.code.copy()
    sounding[inside] = sounds_of(code[inside])
    heard = written.kept(np.flatnonzero(inside | (code <= END)), sounding)
    grams = Grams.joined([grams_of(written, CHARACTERS), grams_of(heard, SOUNDS)])
    return Reading(lengths, written, grams)


def grams_of(line: Line, view: int) -> Grams:
    """Return the runs of one to three symbols of a line that hold a character, as runs of a view."""
    runs = runs_of(line, range(1, LONGEST + 1), view)
    start, end = line.start[runs.first], line.end[runs.first + runs.length - 1]
    held = np.flatnonzero(start < end)
    views = np.full(len(held), view, np.int8)
    first = runs.first[held]
    return Grams(runs.key[held], views, line.text[first], start[held], end[held], runs.length[held])


def mark_of(text: str) -> str:
    """Return the mark that a text as recognised or written ends with: ``?``, ``。`` or nothing."""
    last = text[-1:] if not text[-1:].isspace() else text.rstrip()[-1:]
    return "?" if last in ("?", "？") else "。" if last in ("。", ".") else ""
