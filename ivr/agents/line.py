"""A queue with the callers in it."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from calls.records import Queue
from ivr.agents.actions import Action, Moved


@dataclass(slots=True)
class Caller:
    """One who waits; times are seconds on the distributor's clock.

    Parameters
    ----------
    call : str
        Id of the call.
    line : Line
        Where.
    priority, number : int
        A higher priority stands before a lower one; of one priority the lower number.
    since : float
        When the wait began.
    original_position, position : int
        The place at the beginning, and the one that was told last; 0 before the first.
    tries : Counter
        How often each agent was rung for this caller.
    ringing : str or None
        The agent who is being rung.
    ring : int
        Number of that ring.
    rung_at, ring_until : float
        Since when, and until when.
    """

    call: str
    line: Line
    priority: int
    number: int
    since: float
    original_position: int = 0
    position: int = 0
    tries: Counter[str] = field(default_factory=Counter)
    ringing: str | None = None
    ring: int = 0
    rung_at: float = 0.0
    ring_until: float = 0.0

    @property
    def order(self) -> tuple[int, int]:
        """What callers are sorted by."""
        return -self.priority, self.number


class Line:
    """A queue and its callers, in order.

    Parameters
    ----------
    queue : Queue
        What it asks for.
    """

    def __init__(self, queue: Queue) -> None:
        self.queue = queue
        #: Since when nobody works for it; ``None`` while somebody does.
        self.empty_since: float | None = float("-inf")
        self._callers: list[Caller] = []
        self._moved = False

    def __iter__(self) -> Iterator[Caller]:
        return iter(self._callers)

    def __len__(self) -> int:
        return len(self._callers)

    def enter(self, caller: Caller) -> None:
        """Let a caller stand behind those of the same priority."""
        insort(self._callers, caller, key=lambda each: each.order)
        caller.original_position = self.place(caller)
        self._moved = True

    def leave(self, caller: Caller) -> None:
        """Let a caller go."""
        self._callers.remove(caller)
        self._moved = True

    def place(self, caller: Caller) -> int:
        """Return a caller's place, 1 is next."""
        return self._callers.index(caller) + 1

    def next(self) -> Caller | None:
        """Return the first caller for whom nobody is being rung."""
        return next((caller for caller in self._callers if caller.ringing is None), None)

    def moves(self) -> Iterator[Action]:
        """Yield the places that have changed since the last time."""
        if self._moved:
            self._moved = False
            for position, caller in enumerate(self._callers, start=1):
                if position != caller.position:
                    caller.position = position
                    yield Moved(caller.call, position)
