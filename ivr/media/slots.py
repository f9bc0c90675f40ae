"""Which leg has which row of the arrays.

The rows are in groups, one for each phase of the clock at most. Passes over few rows cost nearly as much as
over many, so a group is filled up to :data:`COMFORTABLE` legs before the next one is begun; beyond that the
groups grow alike.
"""

from __future__ import annotations

import heapq

from ivr.media.tempo import PHASES

#: Legs of a group that are served well within a phase.
COMFORTABLE = 500
_ORDER = (0, 2, 1, 3)  # phases, far apart in time first


class Slots:
    """The rows.

    Parameters
    ----------
    count : int
        At least so many legs have room.
    """

    def __init__(self, count: int) -> None:
        groups = min(-(-count // COMFORTABLE), PHASES)
        self._size = -(-count // groups)
        self._order = _ORDER[:groups]
        self._first = {group: place * self._size for place, group in enumerate(self._order)}
        self._free = {group: list(range(self._size)) for group in self._order}
        self._used: dict[int, set[int]] = {group: set() for group in self._order}
        self._spans: dict[int, slice] = {}
        for group in _ORDER:
            self._measure(group)
        self._room = count

    @property
    def rows(self) -> int:
        """Rows of all groups together; a few more than legs where those do not divide."""
        return self._size * len(self._order)

    @property
    def used(self) -> int:
        """Rows that are taken."""
        return sum(map(len, self._used.values()))

    def span(self, group: int) -> slice:
        """Return the rows of the group of a phase, up to its last that is taken."""
        return self._spans[group]

    def group(self, slot: int) -> int:
        """Return the group of a row."""
        return self._order[slot // self._size]

    def take(self) -> int | None:
        """Return a row that is free, ``None`` where none is."""
        if self.used >= self._room:
            return None
        most = min(COMFORTABLE, self._size)
        group = next((each for each in self._order if len(self._used[each]) < most), None)
        if group is None:
            group = min(self._order, key=lambda each: len(self._used[each]))
        row = heapq.heappop(self._free[group])
        self._used[group].add(row)
        self._measure(group)
        return self._first[group] + row

    def give_back(self, slot: int) -> None:
        """Let a row be taken again."""
        group, row = self.group(slot), slot % self._size
        self._used[group].remove(row)
        heapq.heappush(self._free[group], row)
        self._measure(group)

    def _measure(self, group: int) -> None:
        first = self._first.get(group, 0)
        self._spans[group] = slice(first, first + max(self._used.get(group, ()), default=-1) + 1)
