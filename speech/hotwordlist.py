"""The user's hot words: names of products, places and people that a recogniser writes with other characters.

A text file holds one word a line, with a weight and other ways to say it if need be; ``#`` begins a comment::

    沃派
    畅爽冰激凌 1.5
    爱奇艺 = 爱骑艺, 爱奇异
    iPhone = 爱疯

A YAML file (``.yaml``, ``.yml``) says the same in fields::

    words:
      - 沃派
      - {word: iPhone, aliases: [爱疯], weight: 1.5}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator
from pypinyin import Style, lazy_pinyin

from calls.document import Section, read_document
from calls.errors import HotWordError, VoiceError
from speech.pinyin import syllable, syllables

#: Words and ways to say them of one list, bytes of its file, and syllables of a word at most.
MOST_WORDS, MOST_BYTES, LONGEST = 10_000, 1_000_000, 12
#: Syllables of a word at least: one syllable is some thirty characters.
SHORTEST = 2
LEAST_WEIGHT, MOST_WEIGHT = 0.1, 10.0

_LINE = re.compile(r"(?P<word>[^=]*?)(?:\s+(?P<weight>[0-9]+(?:\.[0-9]+)?))?\s*(?:[=＝](?P<aliases>.*))?")
_HANZI = re.compile("[〇\u3400-\u9fff]+")


@dataclass(frozen=True)
class HotWord:
    """A word that is to be recognised.

    Parameters
    ----------
    word : str
        As it is written.
    weight : float
        How willingly others are replaced by it, 0.1 to 10: it multiplies the confidence up to which words
        are doubted.
    aliases : tuple of str
        What may be heard instead, in Hanzi: 爱疯 for iPhone.

    Raises
    ------
    HotWordError
        It cannot be said, is shorter than :data:`SHORTEST` or longer than :data:`LONGEST` syllables, or its
        weight is out of range.
    """

    word: str
    weight: float = 1.0
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not LEAST_WEIGHT <= self.weight <= MOST_WEIGHT:
            raise HotWordError(
                f"hot word {self.word!r}: weight {self.weight:g} is not in {LEAST_WEIGHT} to {MOST_WEIGHT:g}",
                "1 is usual",
            )
        for said in (self.word, *self.aliases):
            if not said.strip():
                raise HotWordError(f"hot word {self.word!r}: there is an empty one", "leave it out")
        for reading in self.readings:
            if not SHORTEST <= len(reading) <= LONGEST:
                raise HotWordError(
                    f"hot word {self.word!r} has {len(reading)} syllables, not {SHORTEST} to {LONGEST}",
                    "write more of what is said with it" if len(reading) < SHORTEST else "write a part of it",
                )

    @cached_property
    def readings(self) -> tuple[tuple[str, ...], ...]:
        """The toneless syllables of the word and of its aliases, in each way that they may be read."""
        found: dict[tuple[str, ...], None] = {}
        for said in (self.word, *self.aliases):
            for reading in _readings(said):
                found[reading] = None
        return tuple(found)


def _readings(said: str) -> Iterable[tuple[str, ...]]:
    """Yield how a word is read: character by character, as texts are, and as a word where that differs."""
    if _HANZI.fullmatch(said):
        yield tuple(syllable(each) for each in said)
        yield tuple(lazy_pinyin(said, style=Style.NORMAL))
        return
    try:
        yield tuple(each.rstrip("12345") for each in syllables(said))
    except VoiceError as error:
        raise HotWordError(f"hot word {said!r}: {error.message}", error.hint) from None


class _Entry(Section):
    word: str
    weight: float = 1.0
    aliases: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _a_word_alone(cls, data: Any) -> Any:
        return {"word": data} if isinstance(data, str) else data


class _List(Section):
    words: Annotated[tuple[_Entry, ...], Field(max_length=MOST_WORDS)]


def read_hot_words(path: Path) -> tuple[HotWord, ...]:
    """Read a list of hot words; see the module for its form.

    Raises
    ------
    HotWordError
        The file cannot be read, is too large, or a line of it is wrong; the message names file and line.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise HotWordError(f"{path}: {error.strerror}", "name a file of hot words") from None
    if size > MOST_BYTES:
        raise HotWordError(f"{path} has {size:,} bytes, more than {MOST_BYTES:,}", "shorten it")
    found = _from_yaml(path) if path.suffix.lower() in (".yaml", ".yml") else _from_text(path)
    if len(found) > MOST_WORDS:
        raise HotWordError(f"{path}: {len(found):,} words are more than {MOST_WORDS:,}", "shorten it")
    return tuple({each.word: each for each in found}.values())


def _from_yaml(path: Path) -> Sequence[HotWord]:
    document = read_document(path, HotWordError)
    found = []
    for number, entry in enumerate(document.read_as(_List).words):
        try:
            found.append(HotWord(entry.word, entry.weight, entry.aliases))
        except HotWordError as error:
            raise document.complaint(("words", number), error.message, error.hint) from None
    return found


def _from_text(path: Path) -> Sequence[HotWord]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise HotWordError(f"{path}: {error.strerror}", "name a file of hot words") from None
    except UnicodeDecodeError as error:
        raise HotWordError(f"{path}: byte {error.start} is no UTF-8", "save it as UTF-8") from None
    found = []
    for number, line in enumerate(lines, 1):
        said = line.partition("#")[0].strip()
        match = _LINE.fullmatch(said)
        if not said or match is None:
            continue
        aliases = match["aliases"]
        try:
            found.append(
                HotWord(
                    match["word"].strip(),
                    float(match["weight"] or 1),
                    tuple(each.strip() for each in re.split("[,，、]", aliases))
                    if aliases is not None
                    else (),
                )
            )
        except HotWordError as error:
            raise HotWordError(f"{path}:{number}: {error.message}", error.hint) from None
    return found
