"""Calls without end through a whole centre, to see whether anything grows, sticks or gets lost.

SIPp (its processes are the callers, the agents and whoever else is called) keeps so many calls up on the
flows that ship. Callers speak or are quiet, press keys at random, wait in queues, talk to agents, leave
messages, and hang up at any moment: at once, in a prompt, in a conversation. With ``--messages`` mutated SIP
messages arrive meanwhile. Every few seconds the processes' memory, open files and processor time are noted,
and the recordings of the calls that have ended are opened, measured and deleted.

    python -m benchmarks.soak [--calls 100] [--seconds 60] [--messages 10000] [--longest 6] [--json]

Printed is one row: how many calls there were and how they ended; what was left when all were over; what is
wrong with records and recordings; for each process its memory, the slope of it over the second half by least
squares, and its files. The generator shares the machine with the centre.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import threading
import time
from collections import Counter, defaultdict
from types import TracebackType
from typing import Any

import numpy as np

from benchmarks.callers import Crowd
from benchmarks.centre import Books, Centre, Usage, about, complaints, metrics, usage, wait_until_idle
from benchmarks.sip_fuzz import conversation, mutated
from tests.doors.running import NUMBERS
from tests.ivr.sip.torture import ALL, Torture

AGENTS = 12
#: Seconds between two looks.
LOOK = 2.0
#: Where mutated messages come from: if that is banned, callers are not.
ELSEWHERE = "127.0.0.9"
#: Share of messages of a call that call a number that is answered.
REACHING = 0.03
#: A call that is never acknowledged is given up after 32 s, and its BYE repeated for as long (RFC 3261, 17).
PATIENCE = 100.0


class Watch:
    """What was seen of a centre while calls went on."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self.books = Books(centre)
        self.states: Counter[str] = Counter()
        self.calls: list[int] = []
        self.legs: list[float] = []
        self.late_ms: list[float] = []
        self._used: dict[str, list[tuple[float, Usage]]] = defaultdict(list)
        self._begin = time.monotonic()

    def look(self) -> None:
        """Take in how things are now."""
        calls = self._centre.ask("/calls")
        said = metrics(self._centre)
        self.states.update(each["state"] for each in calls)
        self.calls.append(len(calls))
        self.legs.append(said["huawu_media_legs"])
        self.late_ms.append(said['huawu_media_late_ms{of="p99"}'])
        at = time.monotonic() - self._begin
        for name, each in usage(self._centre).items():
            self._used[name].append((at, each))
        self.books.look_through(delete=True)

    def processes(self, calls: int) -> dict[str, dict[str, float]]:
        """Return the figures of each process; what it had before the first call comes first."""
        found = {}
        for name, seen in self._used.items():
            times = np.array([at for at, _ in seen])
            rss = np.array([each.rss_mb for _, each in seen])
            fds = np.array([each.fds for _, each in seen])
            half = times >= times[-1] / 2
            slope = np.polyfit(times[half], rss[half], 1)[0] if np.count_nonzero(half) > 2 else 0.0
            busy = fds[1:] if len(fds) > 1 else fds
            found[name] = {
                "rss_mb_first": round(float(rss[0]), 1),
                "rss_mb_half": round(float(rss[half][0]), 1),
                "rss_mb_last": round(float(rss[-1]), 1),
                "slope_mb_per_hour": round(float(3600 * slope), 2),
                "fds_first": int(fds[0]),
                "fds_max": int(busy.max()),
                "fds_per_call": round(float((busy.max() - fds[0]) / calls), 2),
                "cpu_core": round(
                    (seen[-1][1].cpu_seconds - seen[0][1].cpu_seconds) / max(times[-1] - times[0], 1e-9), 3
                ),
            }
        return found


class Sprinkler(threading.Thread):
    """Sends mutated messages while a ``with`` block lasts, as evenly as it can.

    Parameters
    ----------
    host, port : str, int
        To whom.
    messages : int
        In ``seconds``.
    """

    def __init__(self, host: str, port: int, messages: int, seconds: float, seed: int) -> None:
        super().__init__(daemon=True)
        self._to = host, port
        self._messages, self._seconds = messages, seconds
        self._chance = random.Random(seed)
        self._over = threading.Event()
        self.sent = self.answers = 0

    def __enter__(self) -> Sprinkler:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        """Send."""
        calls = conversation()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.bind((ELSEWHERE, 0))
            line.setblocking(False)
            begin = time.monotonic()
            while self.sent < self._messages:
                ahead = self.sent * self._seconds / self._messages - (time.monotonic() - begin)
                if self._over.wait(max(ahead, 0)):
                    return
                try:
                    line.sendto(self._message(calls, line.getsockname()[1]), self._to)
                except OSError:  # nobody is there for a moment, or the buffer is full
                    pass
                self.sent += 1
                self._listen(line)

    def _message(self, calls: list[bytes], port: int) -> bytes:
        if self._chance.random() < 0.5:
            return mutated(self._chance.choice(ALL).made(port, f"m{self.sent}"), self._chance)
        template = self._chance.choice(calls).replace(b"@@", b"x")
        if self._chance.random() < REACHING:
            template = template.replace(b"sip:120@", b"sip:1002@")
        data = Torture("", None, template).made(port, f"c{self.sent}")
        return mutated(data, self._chance) if self._chance.random() < 0.6 else data

    def _listen(self, line: socket.socket) -> None:
        while True:
            try:
                line.recv(65_535)
            except OSError:
                return
            self.answers += 1


def soak(
    calls: int, seconds: float, messages: int = 0, *, seed: int = 1, longest: float = 6.0
) -> dict[str, Any]:
    """Return the row of one soak."""
    row: dict[str, Any] = {**about(), "calls": calls, "seconds": seconds, "seed": seed, "longest": longest}
    with Centre(calls, AGENTS) as centre:
        watch = Watch(centre)
        watch.look()
        with (
            Crowd(
                centre.address, [*NUMBERS], calls, outside=centre.outside, seed=seed, longest=longest
            ) as crowd,
            Sprinkler(centre.host, centre.port, messages, seconds, seed) as sprinkler,
        ):
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                time.sleep(min(LOOK, left))
                crowd.drain()
                watch.look()
            row["sipp"] = crowd.close()
            row["mutated"] = {"sent": sprinkler.sent, "answers": sprinkler.answers}
        row["left"] = wait_until_idle(centre, PATIENCE)
        watch.books.look_through(delete=True)
        at_rest = {name: each.fds for name, each in usage(centre).items()}
        restarts = {name: each["restarts"] for name, each in centre.processes().items()}
        row |= {
            "calls_at_a_time": {"median": float(np.median(watch.calls)), "max": max(watch.calls)},
            "legs_max": int(max(watch.legs)),
            "states_seen": dict(watch.states),
            "late_ms_p99_median": round(float(np.median(watch.late_ms)), 1),
            "records": watch.books.audit.row(),
            "processes": watch.processes(calls),
            "fds_at_rest": at_rest,
            "restarts": restarts,
            "log": complaints(centre),
        }
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=6.0, help="seconds between two keys, at most")
    parser.add_argument("--json", action="store_true", help="print the raw row")
    options = parser.parse_args()
    row = soak(
        options.calls,
        options.seconds,
        options.messages,
        seed=options.seed,
        longest=options.longest,
    )
    if options.json:
        print(json.dumps([row], ensure_ascii=False, indent=1))
        return
    for name, value in row.items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
