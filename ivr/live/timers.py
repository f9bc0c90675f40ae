"""The timers of a call, which stand still while the caller has put us on hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Timers:
    """Numbered timers on a loop.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        Whose clock counts.
    ended : callable
        Told the number of each that ends.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ended: Callable[[int], None]) -> None:
        self._loop = loop
        self._told = ended
        self._running: dict[int, asyncio.TimerHandle] = {}
        self._stopped: dict[int, float] | None = None

    @property
    def standing_still(self) -> bool:
        """Whether time stands still."""
        return self._stopped is not None

    def __len__(self) -> int:
        return len(self._running) + len(self._stopped or ())

    def start(self, timer: int, seconds: float) -> None:
        """Start a timer."""
        if self._stopped is not None:
            self._stopped[timer] = seconds
        else:
            self._running[timer] = self._loop.call_later(seconds, self._ended, timer)

    def cancel(self, timer: int) -> None:
        """Stop it, if it runs."""
        if self._stopped is not None:
            self._stopped.pop(timer, None)
        handle = self._running.pop(timer, None)
        if handle is not None:
            handle.cancel()

    def stand_still(self) -> None:
        """Let no time pass until :meth:`go_on`."""
        now = self._loop.time()
        left = {timer: handle.when() - now for timer, handle in self._running.items()}
        self.clear()
        self._stopped = left

    def go_on(self) -> None:
        """Let time pass again."""
        stopped, self._stopped = self._stopped, None
        for timer, seconds in (stopped or {}).items():
            self.start(timer, seconds)

    def clear(self) -> None:
        """Stop all of them."""
        for handle in self._running.values():
            handle.cancel()
        self._running.clear()
        self._stopped = None

    def _ended(self, timer: int) -> None:
        del self._running[timer]
        self._told(timer)
