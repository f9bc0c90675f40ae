"""Who keeps a session alive: us, half-way through its interval, or the party, for whom we wait to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ivr.sip.loop import Loop
from ivr.sip.timers import Interval


class Watch:
    """The timer of one session (RFC 4028).

    Parameters
    ----------
    refresh : callable
        Called when it is time for us to refresh.
    over : callable
        Called when the party should have, and did not.

    Attributes
    ----------
    interval : Interval or None
        What was agreed on last.
    """

    def __init__(self, refresh: Callable[[], None], over: Callable[[], None]) -> None:
        self.interval: Interval | None = None
        self._refresh, self._over = refresh, over
        self._timer: Any = None

    def watch(self, loop: Loop, interval: Interval | None) -> None:
        """Begin anew with what was agreed on now; None watches nothing."""
        self.stop()
        self.interval = interval
        if interval is not None:
            due = self._refresh if interval.ours else self._over
            self._timer = loop.later(interval.refresh_after if interval.ours else interval.over_after, due)

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
