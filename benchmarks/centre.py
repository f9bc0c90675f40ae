"""A whole centre under measurement: what its processes use, and what is left of its calls in the end."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from calls.records import Agent, Queue
from huawu.centre.run_folder import read_state
from tests.doors.running import RunningCentre
from tests.peers.ports import free_port, free_ports

#: A recording may be so much shorter or longer than its call, in seconds.
TOLERANCE = 0.5
#: What callers are asked to press leads to these queues; agents serve them all.
QUEUES = (
    "general", "telecom", "account", "invoice", "network", "repair", "refund", "goods", "complaint",
    "billing", "english", "desk", "report", "duty", "parcel",
)  # fmt: skip
_METRIC = re.compile(r"^(\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Centre(RunningCentre):
    """A centre with room for so many calls and a few more, in a ``with`` block.

    Parameters
    ----------
    calls : int
    agents : int
        How many serve :data:`QUEUES`; their telephones are behind the port :attr:`outside`.
    **sections
        Of ``huawu.yaml``.
    """

    def __init__(self, calls: int, agents: int = 0, **sections: Any) -> None:
        room = calls + 100
        ports, outside = free_ports(4 * room + 40), free_port()
        settings: dict[str, Any] = {
            "sip": {
                "max_calls": room,
                "rate_per_second": 1000,
                "outbound": f"sip:{{number}}@127.0.0.1:{outside}",
            },
            "media": {"port_min": ports[0], "port_max": ports[-1]},
            "agents": {"max_no_answers": 1_000_000},
        }
        for name, section in sections.items():
            known = settings.get(name)
            settings[name] = known | section if isinstance(known, dict) else section
        self._agents = [
            Agent(id=each, name=f"坐席{each}", skills=("all",), address=f"sip:{each}@127.0.0.1:{outside}")
            for each in map(str, range(900, 900 + agents))
        ]
        queues = [Queue(id=each, skills=("all",)) for each in QUEUES]
        super().__init__(agents=self._agents, queues=queues, settings=settings)
        self.outside = outside

    def __enter__(self) -> Centre:
        super().__enter__()
        for agent in self._agents:
            self.ask(f"/agents/{agent.id}/login", "POST")
        return self


# -- processes ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and those that it started use: megabytes, open files, seconds of processor time."""

    rss_mb: float
    fds: int
    cpu_seconds: float


def usage(running: RunningCentre) -> dict[str, Usage]:
    """Return what each process of a centre uses now; without those that are just being replaced."""
    found: dict[str, Usage] = {}
    for name, each in running.processes().items():
        try:
            found[name] = _used(int(each["pid"]))
        except OSError:
            continue
    return found


