"""The processes of a rehearsal: a centre, and the telephones that call it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import yaml

from calls.errors import ServeError

HOST = "127.0.0.1"
#: How long processes may take to be ready, in seconds.
PATIENCE = 30.0
_PAUSE = 0.05
_LEGS = 40


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the centre answers, and where the telephones are.

    Parameters
    ----------
    centre : int
        SIP port of the centre.
    telephones : int
        SIP port of the telephones.
    run : Path
        Folder of the telephones' own sockets.
    engine : str
        Address of the engine's pages, ``host:port``.
    """

    centre: int
    telephones: int
    run: Path
    engine: str


@contextmanager
def lines(
    database: str, recordings: Path, flow: Path, log: Path, stopped: threading.Event
) -> Iterator[Lines]:
    """Run a centre on free ports of this machine, and telephones; end them all afterwards.

    Parameters
    ----------
    database, recordings : str, Path
        Where the centre keeps its calls: a file or a URL, and a folder.
    flow : Path
        What answers.
    log : Path
        File for what all the processes log.
    stopped : threading.Event
        Ends the wait for them.

    Raises
    ------
    ServeError
        Something does not start; the message has its last line.
    """
    with ExitStack() as stack:
        run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huawu-")))
        stream = stack.enter_context(log.open("ab"))
        sip, phones, http = _free_ports(3)
        made = Lines(sip, phones, run / "phones", f"{HOST}:{http}")
        made.run.mkdir()
        config = run / "huawu.yaml"
        config.write_text(_config(made, http, database, recordings, flow), encoding="utf-8")
        centre = [sys.executable, "-P", "-m", "huawu", "serve", "--config", str(config)]
        stack.enter_context(_running(centre, stream))
        ring = run / "phones.ring"
        first = _free_range()
        for name, settings in (
            (
                "media",
                {
                    "run": str(made.run),
                    "ring": str(ring),
                    "port_min": first,
                    "port_max": first + 2 * _LEGS,
                    "slots": _LEGS,
                },
            ),
            ("sip", {"run": str(made.run), "port": phones, "allow_targets": [f"*@{HOST}"]}),
        ):
            child = [sys.executable, "-P", "-m", "huawu.child", name, json.dumps(settings)]
            stack.enter_context(_running(child, stream, threads=1))
        _wait(made, log, stopped)
        yield made


def _config(made: Lines, http: int, database: str, recordings: Path, flow: Path) -> str:
    first = _free_range()
    return yaml.safe_dump(
        {
            "flows": str(flow),
            "database": database if "://" in database else str(Path(database).resolve()),
            "recordings": {"folder": str(recordings.resolve())},
            "run": str(made.run.parent / "centre"),
            "sip": {"port": made.centre, "allow_targets": [f"*@{HOST}"]},
            "media": {"port_min": first, "port_max": first + 2 * _LEGS, "slots": _LEGS},
            "ears": {"count": 1, "model": "builtin"},
            "engine": {"http_port": http, "drain_minutes": 0},
            "console": {"enabled": False},
        }
    )


@contextmanager
def _running(command: list[str], stream: IO[bytes], *, threads: int | None = None) -> Iterator[None]:
    environment = dict(os.environ)
    if threads is not None:
        environment |= {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stream,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,  # Ctrl-C is for this process, which then ends the others
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(made: Lines, log: Path, stopped: threading.Event) -> None:
    """Wait until everything is ready."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if all((made.run / name).exists() for name in ("media.sock", "sip.sock")):
            try:
                if httpx.get(f"http://{made.engine}/readyz", trust_env=False).is_success:
                    return
            except httpx.HTTPError:
                pass
        if stopped.wait(_PAUSE):
            raise ServeError("the calls over SIP were interrupted")
    last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-1:]
    raise ServeError(
        f"the telephone lines are not ready after {PATIENCE:.0f} s: {''.join(last)}", f"see {log}"
    )


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody holds now, neither by UDP nor by TCP."""
    found: list[int] = []
    with ExitStack() as stack:
        while len(found) < count:
            udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.bind((HOST, 0))
            port = udp.getsockname()[1]
            tcp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            try:
                tcp.bind((HOST, port))
            except OSError:
                continue
            found.append(port)
    return found


def _free_range() -> int:
    """Return the first of a range of ports for RTP, above what the system hands out by itself."""
    start = 10_000 + 200 * (os.getpid() % 80)
    return start + 100 * next(_RANGES)


_RANGES = iter(range(1_000))
