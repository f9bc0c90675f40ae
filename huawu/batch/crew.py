"""The workers of one craft, seen from the process that gives them tasks. One thread uses a crew.

Workers are forked when a task waits and nobody is free. Whoever dies leaves his task: it is tried once more
if somebody killed him, and is said to have crashed if he fell by himself.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe, reduction
from multiprocessing.connection import Connection

import structlog

from calls.errors import BatchError, HuawuError
from huawu.batch.nursery import Born, Craft, Died, Fork, Kill, Ready, Report, Unborn
from huawu.batch.tasks import Kind, NotDone, Result, Task, Transcribe, Transcribed

#: Times that a nursery may die in a row without a task done in between.
MOST_DEATHS = 5
#: Seconds to load a model from a slow disk, or to learn the judge's from the seed.
LOAD_SECONDS = 1800.0
#: Seconds that a nursery has to end.
PATIENCE = 10.0
#: Signals by which a process falls itself; any other is somebody else's doing.
OWN_FAULTS = frozenset(
    {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT, signal.SIGSYS}
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What workers may take, and how long they live.

    Attributes
    ----------
    least : float
        Seconds that any recording may take.
    times : float
        How many times its own length a longer one may take.
    unknown : float
        Length in seconds that is assumed where it is not known.
    per_call : float
        Seconds that judging may take for each call beyond ``least``.
    fixed : float, optional
        Seconds that every task may take, instead of all that.
    hours : float
        Hours of channels after which a worker makes way for a new one: libvosk's memory may grow.
    """

    least: float = 60.0
    times: float = 4.0
    unknown: float = 1800.0
    per_call: float = 10.0
    fixed: float | None = None
    hours: float = 50.0

    def of(self, task: Task) -> float:
        """Return how many seconds a task may take."""
        if self.fixed is not None:
            return self.fixed
        if isinstance(task, Transcribe):
            return max(self.least, self.times * (task.seconds or self.unknown))
        return self.least + self.per_call * len(task.keys)


@dataclass(slots=True)
class _Job:
    task: Task
    kills: int = 0


@dataclass(slots=True)
class _Hand:
    """A worker."""

    pipe: Connection
    pid: int = 0
    job: _Job | None = None
    limit: float = 0.0
    deadline: float = float("inf")
    late: bool = False
    heard: float = 0.0
    open: bool = True


@dataclass(slots=True)
class _Nursery:
    process: subprocess.Popen[bytes]
    control: Connection
    deadline: float
    ready: bool = False
    hands: dict[int, _Hand] = field(default_factory=dict)


