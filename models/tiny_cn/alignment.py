"""When each phone of a spoken sentence begins, from espeak-ng's phoneme events.

espeak-ng changes phonemes at syllable borders, so its events are matched to those of the syllables
said one by one (Levenshtein alignment): the first event of a syllable begins its initial, the second
its final.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.tiny_cn.lexicon import SILENCE, phones
from speech.espeak import PINYIN_VOICE, SAMPLE_RATE, Espeak, PhonemeMark, Spoken

#: A sentence whose events differ more than this from its syllables', per event, is not used.
_MAX_COST = 0.25
#: A shorter pause between two sounds is not silence.
_MIN_PAUSE = 0.045
_PAUSES = frozenset({"_:", "_"})
_IGNORED = frozenset({"", ";"})


@dataclass(frozen=True, slots=True)
class Segment:
    """A phone, or silence, and when it begins in seconds; it lasts until the next one."""

    phone: str
    start: float


class Aligner:
    """Finds phone times; remembers the events of each syllable.

    Parameters
    ----------
    espeak : Espeak
        Says the syllables one by one.
    """

    def __init__(self, espeak: Espeak) -> None:
        self._espeak = espeak
        self._events: dict[str, tuple[str, ...]] = {}

    def segments(self, spoken: Spoken, syllables: Sequence[str]) -> list[Segment] | None:
        """Return the segments of ``spoken``, or ``None`` where its events do not fit ``syllables``."""
        expected: list[str] = []
        origins: list[tuple[int, int]] = []  # syllable, phone within it (2: no phone begins here)
        for number, syllable in enumerate(syllables):
            count = len(phones(syllable))
            for place, name in enumerate(self._syllable_events(syllable)):
                expected.append(name)
                origins.append((number, place if place < count else 2))
        sounds = [mark for mark in spoken.phonemes if _bare(mark) not in _IGNORED and mark.name[0] != "_"]
        pairs, cost = _align(expected, [_bare(mark) for mark in sounds])
        if cost > _MAX_COST * len(expected) + 0.5:
            return None
        starts = {origins[i]: sounds[j].start_seconds for i, j in pairs if origins[i][1] < 2}
        segments = []
        for number, syllable in enumerate(syllables):
            for place, phone in enumerate(phones(syllable)):
                if (number, place) not in starts:
                    return None
                segments.append(Segment(phone, starts[number, place]))
        return sorted([*segments, *_pauses(spoken)], key=lambda segment: segment.start)

    def _syllable_events(self, syllable: str) -> tuple[str, ...]:
        if syllable not in self._events:
            spoken = self._espeak.speak(syllable, PINYIN_VOICE, 175, 50, 50)
            names = (_bare(mark) for mark in spoken.phonemes if not mark.name.startswith("_"))
            self._events[syllable] = tuple(name for name in names if name not in _IGNORED)
        return self._events[syllable]


def _bare(mark: PhonemeMark) -> str:
    """Return the phoneme without stress and tone marks."""
    return mark.name.rstrip("0123456789").lstrip("',")


def _pauses(spoken: Spoken) -> list[Segment]:
    found = []
    for number, mark in enumerate(spoken.phonemes):
        if mark.name in _PAUSES:
            after = [m.start_seconds for m in spoken.phonemes[number + 1 :] if not m.name.startswith("_")]
            end = after[0] if after else len(spoken.samples) / SAMPLE_RATE
            if not after or end - mark.start_seconds > _MIN_PAUSE:
                found.append(Segment(SILENCE, mark.start_seconds))
    return found


def _align(expected: Sequence[str], actual: Sequence[str]) -> tuple[list[tuple[int, int]], float]:
    """Return matched index pairs and the cost of the cheapest alignment."""
    if list(expected) == list(actual):
        return [(i, i) for i in range(len(expected))], 0.0
    rows, columns = len(expected) + 1, len(actual) + 1
    cost = [[float(i + j) for j in range(columns)] for i in range(rows)]
    for i in range(1, rows):
        for j in range(1, columns):
            swap = cost[i - 1][j - 1] + _substitution(expected[i - 1], actual[j - 1])
            cost[i][j] = min(swap, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    pairs = []
    i, j = rows - 1, columns - 1
    while i and j:
        if cost[i][j] == cost[i - 1][j - 1] + _substitution(expected[i - 1], actual[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs, cost[-1][-1]


def _substitution(expected: str, actual: str) -> float:
    if expected == actual:
        return 0.0
    return 0.6 if expected[0] == actual[0] else 1.2
