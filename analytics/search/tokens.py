"""What was said as tokens of a full-text index: words, characters in a row, and sounds in a row.

- A *word* is one as jieba cuts the text, and every shorter word of two or three characters within it (jieba's
  search mode): 投诉 finds 去投诉你们, and 和服 does not find 产品和服务.
- A *run* is two neighbouring characters. Longer text is found as runs side by side, wherever words begin.
- A *sound* is two neighbouring toneless syllables, on which homophones leave no mark: 退宽 sounds as 退款.

The first sign of a token tells which it is; no ASCII numeral is left in folded text, so they never meet.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from pypinyin import Style, lazy_pinyin

from analytics.words import FILLERS, default_tokeniser, syllable

RUN, SOUND = "1", "2"
#: Between the syllables of a sound: fang an is not fan gan.
JOINT = "0"
#: Lengths of the shorter words that are looked for within a word.
_INNER = (2, 3)
#: Ways to cut pinyin that was written without blanks, at most.
SPELLINGS = 8

_FOLD = str.maketrans("0123456789幺〇", "零一二三四五六七八九一零")
_VOWELS = frozenset("aeiouv")


class _Folded(dict[int, str]):
    """Code point → what the index keeps of it; filled as characters are met, for str.translate."""

    def __missing__(self, point: int) -> str:
        plain = unicodedata.normalize("NFKC", chr(point)).lower().translate(_FOLD)
        kept = self[point] = "".join(each for each in plain if each.isalnum() and each not in FILLERS)
        return kept


_FOLDED = _Folded()


def folded(text: str) -> str:
    """Return a text as it is compared: half-width, lower case, numerals as Hanzi, no signs, no hesitations.

    幺 is 一. Unlike :func:`analytics.words.normalise` it keeps stammers and long numbers: who searches
    wants what is written.
    """
    return text.translate(_FOLDED)


def places(text: str) -> tuple[int, ...]:
    """Return, for each character of the folded text, its index in the text itself."""
    return tuple(place for place, raw in enumerate(text) for _ in _FOLDED[ord(raw)])


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one stretch of speech: those that have no order, and those at each place.

    ``runs`` and ``sounds`` have one entry for each pair of neighbouring characters, in order.
    """

    words: tuple[str, ...]
    runs: tuple[str, ...]
    sounds: tuple[str, ...]


@lru_cache(maxsize=8192)
def tokens(text: str) -> Tokens:
    """Return the tokens of one stretch of speech: an utterance, or what hidden parts leave of it."""
    said = folded(text)
    names = [syllable(each) for each in said]
    return Tokens(
        tuple(_words(said)),
        tuple(f"{RUN}{one}{two}" for one, two in pairwise(said)),
        tuple(f"{SOUND}{one}{JOINT}{two}" for one, two in pairwise(names)),
    )


def _words(said: str) -> Iterator[str]:
    tokeniser = default_tokeniser()
    for word, _, _ in tokeniser.words(said):
        yield word
        for length in _INNER:
            if len(word) <= length:
                break
            for first in range(len(word) - length + 1):
                inner = word[first : first + length]
                if tokeniser.frequency(inner):
                    yield inner


def is_word(said: str) -> bool:
    """Tell whether a folded text is one word, or a single character."""
    return len(said) == 1 or [word for word, _, _ in default_tokeniser().words(said)] == [said]


def run_tokens(said: str) -> list[str]:
    """Return the tokens that stand side by side wherever a folded text of two or more characters does."""
    return [f"{RUN}{one}{two}" for one, two in pairwise(said)]


def sound_tokens(names: Iterable[str]) -> list[str]:
    """Return the tokens that stand side by side wherever two or more syllables are said in a row."""
    return [f"{SOUND}{one}{JOINT}{two}" for one, two in pairwise(names)]


def readings(said: str) -> list[tuple[str, ...]]:
    """Return how a folded text may be said, as toneless syllables.

    Its characters one by one, as the index reads them; what the word as a whole is read as, where that
    differs (银行: yin hang); and pinyin that was typed in place of characters, cut into syllables.
    """
    if said.isascii() and (spelt := spellings(said)):
        return spelt
    by_character = tuple(syllable(each) for each in said)
    if any(name == each for name, each in zip(by_character, said, strict=True)):
        return [by_character]
    as_word = tuple(str(name) for name in lazy_pinyin(said, style=Style.NORMAL))
    return list(dict.fromkeys((by_character, as_word)))


def spellings(letters: str) -> list[tuple[str, ...]]:
    """Return the ways to cut pinyin without blanks into syllables, at most :data:`SPELLINGS`; or none."""
    known = _syllables()
    ways: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, len(letters) + 1):
        here = [
            (*before, letters[start:end])
            for start in range(max(0, end - 6), end)
            if letters[start:end] in known
            for before in ways[start]
        ]
        ways.append(sorted(here, key=len)[:SPELLINGS])
    return ways[-1]


@cache
def _syllables() -> frozenset[str]:
    """Return the syllables of the unified ideographs."""
    names = {syllable(chr(point)) for point in range(0x4E00, 0x9FA6)}
    return frozenset(name for name in names if name.isascii() and _VOWELS & {*name})
