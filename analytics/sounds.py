"""Keywords found by their sound: what a recogniser writes with other characters of the same syllables.

Every distinct syllable is one character of a private alphabet, so the sound of a text is a string as long as
its normalised text, place by place, and looking for a keyword is looking for a piece of a string.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import accumulate, count
from typing import NamedTuple

from pypinyin import Style, lazy_pinyin

from analytics.words import NUMBER, normalise, syllable

Span = tuple[int, int]
_Reading = tuple[str, str, str]


class Tolerance(StrEnum):
    """How alike a text and a keyword must be."""

    LITERAL = "literal"  # the same characters
    EXACT = "exact"  # the same syllables, tones apart
    NEAR = "near"  # syllables that are one in some accents: see :func:`near_syllable`


class SoundHit(NamedTuple):
    """Where a keyword was found: half-open span of the original text, and whether it is written the same."""

    keyword: str
    start: int
    end: int
    literal: bool


#: Initials that speakers of southern dialects do not keep apart, and what stands for both.
_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l", "r": "l"}
#: f before a final sounds like hu before the same final: 飞 fei, 灰 hui.
_AFTER_F = {"a": "ua", "an": "uan", "ang": "uang", "ei": "ui", "en": "un", "eng": "ong", "o": "uo"}
_INITIAL = re.compile("[zcs]h|[nrf]")
_NASAL = re.compile("(?<=[iea])ng$")
#: 谢谢: normalising makes one 谢 of 谢谢谢谢, so such words are looked for in the original text too.
_DOUBLED = re.compile(r"(.)\1")
#: Between the texts of a call: in no normalised text.
_SEPARATOR = "\n"
#: From so many beginnings of keywords on it pays to note all pairs of a text first.
MANY = 100


def near_syllable(name: str) -> str:
    """Return one spelling for all syllables that are easily taken for each other.

    zh/z, ch/c, sh/s, n/l/r, f/h (fei/hui, feng/hong), and the endings in/ing, en/eng, an/ang.

    Parameters
    ----------
    name : str
        A toneless syllable, as of :func:`analytics.words.syllable`.
    """
    found = _INITIAL.match(name)
    if found is not None and found.end() < len(name):
        initial, final = found[0], name[found.end() :]
        name = "h" + _AFTER_F.get(final, final) if initial == "f" else _INITIALS[initial] + final
    return _NASAL.sub("n", name)


class _Alphabet(dict[int, str]):
    """Character → the private character of its sound; filled as characters are met, for str.translate."""

    def __init__(self, near: bool) -> None:
        super().__init__()
        self._near = near
        self._letters: dict[str, str] = {}
        self._next = count(0xE000)

    def __missing__(self, point: int) -> str:
        character = chr(point)
        name = character if character == NUMBER else syllable(character)
        self[point] = self.letter(name) if name != character else character
        return self[point]

    def letter(self, name: str) -> str:
        """Return the private character of a syllable."""
        if self._near:
            name = near_syllable(name)
        # setdefault settles it if two threads meet a syllable at once
        return self._letters.get(name) or self._letters.setdefault(name, chr(next(self._next)))


_ALPHABETS = {Tolerance.EXACT: _Alphabet(near=False), Tolerance.NEAR: _Alphabet(near=True)}


def sounds(text: str, tolerance: Tolerance = Tolerance.EXACT) -> str:
    """Return the sound of a *normalised* text, as long as the text.

    Two such strings may be compared, within one process and for one tolerance; they are not for people:
    those read :func:`pinyin`.
    """
    return text if tolerance is Tolerance.LITERAL else text.translate(_ALPHABETS[tolerance])


def pinyin(text: str) -> str:
    """Return the toneless syllables of a text of any kind, with spaces between: ``tou su``."""
    return " ".join(syllable(character) for character in normalise(text).text)


@lru_cache(maxsize=4096)
def readings(keyword: str, tolerance: Tolerance = Tolerance.EXACT) -> tuple[str, ...]:
    """Return the sounds that a keyword may have; none where nothing of it can be said.

    Its characters one by one as texts are read, and where it differs the reading of the word: 银行 is read
    yin xing by its characters, but who hears yin hang may write 银航. A keyword of one character is always
    literal, since some thirty characters share a syllable.
    """
    text = normalise(keyword).text
    if not text:
        return ()
    if len(text) == 1 or tolerance is Tolerance.LITERAL:
        return (text,)
    by_character = sounds(text, tolerance)
    if any(syllable(character) == character for character in text):
        return (by_character,)
    as_word = map(_ALPHABETS[tolerance].letter, lazy_pinyin(text, style=Style.NORMAL))
    return tuple(dict.fromkeys((by_character, "".join(as_word))))


def find_sounding(text: str, keyword: str, tolerance: Tolerance | str = Tolerance.EXACT) -> list[Span]:
    """Return where a keyword is said in a text, in any characters of its sound.

    Parameters
    ----------
    text, keyword : str
        As recognised or written; both are normalised: signs, fillers and stammering between the
        characters of a keyword do no harm.
    tolerance : Tolerance, default ``exact``
        A keyword of one character is found by that character only, whatever the tolerance.

    Returns
    -------
    list of (int, int)
        Half-open spans of ``text``, ascending, not overlapping.
    """
    tolerance = Tolerance(tolerance)
    spoken = normalise(text)
    found = set()
    for reading in readings(keyword, tolerance):
        heard = sounds(spoken.text, tolerance if len(reading) > 1 else Tolerance.LITERAL)
        found.update(_places(heard, reading))
    spans = {spoken.original_span(*span) for span in found}
    if _DOUBLED.search(keyword):
        spans.update(_places(text, keyword))
    return _apart(sorted(spans))


def _places(heard: str, reading: str) -> list[Span]:
    places = []
    start = heard.find(reading)
    while start >= 0:
        places.append((start, start + len(reading)))
        start = heard.find(reading, start + len(reading))
    return places


def _apart(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for start, end in spans:
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


class SoundIndex:
    """Finds many keywords in one pass over a text.

    Parameters
    ----------
    keywords : iterable of str, or mapping of str to Tolerance
        The keywords; in a mapping each with its own tolerance.
    tolerance : Tolerance, default ``exact``
        That of the keywords of an iterable.
    """

    def __init__(
        self, keywords: Iterable[str] | Mapping[str, Tolerance], tolerance: Tolerance | str = Tolerance.EXACT
    ) -> None:
        if not isinstance(keywords, Mapping):
            keywords = dict.fromkeys(keywords, Tolerance(tolerance))
        self._doubled = [keyword for keyword in keywords if _DOUBLED.search(keyword)]
        #: By tolerance: the first two letters of a reading (one, if it has no more) → the readings, each with
        #: its keyword as it is given and as it is when normalised.
        self._readings: dict[Tolerance, dict[str, list[_Reading]]] = {}
        for keyword, wanted in keywords.items():
            for reading in readings(keyword, Tolerance(wanted)):
                view = Tolerance(wanted) if len(reading) > 1 else Tolerance.LITERAL
                starts = self._readings.setdefault(view, {})
                starts.setdefault(reading[:2], []).append((reading, keyword, normalise(keyword).text))

    def find(self, text: str) -> list[SoundHit]:
        """Return every place of every keyword, ascending; places of different keywords may overlap."""
        return self.find_each([text])[0]

    def find_each(self, texts: Sequence[str]) -> list[list[SoundHit]]:
        """Return the same for every text of a call: all are looked at together, which is faster."""
        spoken = [normalise(text) for text in texts]
        joined = _SEPARATOR.join(each.text for each in spoken)
        ends = list(accumulate(len(each.text) + 1 for each in spoken))
        found: list[set[SoundHit]] = [set() for _ in texts]
        for tolerance, starts in self._readings.items():
            heard = sounds(joined, tolerance)
            for reading, keyword, plain in _candidates(heard, starts):
                for start, end in _places(heard, reading):
                    number = bisect_right(ends, start)
                    first = ends[number - 1] if number else 0
                    span = spoken[number].original_span(start - first, end - first)
                    found[number].add(SoundHit(keyword, *span, joined[start:end] == plain))
        if self._doubled:
            written = _SEPARATOR.join(texts)
            for keyword in self._doubled:
                if keyword in written:
                    for text, hits in zip(texts, found, strict=True):
                        hits.update(SoundHit(keyword, *place, True) for place in _places(text, keyword))
        return [sorted(hits, key=lambda hit: (hit.start, hit.end, hit.keyword)) for hits in found]


def _candidates(heard: str, starts: dict[str, list[_Reading]]) -> list[_Reading]:
    """Return the readings that occur."""
    begun: Iterable[str] = starts
    if len(starts) > MANY:
        begun = starts.keys() & {*heard, *(heard[place : place + 2] for place in range(len(heard)))}
    return [each for beginning in begun for each in starts[beginning] if each[0] in heard]
