"""The clock: a phase every 5 ms, in which a quarter of the legs has its 20 ms.

No clock inside: the time is an argument. What was missed while the process stood still is made up for at
once, up to :data:`MOST_BEHIND`; more than that is left out, and the clock goes on from the present.
"""

from __future__ import annotations

import os

#: Phases of a frame, and seconds of each.
PHASES, PHASE = 4, 0.005
#: Seconds of a frame.
FRAME = PHASES * PHASE
#: Seconds that are made up for.
MOST_BEHIND = 0.2


class Tempo:
    """Tells which phase is due.

    Parameters
    ----------
    start : float
        Monotonic seconds of the first phase.
    """

    def __init__(self, start: float) -> None:
        self._start = start
        self._number = 0
        #: Frames that were left out, since the start.
        self.left_out = 0
        self._late: list[float] = []

    @property
    def due(self) -> float:
        """When the next phase is due."""
        return self._start + self._number * PHASE

    @property
    def phase(self) -> int:
        """Which phase is next, 0 to 3."""
        return self._number % PHASES

    @property
    def tick(self) -> int:
        """Number of the frame that the next phase belongs to."""
        return self._number // PHASES

    def catch_up(self, now: float) -> int:
        """Leave out what is too long ago; return how many frames that are."""
        behind = now - self.due
        if behind <= MOST_BEHIND:
            return 0
        frames = int(behind / FRAME)
        self._start += frames * FRAME
        self.left_out += frames
        return frames

    def done(self, now: float, *, sent: bool) -> None:
        """Go on to the next phase. ``now`` is when the last packet of this one was sent, if any was."""
        if sent:
            self._late.append(max(now - self.due, 0.0))
        self._number += 1

    def lateness(self) -> tuple[float, float]:
        """Return the 99th percentile and the maximum of the lateness since this was last asked, in ms."""
        late, self._late = sorted(self._late), []
        if not late:
            return 0.0, 0.0
        return 1000 * late[min(int(0.99 * len(late)), len(late) - 1)], 1000 * late[-1]


def ask_for_realtime(priority: int) -> str:
    """Ask the system for scheduling before everyone else; return what it permitted.

    Real-time first in, first out; else nice −10; else it stays normal. It holds for the calling thread and
    those that it starts from then on.

    Parameters
    ----------
    priority : int
        1 is the lowest of real time.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, -10)
        except OSError:
            return "normal"
        return "nice -10"
    return "fifo"
