"""The n-grams of a text as numbers, with their places: many at a time, without a Python loop per n-gram.

An n-gram is known by a 64-bit hash of its view and its parts; the place it has in the text is kept, so that
what a model makes of it can be shown. Four views are taken of the normalised text:

- ``characters``: runs of one to three, with the beginning and the end of each utterance as characters;
- ``numerals``: the same with every run of numerals as one character, only where there is one;
- ``sounds``: runs of one to three toneless syllables, on which most errors of a recogniser leave no mark;
- ``length``: how long the text is, for commands of a few words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from analytics.words import NUMBER, NUMERALS, Spoken, normalise, syllable

CHARACTERS, NUMERAL_RUNS, SOUNDS, LENGTH = range(4)
#: The views in the order of their numbers, with what each counts beside the others.
VIEWS = {"characters": 1.4, "numerals": 0.5, "sounds": 0.7, "length": 0.5}
LONGEST = 3
#: A text of so many characters and more is simply long.
LONG = 12

_BEGIN, _END, _NUMERAL = 1, 2, 3
_ASKED, _STATED = ord("?"), ord("。")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_STIR = np.uint64(0xBF58476D1CE4E5B9)
_SHIFT = np.uint64(29)
#: Pseudonyms of places in published complaints (A市, B3县): they say where, not what.
_PLACE = re.compile(rf"[a-z][{NUMERALS}]{{0,3}}[市区县]")
_LATIN = re.compile("[a-z]")


@dataclass(frozen=True, slots=True)
class Said:
    """A text made ready for its n-grams: normalised, without places, with the mark that it ends with."""

    spoken: Spoken
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Grams:
    """N-grams of several texts, in no particular order.

    Attributes
    ----------
    key : uint64 array, shape (n_grams,)
        Hash of view and parts.
    view : int8 array, shape (n_grams,)
        Number of the view in :data:`VIEWS`.
    text : int array, shape (n_grams,)
        Which of the texts.
    start, end : int array, shape (n_grams,)
        Half-open span of normalised characters in it; empty for an n-gram of no character.
    count : int
        How many texts there are.
    """

    key: np.ndarray
    view: np.ndarray
    text: np.ndarray
    start: np.ndarray
    end: np.ndarray
    count: int


def said(text: str) -> Said:
    """Make a text ready; what remains of it may be empty."""
    spoken = normalise(text)
    if _LATIN.search(spoken.text) and _PLACE.search(spoken.text):
        kept = np.ones(len(spoken.text), dtype=bool)
        for match in _PLACE.finditer(spoken.text):
            kept[match.start() : match.end()] = False
        places = np.flatnonzero(kept)
        spoken = Spoken(
            "".join(spoken.text[place] for place in places), tuple(spoken.origin[place] for place in places)
        )
    last = text.rstrip()[-1:]
    return Said(spoken, "?" if last in ("?", "？") else "。" if last in ("。", ".") else "")


def grams(texts: Sequence[Said]) -> Grams:
    """Return the n-grams of all texts under all views."""
    lengths = np.array([len(each.spoken.text) for each in texts], dtype=np.int64)
    marks = np.array([bool(each.mark) for each in texts], dtype=np.int64)
    # one row of characters for all texts: begin, the text, its mark if any, end
    line = "".join(f"\x01{each.spoken.text}{each.mark}\x02" for each in texts)
    codes = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    whole = lengths + marks + 2
    owner = np.repeat(np.arange(len(texts)), whole)
    first = np.cumsum(whole) - whole
    place = np.arange(len(codes)) - first[owner] - 1
    place = np.clip(place, 0, lengths[owner])
    after = np.minimum(place + 1, lengths[owner])
    after[codes == _BEGIN] = 0
    spoken = codes > _NUMERAL
    found = [_runs(codes, owner, place, after, CHARACTERS, spoken)]

    numeral = _IS_NUMERAL[np.minimum(codes, _WIDE)]
    if numeral.any():
        begins = numeral.copy()
        begins[1:] &= ~numeral[:-1]
        kept = begins | ~numeral
        classed = np.where(numeral, np.uint64(_NUMERAL), codes)[kept]
        last = np.append(np.flatnonzero(kept)[1:], len(codes)) - 1
        found.append(_runs(classed, owner[kept], place[kept], after[last], NUMERAL_RUNS, classed == _NUMERAL))

    sounding = codes.copy()
    inside = spoken & (codes != _ASKED) & (codes != _STATED)
    sounding[inside] = _SOUNDS.of(codes[inside])
    heard = inside | ~spoken
    found.append(_runs(sounding[heard], owner[heard], place[heard], after[heard], SOUNDS, inside[heard]))

    nothing = np.zeros(len(texts), dtype=np.int64)
    size = _hashed(np.minimum(lengths, LONG).astype(np.uint64), LENGTH * 8)
    found.append(
        Grams(size, np.full(len(texts), LENGTH, np.int8), np.arange(len(texts)), nothing, nothing, 0)
    )
    return Grams(
        np.concatenate([each.key for each in found]),
        np.concatenate([each.view for each in found]),
        np.concatenate([each.text for each in found]),
        np.concatenate([each.start for each in found]),
        np.concatenate([each.end for each in found]),
        len(texts),
    )


#: Characters beyond the basic plane (emoji, rare Hanzi) are looked up as this one, which is none.
_WIDE = np.uint64(0xFFFF)
_IS_NUMERAL = np.zeros(0x10000, dtype=bool)
_IS_NUMERAL[[ord(character) for character in NUMERALS + NUMBER]] = True


def _hashed(value: np.ndarray, salt: int) -> np.ndarray:
    """Return a 64-bit hash of each value, another one for each salt."""
    mixed = (value + np.uint64(salt + 1)) * _MULTIPLIER
    mixed ^= mixed >> _SHIFT
    mixed *= _STIR
    return np.asarray(mixed ^ (mixed >> _SHIFT))


def _runs(
    codes: np.ndarray, owner: np.ndarray, place: np.ndarray, after: np.ndarray, view: int, counted: np.ndarray
) -> Grams:
    """Return the runs of one to three codes within one text that hold a counted one."""
    keys, owners, starts, ends = [], [], [], []
    mixed = np.zeros(len(codes), dtype=np.uint64)
    holds = np.zeros(len(codes), dtype=bool)
    for length in range(1, LONGEST + 1):
        count = len(codes) - length + 1
        if count <= 0:
            break
        mixed = _hashed(mixed[:count] * _MULTIPLIER + codes[length - 1 :], view * 8 + length)
        holds = holds[:count] | counted[length - 1 :]
        kept = np.flatnonzero(holds & (owner[:count] == owner[length - 1 :]))
        keys.append(mixed[kept])
        owners.append(owner[kept])
        starts.append(place[kept])
        ends.append(after[kept + length - 1])
    if not keys:
        nothing = np.zeros(0, dtype=np.int64)
        return Grams(nothing.astype(np.uint64), nothing.astype(np.int8), nothing, nothing, nothing, 0)
    key = np.concatenate(keys)
    return Grams(
        key,
        np.full(len(key), view, np.int8),
        np.concatenate(owners),
        np.concatenate(starts),
        np.concatenate(ends),
        0,
    )


class _SoundTable:
    """The sound of each character as a number, found once a process; 0 is a character not met yet."""

    def __init__(self) -> None:
        self.known = np.zeros(0x10000, dtype=np.uint64)

    def of(self, codes: np.ndarray) -> np.ndarray:
        wide = codes >= len(self.known)
        numbers = self.known[np.where(wide, 0, codes)]
        numbers[wide] = codes[wide]
        if not numbers.all():
            for code in np.unique(codes[numbers == 0]).tolist():
                self.known[code] = _sound_number(chr(code))
            numbers = self.known[np.where(wide, 0, codes)]
            numbers[wide] = codes[wide]
        return np.asarray(numbers)


def _sound_number(character: str) -> int:
    name = syllable(character)
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=7).digest(), "big") + 16


_SOUNDS = _SoundTable()
