"""A whole centre, with its real processes."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from huawu.calls_command import running_calls
from huawu.centre.run_folder import read_state

pytestmark = [pytest.mark.integration, pytest.mark.slow]

LONGEST = 180.0  # seconds
SERVE = (
    "from pathlib import Path; import huawu.serve_command as s; s.serve_command(Path('huawu.yaml'), False)"
)
PROCESSES = ["media", "sip", "ear", "gateway", "engine", "console"]


def free_ports(number: int) -> list[int]:
    """Ports that nobody uses, by TCP or by UDP, and that the system gives to no connection meanwhile."""
    found: list[int] = []
    for port in random.sample(range(10_000, 20_000), 1000):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == number:
            break
    return found


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    sip, http, desk, web = free_ports(4)
    (tmp_path / "huawu.yaml").write_text(
        f"run: {tmp_path / 'run'}\n"
        f"sip: {{port: {sip}, max_calls: 4}}\n"
        f"engine: {{http_port: {http}}}\n"
        f"console: {{port: {desk}}}\n"
        f"gateway: {{web_port: {web}, max_calls: 4}}\n"
        "ears: {count: 1, model: builtin}\n",
        encoding="utf-8",
    )
    (tmp_path / "out").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", SERVE],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        patience = Timer(LONGEST, process.kill)
        patience.start()
        try:
            yield process
        finally:
            patience.cancel()
            process.kill()


def until(process: subprocess.Popen[str], event: str, **fields: object) -> None:
    """Wait for a line of the supervisor's log."""
    assert process.stderr is not None
    wanted = {"process": "serve", "event": event, **fields}.items()
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith("{") and wanted <= json.loads(line).items():
            return
    raise AssertionError(f"ended without {event} {fields}: {''.join(said)}")


def test_each_process_is_back_after_it_was_killed(centre: subprocess.Popen[str], tmp_path: Path) -> None:
    until(centre, "serving")
    for name in PROCESSES:
        state = read_state(tmp_path / "run")
        assert state is not None
        os.kill(state["processes"][name]["pid"], signal.SIGKILL)
        until(centre, "ready", child=name)
    state = read_state(tmp_path / "run")
    assert state is not None
    assert {name: each["restarts"] for name, each in state["processes"].items()} == dict.fromkeys(
        PROCESSES, 1
    )
    assert running_calls(state["http"]) == []
    centre.send_signal(signal.SIGTERM)
    until(centre, "ended", child="engine", code=0)
    assert centre.wait() == 0
    assert read_state(tmp_path / "run") is None
    assert not list((tmp_path / "run").glob("*.ring"))
