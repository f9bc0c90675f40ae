"""A loop whose clock a test turns."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import Any


class Handle:
    """As asyncio's."""

    def __init__(self, when: float, call: Callable[[], None]) -> None:
        self._when = when
        self.call: Callable[[], None] | None = call

    def when(self) -> float:
        return self._when

    def cancel(self) -> None:
        self.call = None


class TurnedLoop:
    """What the parts of a call need of a loop."""

    def __init__(self) -> None:
        self._now = 100.0
        self._queue: list[tuple[float, int, Handle]] = []
        self._count = itertools.count()

    def time(self) -> float:
        return self._now

    def call_later(self, seconds: float, call: Callable[..., None], *arguments: Any) -> Handle:
        handle = Handle(self._now + seconds, lambda: call(*arguments))
        heapq.heappush(self._queue, (handle.when(), next(self._count), handle))
        return handle

    def call_soon(self, call: Callable[..., None], *arguments: Any) -> Handle:
        return self.call_later(0.0, call, *arguments)

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        end = self._now + seconds
        while self._queue and self._queue[0][0] <= end:
            self._now, _, handle = heapq.heappop(self._queue)
            if handle.call is not None:
                handle.call()
        self._now = end
