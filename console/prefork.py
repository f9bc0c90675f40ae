"""Several processes behind one address, where one processor is not enough for the desk."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable

#: A process that lived shorter is not replaced at once but after as many seconds.
SHORT_LIFE = 2.0
#: Seconds that processes may take to end what they are at.
GRACE = 15.0


#: What this process waits for. They stay blocked: a handler could run just before the wait, and be missed.
_WAITED = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGCHLD})


def prefork(work: Callable[[int], None], processes: int) -> None:
    """Run ``work(number)`` in so many child processes until a signal comes; one that dies is replaced.

    SIGINT and SIGTERM end the children by SIGINT, after :data:`GRACE` by SIGKILL; the children end with this
    process. It must have one thread alone, for that is all that a fork takes along.

    Parameters
    ----------
    work : callable
        Returns when it gets ``KeyboardInterrupt``.
    processes : int
        Numbers of children count from 0; a replaced one keeps its number.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED)
    children: dict[int, tuple[int, float]] = {}
    due = [(0.0, number) for number in range(processes)]
    try:
        while True:
            now = time.monotonic()
            for moment, number in [each for each in due if each[0] <= now]:
                due.remove((moment, number))
                children[_child(work, number)] = (number, now)
            came = signal.sigtimedwait(
                _WAITED, min([max(moment - now, 0.0) for moment, _ in due], default=3600.0)
            )
            if came is not None and came.si_signo != signal.SIGCHLD:
                break
            for number, since in _ended(children):
                lived = time.monotonic() - since
                due.append((time.monotonic() + (SHORT_LIFE if lived < SHORT_LIFE else 0.0), number))
        _end(children)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _child(work: Callable[[int], None], number: int) -> int:
    """Start a child, which neither returns nor runs what its parent has to clean up."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WAITED)
        _end_with(parent)
        work(number)
        code = 0
    except KeyboardInterrupt:
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(children: dict[int, tuple[int, float]]) -> list[tuple[int, float]]:
    """Take the children that are over out of the table, and return what stood there."""
    return [children.pop(pid) for pid in list(children) if os.waitpid(pid, os.WNOHANG)[0]]


def _end(children: dict[int, tuple[int, float]]) -> None:
    for pid in children:
        os.kill(pid, signal.SIGINT)
    until = time.monotonic() + GRACE
    while children:
        signal.sigtimedwait({signal.SIGCHLD}, max(until - time.monotonic(), 0.0))
        _ended(children)
        if time.monotonic() >= until:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            until = time.monotonic() + GRACE


def _end_with(parent: int) -> None:
    """Let the kernel interrupt this process when its parent dies (prctl(2), PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGINT)
    if os.getppid() != parent:
        raise KeyboardInterrupt
