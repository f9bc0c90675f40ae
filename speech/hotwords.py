"""Hot words put back where a recogniser wrote other characters of their sound: in a view, never in the text.

A stretch of characters is replaced if it sounds like a hot word and the characters that would change were
recognised with doubt. The more the sounds differ the greater the doubt must be: the same syllables, tones
apart; syllables that much of China does not tell apart (z zh, c ch, s sh, n l, -n -ng, f h); or, in words of
three syllables and more, one syllable that shares the initial or the final. Four syllables and more do not
sound like a hot word by chance, whatever the recogniser thinks. What is part of a longer word that was
recognised with confidence stays, and so does what is a hot word already. A recogniser that tells no
confidence is believed.

Every folded syllable is one character of a private alphabet. So the sound of a text is a string as long as
the text, each stretch of it is looked up in a dictionary, and the time does not depend on the number of hot
words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, count
from typing import NamedTuple

from calls.records import Utterance
from speech.hotwordlist import HotWord
from speech.joining import word_spans
from speech.pinyin import folded, syllable
from speech.view import Edit

#: Confidence up to which a stretch is doubted: where it sounds the same, where accents make it so, and where
#: one syllable differs.
SAME, ALIKE, NEAR = 0.9, 0.8, 0.6
#: A word of two characters and more with at least this confidence is right.
SURE = 0.97
#: Syllables from which on one may differ, and from which on the sound alone is enough.
LONG, SURELY = 3, 4
#: Stands for any one syllable.
_ANY = "\0"


class _Alphabet(dict[int, str]):
    """Character → the private character of its folded sound; filled as characters are met."""

    def __init__(self) -> None:
        super().__init__()
        self._letters: dict[str, str] = {}
        self._next = count(0xE000)

    def __missing__(self, point: int) -> str:
        character = chr(point)
        name = syllable(character)
        self[point] = character if name == character else self.letter(name)
        return self[point]

    def letter(self, name: str) -> str:
        """Return the private character of a toneless syllable."""
        name = folded(name)
        # setdefault settles it if two threads meet a syllable at once
        return self._letters.get(name) or self._letters.setdefault(name, chr(next(self._next)))


_ALPHABET = _Alphabet()


class _Reading(NamedTuple):
    """One way to say a hot word."""

    word: HotWord
    syllables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """A stretch of an utterance that is taken for a hot word, and why.

    Attributes
    ----------
    start, end : int
        Half-open span of the utterance's text.
    said : str
        What was recognised there.
    word : HotWord
        What is shown instead.
    differing : int
        Syllables that differ, those included that are told apart in standard speech only.
    confidence : float
        Of what was recognised, mean over the characters that change.
    limit : float
        Up to which confidence it would have been replaced.
    """

    start: int
    end: int
    said: str
    word: HotWord
    differing: int
    confidence: float
    limit: float

    @property
    def edit(self) -> Edit:
        """The correction as an edit of the text."""
        pinyin = " ".join(map(syllable, self.said))
        sound = "the same sound" if not self.differing else f"{self.differing} syllable(s) differ"
        why = f"{self.said} ({pinyin}): {sound}, confidence {self.confidence:.2f} ≤ {self.limit:.2f}"
        return Edit(self.start, self.end, self.word.word, "hot-word", self.word.word, why)


class HotWords:
    """Finds what should have been hot words.

    Parameters
    ----------
    words : iterable of HotWord
    same, alike, near, sure : float
        Limits of confidence, see :data:`SAME` and the others.
    """

    def __init__(
        self,
        words: Iterable[HotWord],
        *,
        same: float = SAME,
        alike: float = ALIKE,
        near: float = NEAR,
        sure: float = SURE,
    ) -> None:
        self._limits = (same, alike, near)
        self._sure = sure
        self._exact: dict[str, list[_Reading]] = {}
        self._holed: dict[str, list[_Reading]] = {}
        self._literal: dict[int, set[str]] = {}
        heaviest = 1.0
        for word in words:
            heaviest = max(heaviest, word.weight)
            self._literal.setdefault(len(word.word), set()).add(word.word)
            for syllables in word.readings:
                reading = _Reading(word, syllables)
                sound = "".join(map(_ALPHABET.letter, syllables))
                self._exact.setdefault(sound, []).append(reading)
                if len(sound) >= LONG:
                    for place in range(len(sound)):
                        self._holed.setdefault(_holed(sound, place), []).append(reading)
        self._lengths = sorted({len(sound) for sound in self._exact}, reverse=True)
        self._heaviest = heaviest

    def corrections(self, utterance: Utterance) -> list[Correction]:
        """Return what is to be replaced in an utterance, in order of place, not overlapping.

        Without words that tell their confidence only long words and those of great weight are put in.
        """
        text = utterance.text
        doubt = _Doubt(utterance)
        near = self._limits[2] * self._heaviest
        low = [0, *accumulate(told <= near for told in doubt.confidence)]
        heard = text.translate(_ALPHABET)
        found: list[Correction] = []
        for length in self._lengths:
            for start in range(len(text) - length + 1):
                end = start + length
                readings = self._exact.get(heard[start:end], ())
                exact = bool(readings)
                if not exact and length >= LONG and low[end] > low[start]:
                    readings = self._nearly(text[start:end], heard[start:end])
                if readings and text[start:end] not in self._literal.get(length, ()):
                    judged = (self._judged(text, start, each, exact, doubt) for each in readings)
                    likely = [each for each in judged if each is not None]
                    if likely:
                        found.append(min(likely, key=_rank))
        return self._apart(text, found)

    def _nearly(self, said: str, sound: str) -> list[_Reading]:
        """Return the readings of which one syllable is another that shares the initial or the final."""
        return [
            reading
            for place in range(len(sound))
            for reading in self._holed.get(_holed(sound, place), ())
            if _kin(syllable(said[place]), reading.syllables[place])
        ]

    def _judged(
        self, text: str, start: int, reading: _Reading, exact: bool, doubt: _Doubt
    ) -> Correction | None:
        """Return the correction of the characters that begin at ``start``, if there is enough doubt."""
        hot, syllables = reading
        end = start + len(syllables)
        said = text[start:end]
        differing = sum(syllable(each) != other for each, other in zip(said, syllables, strict=True))
        limit = self._limits[2] if not exact else self._limits[1 if differing else 0]
        if exact and len(syllables) >= SURELY:
            limit = 1.0
        limit = min(1.0, limit * hot.weight)
        places = [*range(start, end)]
        if len(hot.word) == len(said):  # what is the same already need not be doubted
            places = [at for at, wanted in zip(places, hot.word, strict=True) if text[at] != wanted]
        confidence = sum(doubt.confidence[at] for at in places) / len(places)
        if confidence > limit or any(
            doubt.within[at] and doubt.confidence[at] > limit for at in (start, end)
        ):
            return None
        if limit < 1.0 and any(doubt.long[at] and doubt.confidence[at] >= self._sure for at in places):
            return None
        return Correction(start, end, said, hot, differing, round(confidence, 4), limit)

    def _apart(self, text: str, found: Sequence[Correction]) -> list[Correction]:
        """Return those that touch neither a hot word that is there already nor each other, best first."""
        if not found:
            return []
        taken = [False] * len(text)
        for length, words in self._literal.items():
            for start in range(len(text) - length + 1):
                if text[start : start + length] in words:
                    taken[start : start + length] = [True] * length
        kept = []
        for each in sorted(found, key=lambda each: (each.differing, each.start - each.end, each.start)):
            if not any(taken[each.start : each.end]):
                taken[each.start : each.end] = [True] * (each.end - each.start)
                kept.append(each)
        return sorted(kept, key=lambda each: each.start)


def _rank(correction: Correction) -> tuple[int, float, str]:
    return correction.differing, -correction.word.weight, correction.word.word


class _Doubt:
    """How sure each character of an utterance is; a recogniser that does not say is believed.

    ``long`` tells the characters of words that have several, ``within`` the places where a word goes on.
    """

    def __init__(self, utterance: Utterance) -> None:
        length = len(utterance.text)
        self.confidence = [1.0] * length
        self.long = [False] * length
        self.within = [False] * (length + 1)
        for start, end, word in word_spans(utterance.text, utterance.words):
            told = 1.0 if word.confidence is None else word.confidence
            self.confidence[start:end] = [told] * (end - start)
            if end - start > 1:
                self.long[start:end] = [True] * (end - start)
                self.within[start + 1 : end] = [True] * (end - start - 1)


def _holed(sound: str, place: int) -> str:
    return f"{sound[:place]}{_ANY}{sound[place + 1 :]}"


def _kin(one: str, other: str) -> bool:
    """Whether two syllables share the initial or the final."""
    (initial, final), (other_initial, other_final) = _parts(folded(one)), _parts(folded(other))
    return (initial == other_initial and initial != "") or final == other_final


def _parts(name: str) -> tuple[str, str]:
    initial = name[0] if name and name[0] not in "aeiouv" else ""
    return initial, name[len(initial) :]
