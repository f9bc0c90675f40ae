"""Tasks done by processes of this machine.

One thread looks after them: it hands out tasks, takes results, and notices who died or takes too long, also
while the job is busy with its database.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from queue import Empty, SimpleQueue

import structlog

from calls.errors import BatchError, HuawuError
from huawu.batch.crew import Crew, Limits
from huawu.batch.nursery import Craft
from huawu.batch.sizing import Plan
from huawu.batch.tasks import Result, Task, Transcribe

#: Tasks taken for each worker, those that are going on included, so that none waits for the job.
DEPTH = 2

_log = structlog.get_logger(__name__)


class LocalExecutor:
    """An :class:`~huawu.batch.tasks.Executor` of processes; they die with this one.

    Models are loaded by one process each and shared by the workers forked from it, the recogniser's as soon
    as there is something to transcribe and the judge's as soon as there is something to judge. One thread may
    submit while another waits.

    Parameters
    ----------
    plan : Plan
        How many workers, of :func:`huawu.batch.sizing.plan`.
    model : str, optional
        The recogniser's name, as of ``--model``.
    limits : Limits, optional
    """

    def __init__(self, plan: Plan, model: str | None = None, *, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self._most = DEPTH * max(plan.workers, plan.judges)
        self._given: deque[Task] = deque()
        self._done: SimpleQueue[tuple[Task, Result] | HuawuError] = SimpleQueue()
        self._outstanding = 0
        self._lock = threading.Lock()
        self._closing = False
        self._failed: HuawuError | None = None
        self._transcribers = Crew(Craft.TRANSCRIBE, model, plan.workers, plan.threads, limits, self._finish)
        self._judges = Crew(Craft.ANALYSE, model, plan.judges, 1, limits, self._finish)
        self._bell, self._rope = os.pipe()
        os.set_blocking(self._rope, False)
        self._thread = threading.Thread(target=self._look_after, name="batch workers", daemon=True)
        self._thread.start()

    @property
    def room(self) -> int:
        """How many more tasks it takes now."""
        return max(0, self._most - self._outstanding)

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes of the workers that live now."""
        return self._transcribers.pids + self._judges.pids

    def submit(self, task: Task) -> None:
        """Begin a task as soon as a worker is free."""
        with self._lock:
            self._outstanding += 1
        self._given.append(task)
        self._ring()

    def wait(self, seconds: float) -> Sequence[tuple[Task, Result]]:
        """Return what is done, as soon as there is anything, or nothing after so many seconds.

        Raises
        ------
        HuawuError
            A model cannot be loaded, or no worker started; nothing more will be done.
        """
        done: list[tuple[Task, Result]] = []
        try:
            while self._failed is None:
                each = self._done.get(block=not done, timeout=seconds)
                if isinstance(each, HuawuError):
                    self._failed = each
                else:
                    done.append(each)
        except Empty:
            pass
        if self._failed is not None and not done:
            raise self._failed
        with self._lock:
            self._outstanding -= len(done)
        return done

    def close(self) -> None:
        """End the workers, whatever they do. Idempotent."""
        if self._closing:
            return
        self._closing = True
        self._ring()
        self._thread.join()
        os.close(self._bell)
        os.close(self._rope)

    def __enter__(self) -> LocalExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ring(self) -> None:
        try:
            os.write(self._rope, b"!")
        except BlockingIOError:  # it has been rung often enough
            return

    def _finish(self, task: Task, result: Result) -> None:
        self._done.put((task, result))

    def _look_after(self) -> None:
        crews = (self._transcribers, self._judges)
        try:
            while not self._closing:
                while self._given:
                    task = self._given.popleft()
                    (self._transcribers if isinstance(task, Transcribe) else self._judges).add(task)
                now = time.monotonic()
                for crew in crews:
                    crew.give(now)
                soonest = min(crew.deadline() for crew in crews)
                sources: list[Connection | int] = [self._bell]
                for crew in crews:
                    sources += crew.sources()
                for ready in wait(sources, None if soonest == float("inf") else max(0.0, soonest - now)):
                    if ready == self._bell:
                        os.read(self._bell, 4096)
                    elif isinstance(ready, Connection):
                        _ = any(crew.hear(ready) for crew in crews)
                now = time.monotonic()
                for crew in crews:
                    crew.expire(now)
        except HuawuError as error:
            self._done.put(error)
        except Exception as error:
            _log.exception("the thread that looks after the workers failed")
            self._done.put(BatchError(f"the workers are out of hand: {type(error).__name__}: {error}"))
        finally:
            for crew in crews:
                crew.close()
