"""Regular expressions that people write, with a limit on their size and on the time that they take."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

import regex

#: Characters of a pattern.
MAX_LENGTH = 500
#: Seconds that one utterance may take; an utterance of usual length takes some microseconds.
TIME_LIMIT = 0.05
#: Characters of an utterance that are looked at.
MAX_TEXT = 5_000
#: How often counts (``{n}``) may repeat a group within a group: the matcher writes out each repetition.
MAX_REPEATS = 10_000
#: Matches told of in one utterance.
MAX_MATCHES = 50

_COUNT = re.compile(r"\{([0-9]*)(?:,([0-9]*))?\}")


class PatternError(ValueError):
    """A pattern is no regular expression; the message says where."""


class PatternTimeout(PatternError):
    """A pattern took longer than :data:`TIME_LIMIT`."""


def check(pattern: str) -> None:
    """Refuse what cannot be used as a pattern.

    Raises
    ------
    PatternError
        It cannot be read, is too long, or matches where nothing is.
    """
    if compiled(pattern).fullmatch("") is not None:
        raise PatternError("it matches where nothing is said: ask for at least one character")


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> regex.Pattern[str]:
    """Return a pattern made ready; upper and lower case are the same.

    Raises
    ------
    PatternError
        It cannot be read or is too long.
    """
    if len(pattern) > MAX_LENGTH:
        raise PatternError(f"a pattern has at most {MAX_LENGTH} characters")
    counts = [max(int(low or 1), int(high or 1)) for low, high in _COUNT.findall(pattern)]
    if math.prod(counts) > MAX_REPEATS:
        raise PatternError(f"its counts repeat something more than {MAX_REPEATS} times: write smaller ones")
    try:
        return regex.compile(pattern, regex.IGNORECASE | regex.V0)
    except regex.error as error:
        raise PatternError(f"no regular expression: {error}") from None
    except (RecursionError, OverflowError, MemoryError):
        raise PatternError("no regular expression: too many brackets or counts") from None


def any_of(patterns: Sequence[str]) -> regex.Pattern[str]:
    """Return several patterns, checked before, as one that matches where any of them does."""
    if len(patterns) == 1:
        return compiled(patterns[0])
    return regex.compile("|".join(f"(?:{each})" for each in patterns), regex.IGNORECASE | regex.V0)


def spans(pattern: regex.Pattern[str], text: str) -> list[tuple[int, int]]:
    """Return where a pattern matches in the first :data:`MAX_TEXT` characters of a text.

    Raises
    ------
    PatternTimeout
        That takes longer than :data:`TIME_LIMIT`.
    """
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
    try:
        if pattern.search(text, timeout=TIME_LIMIT) is None:
            return []
        found = islice(pattern.finditer(text, timeout=TIME_LIMIT), MAX_MATCHES)
        return [match.span() for match in found if match.end() > match.start()]
    except TimeoutError:
        raise PatternTimeout(
            f"{pattern.pattern!r} takes more than {TIME_LIMIT:g} s on one utterance"
        ) from None
