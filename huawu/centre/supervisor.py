"""The process that starts the processes of a centre, and starts each again that dies; it does no more.

``python -m huawu.centre.supervisor`` reads a :class:`~huawu.centre.plan.Plan` from standard input. Nothing
but Python's own library is imported, so that little can go wrong in here.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from calls.errors import HuawuError, ServeError
from huawu.centre.plan import Child, Plan
from huawu.centre.pulse import Pulse
from huawu.centre.run_folder import clear, locked, write_state
from huawu.centre.upkeep import Send, Upkeep

#: Seconds between two looks at a process that is not ready yet, and until the next one at all.
_LOOK, _LONGEST_WAIT = 0.05, 3600.0
#: Files that each process may open: a call needs some.
_FILES = 65536
_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Supervisor:
    """Runs the processes of a plan, and sends ``SIGHUP`` on to the engine.

    Parameters
    ----------
    plan : Plan
    log : callable
        Takes the name of an event and its fields.
    """

    def __init__(self, plan: Plan, log: Callable[..., None]) -> None:
        self._plan = plan
        self._log = log
        self._children = {child.name: child for stage in plan.stages for child in stage}
        stages = [[child.name for child in stage] for stage in plan.stages]
        self._upkeep = Upkeep(stages, plan.engine, plan.drain_seconds)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._served = False
        self._pulse = Pulse(plan.engine, plan.pulse, plan.hang_seconds)

    def run(self) -> int:
        """Keep the processes running until told to stop; return 0, or 1 where one did not get ready.

        Raises
        ------
        ServeError
            Another supervisor works in the run folder, or a process says that its configuration is wrong.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            with locked(self._plan.run):
                while self._upkeep.result is None:
                    self._obey()
                    self._wait()
                    self._look()
                clear(self._plan.run, self._plan.temporary)
        finally:
            for process in self._processes.values():
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if self._upkeep.result == ServeError.exit_code:
            raise ServeError(
                f"{self._upkeep.culprit} cannot start: its own line above says why",
                "huawu serve --check looks at the whole configuration",
            )
        if self._upkeep.culprit:
            self._log("not-ready", child=self._upkeep.culprit)
        return self._upkeep.result or 0

    def _obey(self) -> None:
        orders = self._upkeep.orders(time.monotonic())
        for order in orders:
            if isinstance(order, Send):
                self._log("told", child=order.name, signal=order.signal.name)
                self._send(order.name, order.signal)
            else:
                self._start(self._children[order.name])
        if orders:
            self._write_state()

    def _start(self, child: Child) -> None:
        try:
            process = child.start(_unblock)
        except OSError as error:
            pause = self._upkeep.exited(child.name, 1, time.monotonic())
            self._log("not-started", child=child.name, reason=str(error), again_in=pause)
        else:
            self._processes[child.name] = process
            self._log("started", child=child.name, pid=process.pid)

    def _send(self, name: str, number: signal.Signals) -> None:
        send = os.killpg if number == signal.SIGKILL else os.kill
        send(self._processes[name].pid, number)

    def _wait(self) -> None:
        """Wait until a process ends, a signal comes, or there is something to do."""
        seconds = min(self._upkeep.next_moment(), self._pulse.due) - time.monotonic()
        if self._upkeep.unready:
            seconds = min(seconds, _LOOK)
        arrived = signal.sigtimedwait(_SIGNALS, min(max(seconds, 0.0), _LONGEST_WAIT))
        if arrived is None or arrived.si_signo == signal.SIGCHLD:
            return
        if arrived.si_signo == signal.SIGHUP and not sys.stderr.isatty():  # there it is the terminal's end
            if self._plan.engine in self._processes:
                self._send(self._plan.engine, signal.SIGHUP)
        else:
            self._log("stopping", signal=signal.Signals(arrived.si_signo).name)
            self._upkeep.asked_to_stop(time.monotonic())

    def _look(self) -> None:
        """See which processes have ended, which have become ready, and which hang."""
        changed = False
        for name, process in [*self._processes.items()]:
            if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            # until it is waited for, its number is no other's: what it started itself ends with it
            os.killpg(process.pid, signal.SIGKILL)
            code = process.wait()
            del self._processes[name]
            pause = self._upkeep.exited(name, code, time.monotonic())
            self._log("ended", child=name, pid=process.pid, code=code, again_in=pause)
            changed = True
        for name in self._upkeep.unready:
            if self._children[name].is_ready():
                self._upkeep.became_ready(name)
                self._log("ready", child=name)
                changed = True
        self._feel(time.monotonic())
        if self._upkeep.serving and not self._served:
            self._served = True
            self._log("serving", **self._plan.notes)
        if changed:
            self._write_state()

    def _feel(self, now: float) -> None:
        """End processes that run and do nothing."""
        if not self._upkeep.is_ready(self._plan.engine):
            self._pulse.forget()
        for name, seconds in self._pulse.feel(now).items():
            if self._upkeep.hangs(name, now):
                self._log("hangs", child=name, seconds=round(seconds))

    def _write_state(self) -> None:
        keep = self._upkeep
        processes = {
            name: {"pid": each.pid, "ready": keep.is_ready(name), "restarts": keep.restarts(name)}
            for name, each in self._processes.items()
        }
        state = {"serve": os.getpid(), **self._plan.notes, "processes": processes}
        try:
            write_state(self._plan.run, state)
        except OSError as error:
            self._log("state-not-written", reason=str(error))


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


def _log(event: str, **fields: object) -> None:
    now = datetime.now(UTC)
    if sys.stderr.isatty():
        line = f"{now:%H:%M:%S} {event} " + " ".join(f"{name}={value}" for name, value in fields.items())
    else:
        named = {"event": event, "level": "info", "timestamp": now.isoformat(), "process": "serve"}
        line = json.dumps(fields | named)
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")  # at once: others write there too


def main() -> int:
    """Run the supervisor of the plan that standard input holds."""
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(files, min(most, _FILES)), most))
    try:
        return Supervisor(Plan.from_json(sys.stdin.read()), _log).run()
    except HuawuError as error:
        print(f"huawu: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
