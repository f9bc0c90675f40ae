"""Answers of several parties to one INVITE of ours, which a proxy on the way has forked: pure.

The first 2xx makes the call; each further one, of another tag, is a dialog of its own, which is acknowledged
and hung up (RFC 3261, 13.2.2.4).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

#: Seconds after the first answer in which others may come (64 * T1).
OPEN = 32.0
#: Answered INVITEs that are remembered.
MOST = 50_000

#: Takes a further answer, and what it is remembered by if it comes again.
Taker = Callable[[Any, bytes], None]


class Forks:
    """INVITEs of ours that were answered not long ago."""

    def __init__(self) -> None:
        self._answered: dict[Hashable, tuple[float, str | None, Taker]] = {}

    def answered(self, invite: Hashable, tag: str | None, other: Taker, now: float) -> None:
        """Remember that an INVITE was answered by the party of that tag; ``other`` takes who else answers."""
        self._forget(now)
        self._answered[invite] = now + OPEN, tag, other

    def taker(self, invite: Hashable, tag: str | None, now: float) -> Taker | None:
        """Return who takes a 2xx of this tag, ``None`` where it is no further answer."""
        until, first, other = self._answered.get(invite, (now, tag, None))
        return other if now < until and tag != first else None

    def _forget(self, now: float) -> None:
        while self._answered:
            oldest = next(iter(self._answered))
            if self._answered[oldest][0] > now and len(self._answered) < MOST:
                return
            del self._answered[oldest]
