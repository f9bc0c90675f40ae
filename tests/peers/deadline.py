"""Waiting for something that another process does, never longer than is reasonable."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds between two looks at what tells nobody that it changed.
_LOOK = 0.005


class PeerError(AssertionError):
    """A peer did not do what the test needs of it."""


def until(look: Callable[[], T | None], seconds: float, what: str) -> T:
    """Return the first true thing that ``look`` returns.

    Raises
    ------
    PeerError
        There was none within ``seconds``; it names ``what`` was awaited.
    """
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise PeerError(f"not within {seconds:g} s: {what}")
        time.sleep(_LOOK)
    return found


class Deadline:
    """A moment by which something must have happened."""

    def __init__(self, seconds: float, what: str) -> None:
        self._seconds = seconds
        self._what = what
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that remain.

        Raises
        ------
        PeerError
            None do.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise PeerError(f"not within {self._seconds:g} s: {self._what}")
        return left
