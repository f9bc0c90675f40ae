"""The one thread of the process: sippy's timers and our sockets, one after the other.

sippy comes with a loop that wakes by signals and cannot wait for sockets, so that all of them would need
threads. Here its dispatcher keeps the timers only.
"""

from __future__ import annotations

import selectors
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from heapq import heapify
from typing import Any

from sippy.Core.EventDispatcher import ED2
from sippy.Time.MonoTime import MonoTime
from sippy.Time.Timeout import Timeout

_LONGEST = 1.0


class Loop:
    """Turns until :meth:`stop`. ``note`` is told in a few words of what a handler could not do."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._selector = selectors.DefaultSelector()
        self._soon: deque[Callable[[], None]] = deque()
        self._stopped = False
        self._note = note

    def watch(
        self, file: Any, readable: Callable[[], None], writable: Callable[[], None] | None = None
    ) -> None:
        """Call ``readable`` when it can be read from, and ``writable``, if given, when written to."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if writable else 0)
        key = self._selector.get_map().get(file)
        if key is None:
            self._selector.register(file, events, (readable, writable))
        elif key.data != (readable, writable):
            self._selector.modify(file, events, (readable, writable))

    def forget(self, file: Any) -> None:
        """Watch it no more; before it is closed."""
        with suppress(KeyError, ValueError):  # not watched, or closed already
            self._selector.unregister(file)

    def soon(self, call: Callable[[], None]) -> None:
        """Call it after what is being worked on."""
        self._soon.append(call)

    def later(self, seconds: float, call: Callable[[], None]) -> Any:
        """Call it after ``seconds``; ``cancel()`` of what is returned prevents that."""
        return Timeout(call, max(0.0, seconds))

    def stop(self) -> None:
        """Come back from :meth:`run`; what is being worked on is finished."""
        self._stopped = True

    def run(self) -> None:
        """Turn until :meth:`stop`."""
        while not self._stopped:
            self.turn()

    def turn(self, longest: float = _LONGEST) -> None:
        """Wait for the next thing to do, but not longer than ``longest`` seconds, and do it."""
        for key, events in self._selector.select(min(longest, self._patience())):
            readable, writable = key.data
            if events & selectors.EVENT_READ:
                self._call(readable)
            if events & selectors.EVENT_WRITE and writable is not None:
                self._call(writable)
            self._settle()
        ED2.last_ts = MonoTime()
        ED2.dispatchTimers()
        self._settle()
        if ED2.twasted * 2 > len(ED2.tlisteners):
            ED2.tlisteners = [each for each in ED2.tlisteners if each.cb_func is not None]
            heapify(ED2.tlisteners)
            ED2.twasted = 0

    @property
    def timers(self) -> int:
        """How many timers run."""
        return sum(each.cb_func is not None for each in ED2.tlisteners)

    def close(self) -> None:
        """Give the descriptor back."""
        self._selector.close()

    def _patience(self) -> float:
        if self._soon or self._stopped:
            return 0.0
        if not ED2.tlisteners:
            return _LONGEST
        wait: float = ED2.tlisteners[0].etime.monot - MonoTime().monot if ED2.tlisteners[0].cb_func else 0.0
        return min(_LONGEST, max(0.0, wait))

    def _settle(self) -> None:
        while self._soon:
            self._call(self._soon.popleft())

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            self._note(f"a handler failed: {error!r}"[:200])
