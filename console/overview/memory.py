"""What is dear to compute is kept for a while: figures are looked at by many, and change slowly."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

R = TypeVar("R")


class Memory:
    """Keeps results for ``seconds``, the ``most`` used last; ``clock`` tells seconds.

    Two that ask for the same at once compute it once: the second waits.
    """

    def __init__(
        self, seconds: float = 60.0, most: int = 64, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._kept: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()
        self._lock = Lock()
        self._busy: dict[Hashable, Lock] = {}

    def get(self, key: Hashable, make: Callable[[], R]) -> R:
        """Return what ``make`` returned for this key, or make it now; an error is not kept."""
        with self._lock:
            gate = self._busy.setdefault(key, Lock())
        with gate:
            with self._lock:
                found = self._kept.get(key)
                if found is not None and self._clock() - found[0] < self._seconds:
                    self._kept.move_to_end(key)
                    value: R = found[1]
                    return value
            try:
                value = make()
            finally:
                with self._lock:
                    self._busy.pop(key, None)
            with self._lock:
                self._kept[key] = (self._clock(), value)
                self._kept.move_to_end(key)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            return value
