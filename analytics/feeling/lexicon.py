"""The polarity lexicon: words that please or displease, and words that change what others are worth.

All entries under ``lexicon/`` were written for this project from knowledge of the language; none was
taken from a published list or from rows of a data set. A file holds sections ``[kind strength]`` with
words between spaces; ``adjectives.txt`` says what short adjectives are worth after which nouns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from calls.errors import HuawuError

FOLDER = Path(__file__).parent / "lexicon"
FILES = ("positive.txt", "negative.txt", "abuse.txt", "modifiers.txt")
ADJECTIVES = "adjectives.txt"

#: Kinds of entries that say something about the mood by themselves.
WORD, ABUSE, THREAT, TROUBLE, STANCE = "word", "abuse", "threat", "trouble", "stance"
POLAR = (WORD, ABUSE, THREAT, TROUBLE, STANCE)
#: Kinds that change their neighbours, and ``neutral``, which hides the shorter words inside it.
DEGREE, NEGATOR, SUFFIX, CONTRAST = "degree", "negator", "suffix", "contrast"
CONCESSION, WISH, QUESTION, FILL, NEUTRAL = "concession", "wish", "question", "fill", "neutral"
MODIFIERS = (DEGREE, NEGATOR, SUFFIX, CONTRAST, CONCESSION, WISH, QUESTION, FILL, NEUTRAL)


class LexiconError(HuawuError):
    """A line of the polarity lexicon is wrong."""


@dataclass(frozen=True, slots=True)
class Entry:
    """All that the lexicon knows of one word.

    Attributes
    ----------
    polar : str
        One of :data:`POLAR`, or ``""``.
    strength : float
        Of a polar word, -4 (abuse) to 3 (praise).
    factors : mapping of str to float
        The kinds of :data:`MODIFIERS` that the word has, each with its factor (1 where none is given).
    nouns : tuple of int
        Numbers of the noun's groups in ``adjectives.txt``, counted from 1.
    worth : mapping of int to float
        Of a short adjective, by group of the noun before it; 0 is the worth without one.
    """

    polar: str = ""
    strength: float = 0.0
    factors: Mapping[str, float] = field(default_factory=dict)
    nouns: tuple[int, ...] = ()
    worth: Mapping[int, float] = field(default_factory=dict)


#: A tree of characters; the entry of a word that ends at a node is under ``""``.
Tree = dict[str, Any]


class Lexicon:
    """The entries of a folder of lexicon files.

    Parameters
    ----------
    folder : Path, optional
        The shipped lexicon if not given.

    Raises
    ------
    LexiconError
        A section is unknown or a strength is no number; the message names file, line and the known kinds.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self.entries: dict[str, Entry] = {}
        for name in FILES:
            self._read_words(folder / name)
        self._read_adjectives(folder / ADJECTIVES)
        self.tree: Tree = {}
        for word, entry in self.entries.items():
            node = self.tree
            for character in word:
                node = node.setdefault(character, {})
            node[""] = entry

    def _read_words(self, path: Path) -> None:
        kind, strength = "", 1.0
        for where, line in _lines(path):
            if line.startswith("["):
                kind, strength = _section(where, line, (*POLAR, *MODIFIERS))
                continue
            for word in line.split():
                entry = self.entries.get(word, Entry())
                if kind in POLAR:
                    # abuse.txt comes last: what is an insult is not merely a bad word.
                    entry = replace(entry, polar=kind, strength=strength)
                elif kind == NEUTRAL:
                    entry = replace(entry, polar="", strength=0.0, factors={**entry.factors, NEUTRAL: 1.0})
                else:
                    entry = replace(entry, factors={**entry.factors, kind: strength})
                self.entries[word] = entry

    def _read_adjectives(self, path: Path) -> None:
        group, worth = -1, 0.0
        for where, line in _lines(path):
            if line.startswith("["):
                group += 1
                for noun in line.strip("[]").split()[1:]:
                    entry = self.entries.get(noun, Entry())
                    self.entries[noun] = replace(entry, nouns=(*entry.nouns, group))
                continue
            number, *words = line.split()
            worth = _number(where, number)
            for word in words:
                entry = self.entries.get(word, Entry())
                self.entries[word] = replace(entry, worth={**entry.worth, group: worth})


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            yield f"{path}:{number}", line


def _section(where: str, line: str, kinds: tuple[str, ...]) -> tuple[str, float]:
    kind, *strength = line.strip("[]").split()
    if kind not in kinds:
        raise LexiconError(f"{where}: section {kind!r} is unknown", f"use one of {', '.join(kinds)}")
    return kind, _number(where, strength[0]) if strength else 1.0


def _number(where: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise LexiconError(f"{where}: {text!r} is no number", "write a strength such as +2 or -1.5") from None


@cache
def default_lexicon() -> Lexicon:
    """Return the shipped lexicon; it is read once a process."""
    return Lexicon()
