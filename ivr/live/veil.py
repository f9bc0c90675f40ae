"""What of a caller's voice is kept: the media process is told whenever that changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ivr import actions
from ivr.doors import RATE
from ivr.privacy import Privacy

_AFTER = 0.001  # seconds by which a mask is lifted too late rather than too early


class Veil:
    """Follows :class:`ivr.privacy.Privacy` on a clock.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        Where it is used.
    now : callable
        Seconds since the call was answered.
    drawn : callable
        Told whether the caller's channel is silence from now on; at the beginning it is.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, now: Callable[[], float], drawn: Callable[[bool], None]
    ) -> None:
        self._loop = loop
        self._now = now
        self._drawn = drawn
        self._privacy = Privacy()
        self._message = False
        self._silent = True
        self._lift: asyncio.TimerHandle | None = None

    def take(self, action: actions.StartRecording | actions.Mask | actions.Unmask) -> None:
        """Do as the dialog asks."""
        self._privacy.take(action, self._sample)
        self._follow()

    def message(self, on: bool) -> None:
        """Keep what is left as a message: its own prompt has told the caller."""
        self._message = on
        self._follow()

    def close(self) -> None:
        """Follow no more."""
        if self._lift is not None:
            self._lift.cancel()
            self._lift = None

    @property
    def _sample(self) -> int:
        return round(self._now() * RATE)

    def _follow(self) -> None:
        self.close()
        silent = self._privacy.silent(self._sample, message=self._message)
        if silent != self._silent:
            self._silent = silent
            self._drawn(silent)
        if self._privacy.ends_at is not None:
            wait = max(self._privacy.ends_at - self._sample, 0) / RATE + _AFTER
            self._lift = self._loop.call_later(wait, self._follow)
