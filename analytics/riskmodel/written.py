"""Texts as the risk model reads them: signs and all, since people shout with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np

from analytics.grams import Line, key_of, line_of

#: Longest run in characters.
LONGEST = 3

_PLANE = 0x10000
_POINTS = 0x110000


def written(texts: Sequence[str]) -> Line:
    """Return the characters of texts: half-width, lower case, every decimal digit ``0``.

    Spaces and controls are left out.
    """
    return line_of(texts, _plain())


def run_key(run: str) -> int:
    """Return the number of a run of one to :data:`LONGEST` characters.

    Raises
    ------
    ValueError
        It is no such run.
    """
    code = written([run]).code
    if not 1 <= len(code) <= LONGEST or len(code) != len(run):
        raise ValueError(f"{run!r} is not a run of 1 to {LONGEST} characters that count")
    return key_of(code)


@cache
def _plain() -> np.ndarray:
    """Return code point → plain code point, 0 for what does not count."""
    table = np.arange(_POINTS, dtype=np.uint32)
    for point in range(_PLANE):
        character = chr(point)
        plain = unicodedata.normalize("NFKC", character).lower()
        if character.isdecimal():
            table[point] = ord("0")
        elif character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Cs"):
            table[point] = 0
        elif len(plain) == 1:
            table[point] = ord(plain)
    return table
