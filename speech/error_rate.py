"""Character error rate with its alignment, after a normalisation that is said aloud.

The rate is (substitutions + deletions + insertions) / characters of the reference, by the
alignment with the fewest errors (Levenshtein 1966), of those the one with most hits. Published
Chinese rates differ by a point or more with what is removed before counting, so the normaliser is
an argument and never hidden.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Operation = Literal["hit", "substitution", "deletion", "insertion"]
Step = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Normaliser:
    """Steps that are applied to a text one after the other.

    >>> Normaliser((width, case)).then(without_spaces)("ＡＢ c")
    'abc'
    """

    steps: tuple[Step, ...]

    def __call__(self, text: str) -> str:
        """Return ``text`` after all steps."""
        for step in self.steps:
            text = step(text)
        return text

    def then(self, *steps: Step) -> Normaliser:
        """Return a normaliser that applies ``steps`` after its own."""
        return Normaliser((*self.steps, *steps))


def width(text: str) -> str:
    """Fold full-width and compatibility forms (Unicode NFKC): ``１Ａ`` → ``1A``."""
    return unicodedata.normalize("NFKC", text)


def case(text: str) -> str:
    """Fold case: ``WiFi`` → ``wifi``."""
    return text.casefold()


def without_punctuation(text: str) -> str:
    """Remove punctuation and symbols (Unicode categories P and S)."""
    return "".join(c for c in text if unicodedata.category(c)[0] not in "PS")


def without_spaces(text: str) -> str:
    """Remove white space, so that spaces between Chinese words do not count as characters."""
    return "".join(text.split())


_ERROR = 1 << 32  # more than any text has characters

#: Width, case, punctuation and spaces do not count; digits and Hanzi numerals stay different.
DEFAULT = Normaliser((width, case, without_punctuation, without_spaces))


@dataclass(frozen=True, slots=True)
class Aligned:
    """One step of an alignment; ``reference`` is empty for an insertion, ``hypothesis`` for a deletion."""

    operation: Operation
    reference: str
    hypothesis: str


@dataclass(frozen=True, slots=True)
class CharacterErrors:
    """What differs between a text and what was recognised of it.

    ``alignment`` is in order of the text. Errors of several texts are pooled by :func:`pooled`.
    """

    hits: int
    substitutions: int
    deletions: int
    insertions: int
    alignment: tuple[Aligned, ...] = ()

    @property
    def reference_length(self) -> int:
        """Characters of the reference after normalisation."""
        return self.hits + self.substitutions + self.deletions

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors per character of the reference; may exceed 1; infinite for insertions into nothing."""
        if self.reference_length:
            return self.errors / self.reference_length
        return math.inf if self.errors else 0.0


def character_error_rate(reference: str, hypothesis: str, normaliser: Step = DEFAULT) -> CharacterErrors:
    """Compare recognised text with what was said.

    Parameters
    ----------
    reference, hypothesis : str
        What was said; what was recognised.
    normaliser : callable, optional
        Applied to both.

    >>> character_error_rate("查询 余额。", "查 余鹅").rate
    0.5
    """
    said, heard = normaliser(reference), normaliser(hypothesis)
    alignment = _backtrace(said, heard, _distances(said, heard))
    count = {name: 0 for name in ("hit", "substitution", "deletion", "insertion")}
    for step in alignment:
        count[step.operation] += 1
    return CharacterErrors(
        count["hit"], count["substitution"], count["deletion"], count["insertion"], alignment
    )


def pooled(parts: Iterable[CharacterErrors]) -> CharacterErrors:
    """Return the errors of several texts together: long texts weigh more, as they should."""
    hits = substitutions = deletions = insertions = 0
    alignment: list[Aligned] = []
    for part in parts:
        hits += part.hits
        substitutions += part.substitutions
        deletions += part.deletions
        insertions += part.insertions
        alignment += part.alignment
    return CharacterErrors(hits, substitutions, deletions, insertions, tuple(alignment))


def _distances(said: str, heard: str) -> npt.NDArray[np.int64]:
    """Return the costs between all prefixes, shape (len(said) + 1, len(heard) + 1).

    An error costs ``_ERROR`` and a hit −1: of alignments with equally few errors the one with most hits.
    """
    columns = np.arange(len(heard) + 1, dtype=np.int64) * _ERROR
    letters = np.array([ord(c) for c in heard], dtype=np.int64)
    table = np.empty((len(said) + 1, len(heard) + 1), dtype=np.int64)
    table[0] = columns
    for row, letter in enumerate(said, start=1):
        above = table[row - 1]
        best = above + _ERROR
        best[1:] = np.minimum(best[1:], above[:-1] + np.where(letters == ord(letter), -1, _ERROR))
        # a run of insertions is the running minimum along the row, each step one dearer
        table[row] = np.minimum.accumulate(best - columns) + columns
    return table


def _backtrace(said: str, heard: str, table: npt.NDArray[np.int64]) -> tuple[Aligned, ...]:
    steps: list[Aligned] = []
    i, j = len(said), len(heard)
    while i or j:
        hit = i > 0 and j > 0 and said[i - 1] == heard[j - 1]
        if i and j and table[i, j] == table[i - 1, j - 1] + (-1 if hit else _ERROR):
            operation: Operation = "hit" if hit else "substitution"
            steps.append(Aligned(operation, said[i - 1], heard[j - 1]))
            i, j = i - 1, j - 1
        elif i and table[i, j] == table[i - 1, j] + _ERROR:
            steps.append(Aligned("deletion", said[i - 1], ""))
            i -= 1
        else:
            steps.append(Aligned("insertion", "", heard[j - 1]))
            j -= 1
    return tuple(reversed(steps))
