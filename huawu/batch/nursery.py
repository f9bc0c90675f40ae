"""A process that loads a model once and forks the workers, which share its memory.

``python -m huawu.batch.nursery HANDLE CRAFT MODEL``, started by :mod:`huawu.batch.crew`, with which it talks
over the socket of that handle. It ends, and its workers with it, when the other end of the socket is closed:
by whoever started it, or by the system when that one dies in whatever way. Workers also die with it.

Forking is safe only while there is no other thread. A recogniser that starts threads when it is loaded is
therefore loaded by each worker: the process begins anew with ``--bare``.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import reduction
from multiprocessing.connection import Connection, wait

import structlog

from calls.errors import HuawuError
from huawu import logs
from huawu.batch.worker import Worker
from ivr.wire.parent import end_with

_log = structlog.get_logger(__name__)


class Craft(StrEnum):
    """What a worker is there for, and thus which model it has."""

    TRANSCRIBE = "transcribe"
    ANALYSE = "analyse"


@dataclass(frozen=True, slots=True)
class Fork:
    """Asks for a worker; a handle of the pipe from which it takes its tasks follows."""

    number: int


@dataclass(frozen=True, slots=True)
class Kill:
    """Asks that a worker be killed at once."""

    number: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded."""


@dataclass(frozen=True, slots=True)
class Born:
    """A worker began."""

    number: int
    pid: int


@dataclass(frozen=True, slots=True)
class Died:
    """A worker ended: with an exit code, or by a signal, which is negative."""

    number: int
    exit: int


@dataclass(frozen=True, slots=True)
class Unborn:
    """A worker could not begin."""

    number: int
    reason: str


Order = Fork | Kill
Report = Ready | HuawuError | Born | Died | Unborn


class Nursery:
    """The workers that were forked here, as ordered.

    Parameters
    ----------
    control : Connection
        Orders come, reports go.
    worker : Worker
        What each worker is a copy of.
    """

    def __init__(self, control: Connection, worker: Worker) -> None:
        self._control, self._worker = control, worker
        self._pids: dict[int, int] = {}
        self._lives: dict[int, int] = {}  # the end of a pipe that closes when a worker ends → its number

    def keep(self) -> None:
        """Do what is ordered until nobody is there to order any more; then end all workers."""
        try:
            while True:
                for ready in wait([self._control, *self._lives]):
                    if isinstance(ready, int):
                        self._bury(ready)
                    else:
                        self._obey(self._control.recv())
        except (EOFError, ConnectionError):
            pass
        finally:
            for pid in self._pids.values():
                os.kill(pid, signal.SIGKILL)
            for pid in self._pids.values():
                os.waitpid(pid, 0)

    def _obey(self, order: Order) -> None:
        if isinstance(order, Fork):
            self._fork(order.number, reduction.recv_handle(self._control))
        elif order.number in self._pids:
            os.kill(self._pids[order.number], signal.SIGKILL)

    def _fork(self, number: int, tasks: int) -> None:
        parent = os.getpid()
        life, theirs = os.pipe()
        try:
            pid = os.fork()
        except OSError as error:
            for handle in (life, theirs, tasks):
                os.close(handle)
            self._control.send(Unborn(number, error.strerror or str(error)))
            return
        if pid == 0:
            self._be_worker(parent, tasks, life)
        os.close(theirs)
        os.close(tasks)
        self._pids[number], self._lives[life] = pid, number
        self._control.send(Born(number, pid))

    def _be_worker(self, parent: int, tasks: int, life: int) -> None:
        code = 1
        try:
            if end_with(parent, signal.SIGKILL):
                self._control.close()
                for handle in (life, *self._lives):
                    os.close(handle)
                work(Connection(tasks), self._worker)
                code = 0
        except BaseException:
            _log.exception("a worker failed")
        finally:
            os._exit(code)

    def _bury(self, life: int) -> None:
        number = self._lives.pop(life)
        os.close(life)
        _, status = os.waitpid(self._pids.pop(number), 0)
        self._control.send(Died(number, os.waitstatus_to_exitcode(status)))


def work(tasks: Connection, worker: Worker) -> None:
    """Do the tasks that come, each with the number of threads that it may use, until the pipe is closed."""
    with suppress(EOFError, ConnectionError):
        while True:
            task, threads = tasks.recv()
            tasks.send(worker.do(task, threads))


def main(arguments: list[str]) -> int:
    """Load the model and keep workers; return the exit code."""
    handle, craft, model, *bare = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started us decides what becomes of Ctrl-C
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what people said does not belong into a core file
    logs.configure(process=f"batch {craft}")
    control = Connection(int(handle))
    worker = Worker(model or None)
    if not bare:
        try:
            if craft == Craft.TRANSCRIBE:
                import speech.levels
                import speech.transcribe  # noqa: F401

                worker.recogniser()
            else:
                worker.judge()
        except HuawuError as error:
            control.send(error)
            return error.exit_code
        if len(os.listdir("/proc/self/task")) > 1:
            os.set_inheritable(int(handle), True)
            os.execv(
                sys.executable, [sys.executable, "-P", "-m", "huawu.batch.nursery", *arguments, "--bare"]
            )
    gc.collect()
    gc.freeze()  # or the workers' collections write to every page that they share
    control.send(Ready())
    Nursery(control, worker).keep()
    return 0


if __name__ == "__main__":
    # as a module of its own name, so that what it sends is known by that name elsewhere
    from huawu.batch import nursery

    sys.exit(nursery.main(sys.argv[1:]))
