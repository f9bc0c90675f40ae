"""The first process of the ears: forks them, puts another in the place of one that dies, ends them.

The ears share the memory of what was loaded before: Linux copies a page only when someone writes to it.
Forking is safe only while there is no other thread, so there must be none.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable

import structlog

from calls.errors import ServeError
from ivr.wire.parent import end_with

_log = structlog.get_logger(__name__)

#: Seconds in which the deaths of an ear are counted, and how many of them are borne.
WINDOW, MOST_DEATHS = 60.0, 8
#: Seconds before the second replacement within the window; each further one waits twice as long.
FIRST_WAIT = 0.25
#: Seconds that ears have to end.
PATIENCE = 2.0

_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})


class Deaths:
    """The deaths of one ear: how long to wait before it is replaced."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def wait_after(self, now: float) -> float | None:
        """Take down a death at ``now``, in seconds of any clock; ``None`` means that it is hopeless.

        The first is replaced at once: a recogniser that meets something strange once is no reason for
        callers to wait.
        """
        self._times.append(now)
        while now - self._times[0] > WINDOW:
            self._times.popleft()
        count = len(self._times)
        if count > MOST_DEATHS:
            return None
        return 0.0 if count == 1 else FIRST_WAIT * 2 ** (count - 2)


class Brood:
    """The ears that a process has forked.

    Parameters
    ----------
    numbers : iterable of int
        Of the ears.
    serve : callable
        Is an ear, of the number given; runs in its own process and does not return.
    """

    def __init__(self, numbers: Iterable[int], serve: Callable[[int], None]) -> None:
        self._serve = serve
        self._due = dict.fromkeys(numbers, 0.0)
        self._deaths = {number: Deaths() for number in self._due}
        self._living: dict[int, int] = {}

    def keep(self) -> None:
        """Fork the ears and keep their number until SIGTERM or SIGINT comes; then end them.

        Raises
        ------
        ServeError
            Another thread runs, or an ear dies again and again.
        """
        threads = len(os.listdir("/proc/self/task"))
        if threads > 1:
            raise ServeError(
                f"ears cannot be forked: {threads} threads run", "set OMP_NUM_THREADS=OPENBLAS_NUM_THREADS=1"
            )
        gc.collect()
        gc.freeze()  # or the ears' collections write to every page that they share
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            while True:
                now = time.monotonic()
                for number in [number for number, due in self._due.items() if due <= now]:
                    del self._due[number]
                    self._living[self._fork(number)] = number
                wait = min(self._due.values(), default=now + 3600) - now
                came = signal.sigtimedwait(_SIGNALS, max(wait, 0.0))
                if came is not None and came.si_signo != signal.SIGCHLD:
                    return
                self._replace()
        finally:
            self._end()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _fork(self, number: int) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            # it dies at once whatever it does: by SIGTERM when told, by SIGKILL with its parent
            for each in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
                signal.signal(each, signal.SIG_DFL)
            orphan = not end_with(parent, signal.SIGKILL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            if not orphan:
                self._serve(number)
        except BaseException:
            _log.exception("an ear failed", ear=number)
        finally:
            os._exit(code)

    def _replace(self) -> None:
        """Bury the dead, and settle when their places are filled."""
        while self._living:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            number = self._living.pop(pid)
            now = time.monotonic()
            wait = self._deaths[number].wait_after(now)
            how = os.waitstatus_to_exitcode(status)
            if wait is None:
                raise ServeError(
                    f"ear {number} died {MOST_DEATHS + 1} times within {WINDOW:.0f} s, at last with {how}",
                    "look for the reason in the lines before, and check the model",
                )
            _log.error("an ear died, another takes its place", ear=number, exit=how, wait_seconds=wait)
            self._due[number] = now + wait

    def _end(self) -> None:
        until = time.monotonic() + PATIENCE
        for pid in self._living:
            os.kill(pid, signal.SIGTERM)
        while self._living:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid:
                del self._living[pid]
            elif time.monotonic() < until:
                signal.sigtimedwait({signal.SIGCHLD}, 0.1)
            else:
                for each in self._living:
                    os.kill(each, signal.SIGKILL)
                until = float("inf")