def _used(pid: int) -> Usage:
    rss = fds = 0
    seconds = 0.0
    for each in _family(pid):
        place = Path("/proc", str(each))
        rss += int((place / "statm").read_text().split()[1]) * _PAGE
        fds += len(os.listdir(place / "fd"))
        fields = (place / "stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / _TICK
    return Usage(rss / 1e6, fds, seconds)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


# -- what the engine says -------------------------------------------------------------------------------


def metrics(running: RunningCentre) -> dict[str, float]:
    """Return the engine's figures, by name with labels, and by name those with all labels added up."""
    state = read_state(running.folder / "run")
    if state is None:
        raise OSError("no supervisor runs")
    with urllib.request.urlopen(f"http://{state['http']}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found: dict[str, float] = defaultdict(float)
    for name, labels, value in _METRIC.findall(text):
        for each in {name, name + labels}:
            found[each] += float(value)
    return found


def in_hand(running: RunningCentre) -> dict[str, int]:
    """Return what is not over yet: calls of the engine, of signalling, legs, calls whose record is open."""
    said = metrics(running)
    return {
        "engine": len(running.ask("/calls")),
        "signalling": int(said["huawu_signalling_calls"]),
        "legs": int(said["huawu_media_legs"]),
        "records": len(Books(running).open_calls()),
    }


def wait_until_idle(running: RunningCentre, seconds: float = 60.0) -> dict[str, Any]:
    """Wait until nothing is in hand; return what still is after so many seconds, and how long it took."""
    begin = time.monotonic()
    while True:
        try:
            left = in_hand(running)
        except OSError:  # the engine is just being replaced
            left = {"engine": -1}
        took = time.monotonic() - begin
        if not any(left.values()) or took > seconds:
            return {**left, "after_seconds": round(took, 1)}
        time.sleep(0.25)


def complaints(running: RunningCentre) -> dict[str, int]:
    """Return how often each warning and error stands in the log of a centre's processes."""
    found: Counter[str] = Counter()
    for line in running.log().splitlines():
        for level in ("error", "warning", "critical"):
            if f'"level": "{level}"' in line:
                event = re.search(r'"event": "([^"]*)"', line)
                found[f"{level}: {event[1] if event else '?'}"] += 1
        if line.startswith("Traceback"):
            found["traceback"] += 1
    return dict(found)


# -- records and recordings -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A call's record as it stands, and its recording's; times are seconds since the epoch."""

    id: str
    answered: float | None
    ended: float | None
    outcome: str | None
    uri: str | None
    seconds: float
    sha256: str


@dataclass(slots=True)
class Audit:
    """What is wrong with the calls that were looked at."""

    calls: int = 0
    answered: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    off_seconds: list[float] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """Return the figures."""
        off = np.abs(self.off_seconds or [0.0])
        return {
            "calls": self.calls,
            "answered": self.answered,
            "outcomes": dict(self.outcomes),
            "recordings_checked": len(self.off_seconds),
            "recordings_missing": len(self.missing),
            "recordings_unreadable": len(self.unreadable),
            "records_incomplete": len(self.incomplete),
            "length_off_s_max": round(float(off.max()), 3),
            "length_off_s_p99": round(float(np.percentile(off, 99)), 3),
            f"length_off_more_than_{TOLERANCE}_s": int(np.count_nonzero(off > TOLERANCE)),
        }


class Books:
    """The database of a centre, read beside it, and its recordings.

    Parameters
    ----------
    running : RunningCentre
    """

    def __init__(self, running: RunningCentre) -> None:
        self._database = running.folder / "huawu.db"
        self._recordings = running.folder / "recordings"
        self._seen: set[str] = set()
        self.audit = Audit()

    def calls(self, where: str = "1") -> list[KeptCall]:
        """Return the calls of which a condition is true."""
        query = (
            "SELECT c.id, c.answered_at, c.ended_at, c.outcome, r.uri, r.seconds, r.sha256 FROM call c "
            f"LEFT JOIN recording r ON r.call_id = c.id WHERE {where}"
        )
        return [
            KeptCall(id, _epoch(answered), _epoch(ended), outcome, uri, seconds or 0.0, sha256 or "")
            for id, answered, ended, outcome, uri, seconds, sha256 in self._rows(query)
        ]

    def heard(self) -> dict[str, list[float]]:
        """Return when each caller's words were understood, in seconds since the epoch."""
        query = (
            "SELECT c.caller, c.answered_at, e.at FROM call_event e JOIN call c ON c.id = e.call_id "
            "WHERE e.kind = 'recognition'"
        )
        found: dict[str, list[float]] = defaultdict(list)
        for caller, answered, at in self._rows(query):
            begin = _epoch(answered)
            assert begin is not None
            found[caller].append(begin + at)
        return found

    def open_calls(self) -> list[KeptCall]:
        """Return the calls whose record says that they are running."""
        return self.calls("c.ended_at IS NULL")

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(query).fetchall()

    def look_through(self, *, delete: bool = False) -> None:
        """Look at the calls that ended since this was last done; recordings may go then."""
        for call in self.calls("c.ended_at IS NOT NULL"):
            if call.id not in self._seen:
                self._seen.add(call.id)
                self._look_at(call, delete=delete)

    def _look_at(self, call: KeptCall, *, delete: bool) -> None:
        audit = self.audit
        audit.calls += 1
        audit.outcomes[str(call.outcome)] += 1
        if call.answered is None or call.ended is None:
            return
        audit.answered += 1
        path = self._recordings / (call.uri or "-")
        if not path.is_file():
            audit.missing.append(call.id)
            return
        seconds = length(path)
        if seconds is None:
            audit.unreadable.append(call.id)
            return
        if not call.sha256 or abs(call.seconds - seconds) > 1e-3:
            audit.incomplete.append(call.id)
        audit.off_seconds.append(seconds - (call.ended - call.answered))
        if delete:
            path.unlink()

    def path(self, call: KeptCall) -> Path:
        """Return where a call's recording lies."""
        return self._recordings / (call.uri or "-")


def length(path: Path) -> float | None:
    """Return the seconds of a recording, ``None`` if it cannot be opened."""
    try:
        found = soundfile.info(path)
    except (OSError, soundfile.SoundFileError):
        return None
    return float(found.frames / found.samplerate)


def _epoch(text: str | None) -> float | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


# -- where it was measured ------------------------------------------------------------------------------


def machine() -> str:
    """Return what it was measured on."""
    lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{model}, {os.cpu_count()} processors, Python {sys.version.split()[0]}"


def commit() -> str:
    """Return the commit that was measured, with a ``+`` where files differ from it."""
    head = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    changed = subprocess.run(["git", "status", "--porcelain", "-uno"], capture_output=True, text=True)
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def about() -> dict[str, Any]:
    """Return what each row begins with: the commit, the machine, and how busy it was before."""
    return {"commit": commit(), "machine": machine(), "load_before": round(os.getloadavg()[0], 2)}
