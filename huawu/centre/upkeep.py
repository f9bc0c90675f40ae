"""Which process of a centre is to be started, started again or ended, and when.

No process, no signal and no clock in here: :class:`Upkeep` is told what happened and when, in seconds of
any clock that does not jump, and answers what to do.
"""

from __future__ import annotations

import math
import signal
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

#: Pause before a process is started again, in seconds: doubled with each early end in a row.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
#: Seconds that a process has to run for its earlier ends to be forgotten.
STEADY = 60.0
#: Seconds that a process has for getting ready: the largest models take a minute to load.
PATIENCE = 120.0
#: Seconds beyond the drain for the engine to end by itself.
DRAIN_MARGIN = 30.0
#: Seconds between asking a process to end and ending it.
GRACE = 10.0
#: Exit code of a process whose configuration is wrong.
WRONG = 2


@dataclass(frozen=True, slots=True)
class Start:
    """Start a process."""

    name: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send a signal to a process; ``SIGKILL`` is for its whole group."""

    name: str
    signal: signal.Signals


Order = Start | Send


class _Phase(Enum):
    SERVING = auto()
    DRAINING = auto()
    ENDING = auto()


@dataclass(slots=True)
class _Child:
    name: str
    stage: int
    running: bool = False
    ready: bool = False
    proven: bool = False  # was ready once
    starts: int = 0
    started: float = 0.0
    starts_at: float = 0.0
    deadline: float = math.inf
    early_ends: int = 0
    steps: deque[tuple[float, signal.Signals]] = field(default_factory=deque)


class Upkeep:
    """Keeps processes running until asked to stop; then lets the engine finish, and ends all.

    Processes start stage by stage, each stage when all of the earlier ones are ready, and later each by
    itself. One that ends with the code :data:`WRONG`, or does not get ready in time, ends everything as long
    as it was never ready; afterwards it is started again like any other, since what worked before may
    work again.

    Parameters
    ----------
    stages : sequence of sequence of str
        Names of the processes.
    engine : str
        The process that ends first, and by itself where it can.
    drain_seconds : float
        How long the engine may take for that.
    """

    def __init__(self, stages: Sequence[Sequence[str]], engine: str, drain_seconds: float) -> None:
        self._children = {name: _Child(name, stage) for stage, names in enumerate(stages) for name in names}
        self._engine = self._children[engine]
        self._drain_seconds = drain_seconds
        self._phase = _Phase.SERVING
        self._verdict = 0
        self._requests = 0
        #: The process because of which everything ends, if one is to blame.
        self.culprit: str | None = None

    @property
    def result(self) -> int | None:
        """Exit code once all has ended: 0 as asked, 1 a process did not get ready, 2 one was set up wrong."""
        ended = self._phase is _Phase.ENDING and not any(each.running for each in self._children.values())
        return self._verdict if ended else None

    @property
    def unready(self) -> list[str]:
        """Processes that run and have not yet been told ready."""
        return [each.name for each in self._children.values() if each.running and not each.ready]

    @property
    def serving(self) -> bool:
        """Whether every process is ready and nothing is about to end."""
        return self._phase is _Phase.SERVING and all(each.ready for each in self._children.values())

    def is_ready(self, name: str) -> bool:
        """Return whether a process runs and does its work."""
        return self._children[name].ready

    def restarts(self, name: str) -> int:
        """Return how often a process was started again."""
        return max(self._children[name].starts - 1, 0)

    def became_ready(self, name: str) -> None:
        """Take in that a process does its work."""
        child = self._children[name]
        child.ready = child.proven = True
        child.deadline = math.inf

    def hangs(self, name: str, now: float) -> bool:
        """Take in that a process does nothing any more; return whether it is ended for that."""
        child = self._children.get(name)
        if self._phase is not _Phase.SERVING or child is None or not child.ready or child.steps:
            return False
        child.steps = deque([(now, signal.SIGKILL)])
        return True

    def exited(self, name: str, code: int, now: float) -> float | None:
        """Take in that a process has ended; return the pause before its restart, ``None`` if none follows."""
        child = self._children[name]
        child.running = child.ready = False
        child.steps.clear()
        if self._phase is _Phase.SERVING and code == WRONG and not child.proven:
            self._give_up(child, WRONG, now)
        elif self._phase is _Phase.DRAINING and child is self._engine:
            self._end(now)
        if not self._wanted(child):
            return None
        if now - child.started >= STEADY:
            child.early_ends = 0
        pause: float = min(FIRST_PAUSE * 2**child.early_ends, LONGEST_PAUSE)
        child.early_ends = min(child.early_ends + 1, 10)
        child.starts_at = now + pause
        return pause

    def asked_to_stop(self, now: float) -> None:
        """Take in a wish to stop: the first drains, the second ends the calls, the third the processes."""
        self._requests += 1
        if self._requests == 1 and self._phase is _Phase.SERVING:
            last = now + self._drain_seconds + DRAIN_MARGIN
            self._drain(now, (now, signal.SIGTERM), (last, signal.SIGINT), (last + GRACE, signal.SIGKILL))
        elif self._requests == 2 and self._phase is _Phase.DRAINING:
            self._hurry(now)
        elif self._requests > 2:
            self._end(now)
            for child in self._children.values():
                child.steps = deque([(now, signal.SIGKILL)])

    def orders(self, now: float) -> list[Order]:
        """Return what is to be done now; it counts as done."""
        for child in self._children.values():
            if child.deadline <= now and self._phase is _Phase.SERVING:
                self._overdue(child, now)
        orders: list[Order] = []
        stage = self._stage
        for child in self._children.values():
            while child.running and child.steps and child.steps[0][0] <= now:
                orders.append(Send(child.name, child.steps.popleft()[1]))
            if self._waits(child, stage) and child.starts_at <= now:
                child.running, child.started = True, now
                if child.proven or not child.starts:
                    child.deadline = now + PATIENCE
                child.starts += 1
                orders.append(Start(child.name))
        return orders

    def next_moment(self) -> float:
        """Return when :meth:`orders` has something next if nothing happens before; infinity for never."""
        stage = self._stage
        moments = [math.inf]
        for child in self._children.values():
            if self._phase is _Phase.SERVING:
                moments.append(child.deadline)
            if child.running and child.steps:
                moments.append(child.steps[0][0])
            if self._waits(child, stage):
                moments.append(child.starts_at)
        return min(moments)

    @property
    def _stage(self) -> int:
        """The last stage whose processes may run."""
        unproven = [each.stage for each in self._children.values() if not each.proven]
        return min(unproven, default=len(self._children))

    def _wanted(self, child: _Child) -> bool:
        if self._phase is _Phase.DRAINING:
            return child is not self._engine and child.name != self.culprit
        return self._phase is _Phase.SERVING

    def _waits(self, child: _Child, stage: int) -> bool:
        return not child.running and child.stage <= stage and self._wanted(child)

    def _overdue(self, child: _Child, now: float) -> None:
        child.deadline = math.inf
        if child.proven:
            child.steps = deque([(now, signal.SIGKILL)])
        else:
            self._give_up(child, 1, now)

    def _give_up(self, child: _Child, verdict: int, now: float) -> None:
        self._verdict, self.culprit = verdict, child.name
        self._requests = max(self._requests, 1)
        self._hurry(now)

    def _hurry(self, now: float) -> None:
        self._drain(now, (now, signal.SIGINT), (now + GRACE, signal.SIGKILL))

    def _drain(self, now: float, *steps: tuple[float, signal.Signals]) -> None:
        self._phase = _Phase.DRAINING
        self._engine.steps = deque(steps)
        if not self._engine.running:
            self._end(now)

    def _end(self, now: float) -> None:
        self._phase = _Phase.ENDING
        for child in self._children.values():
            child.steps = deque([(now, signal.SIGTERM), (now + GRACE, signal.SIGKILL)])
