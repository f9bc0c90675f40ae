"""Spoken Chinese as features: normalised text, words, and the sounds behind the characters.

A recogniser writes homophones, no punctuation, and every hesitation. So a text is first normalised
(each character keeps its place in the original, that evidence may point there) and then read as words of a
domain dictionary, as characters, and as toneless pinyin syllables, on which most homophone errors leave
no mark.
"""

from __future__ import annotations

import logging
import re
import tempfile
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from math import inf, log
from pathlib import Path

import jieba
from platformdirs import user_cache_path, user_config_path

from speech.pinyin import syllable as syllable

#: The shipped domain dictionary and the user's own, one word a line (``word [frequency]``).
DOMAIN_WORDS = Path(__file__).parent / "words.txt"
USER_WORDS = user_config_path("huawu") / "words.txt"

#: Hesitations that carry nothing; 哎呀 and 唉 stay, they are feelings.
FILLERS = frozenset("嗯呃额啊哦噢唔诶")
NUMERALS = "零一二三四五六七八九幺两十百千万"
#: Stands for a run of seven or more numerals: which phone or order number it was does not matter.
NUMBER = "〇"

#: What jieba cuts at a time: Hanzi, here only where nothing of another script is beside them.
_HANZI = re.compile(
    "(?<![\u4e00-\u9fd5a-zA-Z0-9+#&._%-])([\u4e00-\u9fd5]+)(?![\u4e00-\u9fd5a-zA-Z0-9+#&._%-])"
)
_LONG_NUMBER = re.compile(f"[{NUMERALS}]{{7,}}")
_STAMMER = re.compile(r"(.)\1{2,}|(.{2,4}?)\2+")
#: What every stammer has, for a quick look.
_REPEATED = re.compile(r"(.)\1\1|(..)\2|(...)\3|(....)\4")
_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")


@dataclass(frozen=True, slots=True)
class Spoken:
    """Normalised text.

    ``origin[i]`` is the index in the original text of normalised character ``i``; same length as ``text``.
    """

    text: str
    origin: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the half-open span of the original text behind normalised characters [start, end)."""
        return self.origin[start], self.origin[end - 1] + 1


class _Spoken(dict[int, str]):
    """Code point → what is left of it when it is said; filled as characters are met, for str.translate."""

    def __missing__(self, point: int) -> str:
        plain = unicodedata.normalize("NFKC", chr(point)).lower().translate(_DIGITS)
        said = self[point] = "".join(each for each in plain if each.isalnum() and each not in FILLERS)
        return said


_SPOKEN = _Spoken()


@lru_cache(maxsize=8192)
def normalise(text: str) -> Spoken:
    """Return ``text`` as a recogniser would write it: half-width, digits as Hanzi, no signs, no stammer.

    Characters that are neither letters nor numerals fall away, and so do fillers, repetitions of one
    character more than twice (谢谢谢谢) and of a phrase of two to four characters (我要我要).
    """
    said = text.translate(_SPOKEN)
    origin = [place for place, raw in enumerate(text) for _ in _SPOKEN[ord(raw)]]
    if _LONG_NUMBER.search(said):
        said, origin = _shorten(said, origin, _LONG_NUMBER, NUMBER)
    if _REPEATED.search(said):
        said, origin = _shorten(said, origin, _STAMMER, None)
    return Spoken(said, tuple(origin))


def _shorten(
    text: str, origin: list[int], pattern: re.Pattern[str], replacement: str | None
) -> tuple[str, list[int]]:
    """Replace each match by ``replacement``, or by what was repeated in it; places are kept."""
    pieces: list[str] = []
    places: list[int] = []
    done = 0
    for match in pattern.finditer(text):
        once = replacement or match.group(1) or match.group(2)
        pieces += text[done : match.start()], once
        places += origin[done : match.start()] + origin[match.start() : match.start() + len(once)]
        done = match.end()
    return "".join([*pieces, text[done:]]), places + origin[done:]


#: Pieces of text whose odds are kept.
PIECES = 50_000
#: Stands for the odds of what no word begins with, and for odds below all others.
_NO_PREFIX, _NEVER = 1.0, -1e300


class Tokeniser:
    """Cuts normalised text into words, with jieba's dictionary plus the domain's.

    Parameters
    ----------
    word_files : sequence of Path, optional
        Dictionaries to add, one ``word [frequency]`` a line; those that do not exist are passed over.
    cache : Path, optional
        Where jieba keeps its parsed dictionary; the user's cache folder if not given.
    """

    def __init__(
        self, word_files: tuple[Path, ...] = (DOMAIN_WORDS, USER_WORDS), cache: Path | None = None
    ) -> None:
        # jieba reports every start on stderr, and a cache it cannot write with a traceback.
        jieba.setLogLevel(logging.CRITICAL)
        self._jieba = jieba.Tokenizer()
        self._jieba.tmp_dir = str(_writable(cache or user_cache_path("huawu")))
        self._jieba.cache_file = f"jieba-{version('jieba')}.cache"
        self._jieba.initialize()
        for path in word_files:
            if path.exists():
                self._add(path)
        self._odds: dict[str, float] = {}

    def _add(self, path: Path) -> None:
        for line in path.read_text("utf-8").splitlines():
            word, _, frequency = line.partition("#")[0].strip().partition(" ")
            if word:
                self._jieba.add_word(word, int(frequency) if frequency.strip().isdigit() else None)

    def frequency(self, word: str) -> int:
        """Return how often the dictionary counts a word, 0 for one that it does not know."""
        return int(self._jieba.FREQ.get(word) or 0)

    def words(self, text: str) -> Iterator[tuple[str, int, int]]:
        """Yield (word, start, end); the words lie side by side and cover ``text``."""
        start = 0
        for run in _HANZI.split(text):
            if not run:
                continue
            for word in self._cut(run) if _HANZI.fullmatch(run) else self._jieba.cut(run, HMM=False):
                yield word, start, start + len(word)
                start += len(word)

    def _cut(self, text: str) -> Iterator[str]:
        """Yield what jieba would cut out of Hanzi only, in a quarter of its time."""
        known, length = self._odds, len(text)
        odds, until = [0.0] * (length + 1), [0] * length
        for start in range(length - 1, -1, -1):
            best, last = _NEVER, start + 1
            for end in range(start + 1, length + 1):
                own = known.get(text[start:end])
                if own is None:
                    own = self._learn(text[start:end])
                if own > 0.0:
                    break
                chance = own + odds[end]
                if chance >= best:
                    best, last = chance, end
            odds[start] = best if best > _NEVER else odds[start + 1] - log(self._jieba.total)
            until[start] = last
        start = 0
        while start < length:
            yield text[start : until[start]]
            start = until[start]

    def _learn(self, piece: str) -> float:
        """Return, and keep, the log-odds of a piece of text, or what tells that it is no word."""
        count = self._jieba.FREQ.get(piece)
        if len(self._odds) >= PIECES:
            self._odds.clear()
        own = _NO_PREFIX if count is None else log(count) - log(self._jieba.total) if count else -inf
        self._odds[piece] = own
        return own


def _writable(folder: Path) -> Path:
    """Return ``folder``, made if missing, or the system's temporary folder where that is not allowed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir())
    return folder


@cache
def default_tokeniser() -> Tokeniser:
    """Return the tokeniser that the judges share; jieba's dictionary is loaded once a process."""
    return Tokeniser()


@lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[tuple[str, int, int], ...]:
    """Return (word, start, end) for each word of a text, as the shared tokeniser cuts it."""
    return tuple(default_tokeniser().words(text))
