"""Which leg has which row of the arrays.

The rows are in four groups, one for each phase of the clock. A group is filled up to :data:`COMFORTABLE`
legs before the next one is begun: passes over few rows cost nearly as much as over many.
"""

from __future__ import annotations

import heapq

from ivr.media.tempo import PHASES

#: Legs of a group for which one pass pays well.
COMFORTABLE = 125
_ORDER = (0, 2, 1, 3)  # far apart in time first


class Slots:
    """The rows.

    Parameters
    ----------
    count : int
        At least so many legs have room.
    """

    def __init__(self, count: int) -> None:
        self._size = -(-count // PHASES)
        self._free = [list(range(self._size)) for _ in range(PHASES)]
        self._used: list[set[int]] = [set() for _ in range(PHASES)]
        self._room = count

    @property
    def rows(self) -> int:
        """Rows of all groups together, :data:`~ivr.media.tempo.PHASES` × the size of one."""
        return self._size * PHASES

    @property
    def used(self) -> int:
        """Rows that are taken."""
        return sum(map(len, self._used))

    def span(self, group: int) -> slice:
        """Return the rows of a group up to its last that is taken."""
        first = group * self._size
        return slice(first, first + max(self._used[group], default=-1) + 1)

    def group(self, slot: int) -> int:
        """Return the group of a row."""
        return slot // self._size

    def take(self) -> int | None:
        """Return a row that is free, ``None`` where none is."""
        if self.used >= self._room:
            return None
        most = min(COMFORTABLE, self._size)
        group = next((each for each in _ORDER if len(self._used[each]) < most), None)
        if group is None:
            group = min(_ORDER, key=lambda each: len(self._used[each]))
        row = heapq.heappop(self._free[group])
        self._used[group].add(row)
        return group * self._size + row

    def give_back(self, slot: int) -> None:
        """Let a row be taken again."""
        group, row = divmod(slot, self._size)
        self._used[group].remove(row)
        heapq.heappush(self._free[group], row)
