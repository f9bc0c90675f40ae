"""Regular expressions that flow authors write: checked when the flow is read, bounded when they run.

A pattern such as ``(a|aa)+$`` takes longer than a call for the wrong input, and one such as
``((a{999}){999}){999}`` fills the memory before it has seen any. Both come from a file that people
write, so matching has a time limit and counting a limit of its own.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

import regex

#: Characters of a pattern.
MAX_LENGTH = 200
#: How often counts (``{n}``) may repeat a group within a group: the matcher writes out each repetition.
MAX_REPEATS = 10_000
#: Processor time for one match, in seconds. Matching a telephone number takes some microseconds.
TIME_LIMIT = 0.05

_COUNT = re.compile(r"(\)\s*)?\{([0-9]*)(?:,([0-9]*))?\}")


class PatternError(ValueError):
    """A pattern is no regular expression, or a larger one than a flow needs."""


class PatternTimeout(PatternError):
    """A match took longer than :data:`TIME_LIMIT`."""


def check(pattern: str) -> None:
    r"""Refuse what cannot be used as a pattern.

    Parameters
    ----------
    pattern : str
        At most :data:`MAX_LENGTH` characters on one line, in the syntax of Python's ``re``; ``\d`` and
        ``\w`` mean ASCII.

    Raises
    ------
    PatternError
        It cannot be read or is too large; the message says where and why.
    """
    _compiled(pattern)


def matches(pattern: str, value: str) -> bool:
    """Say whether the whole of ``value`` matches.

    Raises
    ------
    PatternTimeout
        That would take longer than :data:`TIME_LIMIT`.
    PatternError
        :func:`check` would have refused the pattern.
    """
    try:
        return _compiled(pattern).fullmatch(value, timeout=TIME_LIMIT) is not None
    except TimeoutError:
        raise PatternTimeout(
            f"the pattern {pattern!r} takes more than {TIME_LIMIT:g} s: "
            "a repetition within a repetition can be read in too many ways"
        ) from None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> regex.Pattern[str]:
    if len(pattern) > MAX_LENGTH or "\n" in pattern:
        raise PatternError(f"a pattern is one line of at most {MAX_LENGTH} characters")
    if _repeats(pattern) > MAX_REPEATS:
        raise PatternError(f"its counts repeat a group more than {MAX_REPEATS} times: write smaller ones")
    try:
        return regex.compile(pattern, regex.ASCII)
    except regex.error as error:
        raise PatternError(f"no regular expression: {error}") from None
    except RecursionError:
        raise PatternError("no regular expression: too many brackets") from None


def _repeats(pattern: str) -> int:
    """Return the most that the counts of ``pattern`` can repeat anything, were all groups nested."""
    counts = [(match[1], max(int(match[2] or 0), int(match[3] or 0))) for match in _COUNT.finditer(pattern)]
    return math.prod(max(count, 1) for group, count in counts if group) * max(
        (count for group, count in counts if not group), default=1
    )
