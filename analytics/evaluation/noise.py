"""Text as a recogniser would have written it: characters replaced, lost and added at an asked rate.

What is done, exactly:

- Sites are drawn without replacement from all characters that count (letters, numerals, Hanzi; signs and
  spaces do not, as in :data:`speech.error_rate.DEFAULT`). No word is spared.
- 60 % of the errors are substitutions, 25 % deletions, 15 % insertions.
- Half of the substitutions sound alike: two thirds of these have the same toneless syllable, the rest a
  syllable that southern accents confuse with it (zh/z, ch/c, sh/s, n/l, r/l, f/h, in/ing, en/eng, an/ang).
  Which of the characters of that sound is written is drawn by how common each is, as a recogniser's
  language model would. A numeral sounds as it is read.
- The other half, and every insertion, is any common character, drawn by how common it is. A character
  without a fellow of its sound gets one of these too.
- Signs are taken away, since a recogniser writes none.

The errors that an alignment counts are fewer than those that were made: a deletion beside an insertion
is one substitution, and a replacement may repair. So the number of sites is corrected until the measured
rate, by edit distance over the whole corpus, is the asked one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import jieba
import numpy as np

from analytics.evaluation.distance import edit_distance
from analytics.sounds import near_syllable
from analytics.words import syllable
from calls.errors import AnalyticsError
from calls.records import Transcript
from speech.error_rate import DEFAULT

SUBSTITUTIONS, DELETIONS, INSERTIONS = 0.60, 0.25, 0.15
#: Of the substitutions, how many sound alike; of these, how many have the same syllable.
ALIKE, SAME_SYLLABLE = 0.5, 2 / 3
#: The highest rate that can be asked for: beyond it the measured rate hardly rises.
HIGHEST_RATE = 0.6
#: How near the measured rate must come, and after how many corrections that is given up.
NEAR_ENOUGH, CORRECTIONS = 0.001, 6

_KEEP, _ALIKE, _OTHER, _DELETE, _INSERT = range(5)
_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")


@dataclass(frozen=True, slots=True)
class Noise:
    """What was done to a corpus.

    ``asked`` and ``realised`` are character error rates, the second as measured by edit distance.
    ``substitutions`` (of which ``alike`` by sound), ``deletions`` and ``insertions`` are counted as made,
    over ``characters`` that count.
    """

    asked: float
    realised: float
    characters: int
    substitutions: int
    alike: int
    deletions: int
    insertions: int
    seed: int


def corrupt(texts: Sequence[str], rate: float, seed: int = 0) -> tuple[list[str], Noise]:
    """Return texts with the errors of a recogniser, and what was done.

    The same texts, rate and seed give the same errors.

    Parameters
    ----------
    texts : sequence of str
    rate : float in [0, 0.6]
        Character error rate over all texts together. 0 leaves the texts as they are, signs included.
    seed : int

    Raises
    ------
    AnalyticsError
        The rate is out of range.
    """
    if not 0.0 <= rate <= HIGHEST_RATE:
        raise AnalyticsError(f"character error rate {rate}", f"ask for one from 0 to {HIGHEST_RATE}")
    said = [DEFAULT(text) for text in texts]
    length = sum(map(len, said))
    if rate == 0.0 or not length:
        return list(texts), Noise(rate, 0.0, length, 0, 0, 0, 0, seed)
    sites = rate
    for _ in range(CORRECTIONS):
        heard, done = _corrupted(said, min(sites, 1.0), seed)
        errors = sum(edit_distance(one, other) for one, other in zip(said, heard, strict=True))
        realised = errors / length
        if abs(realised - rate) <= NEAR_ENOUGH or not errors:
            break
        sites *= rate / realised
    return heard, replace(done, asked=rate, realised=realised)


def corrupt_calls(calls: Sequence[Transcript], rate: float, seed: int = 0) -> tuple[list[Transcript], Noise]:
    """Return calls whose utterances have the errors of a recogniser, as :func:`corrupt`."""
    heard, noise = corrupt([each.text for call in calls for each in call.utterances], rate, seed)
    texts = iter(heard)
    return [
        replace(call, utterances=tuple(replace(each, text=next(texts)) for each in call.utterances))
        for call in calls
    ], noise


def _corrupted(said: Sequence[str], rate: float, seed: int) -> tuple[list[str], Noise]:
    rng = np.random.default_rng(seed)
    length = sum(map(len, said))
    errors = min(round(rate * length), length)
    kinds = np.full(length, _KEEP, dtype=np.int8)
    kinds[rng.permutation(length)[:errors]] = rng.permutation(_shares(errors))
    chances = rng.random((length, 2))
    common = _Common.of_jieba()
    heard, place = [], 0
    alike = 0
    for text in said:
        written = []
        for character in text:
            kind, (chance, nearness) = kinds[place], chances[place]
            place += 1
            if kind == _INSERT:
                written.append(common.draw(chance))
            if kind in (_KEEP, _INSERT):
                written.append(character)
            elif kind != _DELETE:
                fellow = common.fellow(character, chance, nearness) if kind == _ALIKE else ""
                alike += bool(fellow)
                written.append(fellow or common.draw(chance, other_than=character))
        heard.append("".join(written))
    made = np.bincount(kinds, minlength=5)
    return heard, Noise(
        rate,
        0.0,
        length,
        int(made[_ALIKE] + made[_OTHER]),
        alike,
        int(made[_DELETE]),
        int(made[_INSERT]),
        seed,
    )


def _shares(errors: int) -> np.ndarray:
    """Return the kinds of so many errors, in order of kind."""
    shares = np.array([SUBSTITUTIONS * ALIKE, SUBSTITUTIONS * (1 - ALIKE), DELETIONS, INSERTIONS])
    edges = np.rint(np.cumsum(shares) * errors).astype(int)
    return np.repeat(np.array([_ALIKE, _OTHER, _DELETE, _INSERT], dtype=np.int8), np.diff(edges, prepend=0))


class _Choice:
    """Characters with how common they are, drawn by a number in [0, 1)."""

    def __init__(self, counts: dict[str, int]) -> None:
        self._characters = sorted(counts)
        self._edges = np.cumsum([counts[each] for each in self._characters], dtype=float)

    def draw(self, chance: float, other_than: str = "") -> str:
        """Return a character, never ``other_than``; empty where there is no other."""
        if self._characters in ([], [other_than]):
            return ""
        number = int(np.searchsorted(self._edges, chance * self._edges[-1], side="right"))
        if self._characters[number] == other_than:
            number = (number + 1) % len(self._characters)
        return self._characters[number]


class _Common:
    """The 3,755 characters of GB 2312's first level, with how common they are in jieba's dictionary."""

    def __init__(self, counts: dict[str, int]) -> None:
        by_syllable: dict[str, dict[str, int]] = defaultdict(dict)
        by_near: dict[str, dict[str, int]] = defaultdict(dict)
        for character, count in counts.items():
            sound = syllable(character)
            by_syllable[sound][character] = count
            by_near[near_syllable(sound)][character] = count
        self._every = _Choice(counts)
        self._same = {sound: _Choice(each) for sound, each in by_syllable.items()}
        self._near = {
            sound: _Choice({c: n for c, n in by_near[near_syllable(sound)].items() if syllable(c) != sound})
            for sound in by_syllable
        }

    @staticmethod
    @cache
    def of_jieba() -> _Common:
        """Return the characters as jieba's dictionary has them."""
        with jieba.get_dict_file() as lines:
            entries = lines.read().decode("utf-8").split()
        words, frequencies = entries[0::3], np.array(entries[1::3], dtype=float)
        points = np.frombuffer("".join(words).encode("utf-32-le"), dtype="<u4")
        total = np.bincount(points, np.repeat(frequencies, [len(word) for word in words]), minlength=0x10000)
        characters = (
            bytes((high, low)).decode("gb2312")
            for high in range(0xB0, 0xD8)
            for low in range(0xA1, 0xFF if high < 0xD7 else 0xFA)
        )
        counts = {character: 1 + int(total[ord(character)]) for character in characters}
        return _Common(counts)

    def draw(self, chance: float, other_than: str = "") -> str:
        """Return any character but one."""
        return self._every.draw(chance, other_than)

    def fellow(self, character: str, chance: float, nearness: float) -> str:
        """Return a character that sounds alike; empty where there is none."""
        read = character.translate(_DIGITS)
        sound = syllable(read)
        if sound not in self._same:
            return ""
        ways = [self._same[sound], self._near[sound]]
        if nearness >= SAME_SYLLABLE:
            ways.reverse()
        return ways[0].draw(chance, read) or ways[1].draw(chance, read)