class Crew:
    """Workers of one craft.

    Parameters
    ----------
    craft : Craft
    model : str or None
        The recogniser's name.
    most : int
        Workers at most.
    threads : int
        Channels that a worker recognises at the same time while other workers have nothing to do.
    limits : Limits
    done : callable
        Is given each task with its result.
    """

    def __init__(
        self,
        craft: Craft,
        model: str | None,
        most: int,
        threads: int,
        limits: Limits,
        done: Callable[[Task, Result], None],
    ) -> None:
        self._craft, self._model, self._threads, self._limits, self._done = (
            craft,
            model,
            threads,
            limits,
            done,
        )
        self._most = most
        self._waiting: deque[_Job] = deque()
        self._nursery: _Nursery | None = None
        self._numbers = 0
        self._deaths = 0

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the workers that live."""
        nursery = self._nursery
        return tuple(hand.pid for hand in [*nursery.hands.values()] if hand.pid) if nursery else ()

    def add(self, task: Task) -> None:
        """Take a task; :meth:`give` begins it."""
        self._waiting.append(_Job(task))

    def give(self, now: float) -> None:
        """Give tasks that wait to workers that are free, and have workers forked where there are too few.

        Parameters
        ----------
        now : float
            Seconds of a clock that never steps back.
        """
        if self._waiting and self._nursery is None:
            self._nursery = self._start(now)
        nursery = self._nursery
        if nursery is None or not nursery.ready:
            return
        hands = nursery.hands.values()
        while self._waiting:
            hand = next((each for each in hands if each.open and each.job is None and not each.late), None)
            if hand is None and len(nursery.hands) < self._most:
                hand = self._fork(nursery)
            if hand is None:
                return
            busy = sum(each.job is not None for each in hands)
            threads = self._threads if busy + len(self._waiting) < self._most else 1
            hand.job = self._waiting.popleft()
            hand.limit = self._limits.of(hand.job.task)
            hand.deadline = now + hand.limit
            try:
                hand.pipe.send((hand.job.task, threads))
            except OSError:  # it has just died: its nursery will tell how
                hand.open = False

    def sources(self) -> Iterator[Connection]:
        """Return what is to be listened to; :meth:`hear` it when there is something."""
        if self._nursery is not None:
            yield self._nursery.control
            yield from (hand.pipe for hand in self._nursery.hands.values() if hand.open)

    def hear(self, source: Connection) -> bool:
        """Take what came from one of the sources; return whether it is one of this crew's.

        Raises
        ------
        HuawuError
            The model cannot be loaded.
        BatchError
            There is no way to have workers.
        """
        nursery = self._nursery
        if nursery is None:
            return False
        if source is nursery.control:
            try:
                report: Report = source.recv()
            except (EOFError, OSError):
                self._nursery_died(nursery)
            else:
                self._reported(nursery, report)
            return True
        for hand in nursery.hands.values():
            if hand.pipe is source:
                self._result(hand)
                return True
        return False

    def deadline(self) -> float:
        """Return when :meth:`expire` has something to do at the soonest."""
        if self._nursery is None:
            return float("inf")
        loading = float("inf") if self._nursery.ready else self._nursery.deadline
        return min((hand.deadline for hand in self._nursery.hands.values()), default=loading)

    def expire(self, now: float) -> None:
        """Kill the workers that have had their task for too long.

        Raises
        ------
        BatchError
            The model has been loading for too long.
        """
        nursery = self._nursery
        if nursery is None:
            return
        if not nursery.ready and nursery.deadline <= now:
            raise BatchError(
                f"the model of {self._craft} is not loaded after {LOAD_SECONDS:.0f} s", "look at the disk"
            )
        for number, hand in nursery.hands.items():
            if hand.deadline <= now:
                hand.late, hand.deadline = True, float("inf")
                self._order(nursery, Kill(number))

    def close(self) -> None:
        """End all workers, and give up what they do."""
        nursery, self._nursery = self._nursery, None
        if nursery is None:
            return
        nursery.control.close()
        for hand in nursery.hands.values():
            hand.pipe.close()
        try:
            nursery.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            nursery.process.kill()
            nursery.process.wait()

    def _start(self, now: float) -> _Nursery:
        ours, theirs = Pipe()
        # libraries that start threads when they are loaded read these then
        alone = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
        handle = theirs.fileno()
        command = [
            sys.executable,
            "-P",
            "-m",
            "huawu.batch.nursery",
            str(handle),
            self._craft,
            self._model or "",
        ]
        with theirs:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=[handle],
                env={**os.environ, **alone},
                process_group=0,  # Ctrl-C is ours to understand
            )
        return _Nursery(process, ours, now + LOAD_SECONDS)

    def _fork(self, nursery: _Nursery) -> _Hand | None:
        ours, theirs = Pipe()
        with theirs:
            if not self._order(nursery, Fork(self._numbers)):
                ours.close()
                return None
            reduction.send_handle(nursery.control, theirs.fileno(), nursery.process.pid)
        hand = nursery.hands[self._numbers] = _Hand(ours)
        self._numbers += 1
        return hand

    def _order(self, nursery: _Nursery, order: Fork | Kill) -> bool:
        """Order something; where nobody listens any more, that is heard soon."""
        try:
            nursery.control.send(order)
        except OSError:
            return False
        return True

    def _reported(self, nursery: _Nursery, report: Report) -> None:
        if isinstance(report, HuawuError):
            raise report
        if isinstance(report, Ready):
            nursery.ready = True
        elif isinstance(report, Born):
            nursery.hands[report.number].pid = report.pid
        elif isinstance(report, Died):
            self._buried(nursery.hands.pop(report.number), report.exit)
        elif isinstance(report, Unborn):
            self._unborn(nursery, report)

    def _unborn(self, nursery: _Nursery, report: Unborn) -> None:
        hand = nursery.hands.pop(report.number)
        hand.pipe.close()
        if hand.job is not None:
            self._waiting.appendleft(hand.job)
        if not nursery.hands:
            raise BatchError(f"no worker can be started: {report.reason}", "make room in memory")
        self._most = len(nursery.hands)
        _log.warning("no more workers can be started", reason=report.reason, workers=self._most)

    def _result(self, hand: _Hand) -> None:
        try:
            result: Result = hand.pipe.recv()
        except (EOFError, OSError):  # it died: its nursery will tell how
            hand.open = False
            return
        job, hand.job, hand.deadline = hand.job, None, float("inf")
        self._deaths = 0
        assert job is not None
        if isinstance(result, Transcribed):
            hand.heard += result.seconds * result.channels
        if hand.heard >= self._limits.hours * 3600:
            hand.open = False
            hand.pipe.close()  # which ends it
        self._done(job.task, result)

    def _buried(self, hand: _Hand, code: int) -> None:
        while hand.open:  # what it had done before it died
            self._result(hand)
        hand.pipe.close()
        job = hand.job
        if job is None:
            return
        if hand.late:
            reason = f"took longer than {round(hand.limit, 1):g} s, and was given up"
            self._done(job.task, NotDone(kind=Kind.TIMEOUT, reason=reason))
        elif code < 0 and -code not in OWN_FAULTS and job.kills == 0:
            job.kills += 1
            self._waiting.appendleft(job)
            _log.warning("a worker was killed, its task is tried once more", by=_signal_name(-code))
        else:
            self._done(job.task, NotDone(kind=Kind.CRASH, reason=_how_it_died(code, job.kills)))

    def _nursery_died(self, nursery: _Nursery) -> None:
        """Bury all workers, who died with it; another is started when there is something to do."""
        nursery.control.close()
        code = nursery.process.wait()
        how = _signal_name(-code) if code < 0 else f"exit code {code}"
        self._deaths += 1
        by_itself = code >= 0 or -code in OWN_FAULTS
        if (by_itself and not nursery.ready) or self._deaths > MOST_DEATHS:
            raise BatchError(
                f"the process that holds the model of {self._craft} died ({how})",
                "check the model with 'huawu models verify', and how much memory is free",
            )
        _log.warning("the process that holds the model died, another takes its place", how=how)
        self._nursery = None
        for hand in nursery.hands.values():
            self._buried(hand, -signal.SIGKILL)


def _signal_name(number: int) -> str:
    with suppress(ValueError):
        return signal.Signals(number).name
    return f"signal {number}"


def _how_it_died(code: int, kills: int) -> str:
    if code >= 0:
        return f"the worker that did it ended by itself with exit code {code}"
    name = _signal_name(-code)
    if -code in OWN_FAULTS:
        return f"the worker that did it crashed: {name} ({signal.strsignal(-code)})"
    return (
        f"the worker that did it was killed {kills + 1} times, at last by {name}: is there too little memory?"
    )
