from __future__ import annotations

import json
import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from calls.errors import ServeError
from huawu.calls_command import live_command
from huawu.centre.run_folder import write_state

pytestmark = pytest.mark.integration

CALLS = [
    {"id": "a1", "door": "sip", "caller": "•••••••5678", "callee": "95588", "flow": "main", "node": "menu"}
    | {"seconds": 7.9, "state": "talking", "queue": None, "agent": None},
    {"id": "b2", "door": "web", "caller": "", "callee": "main", "flow": "main", "node": "agents"}
    | {"seconds": 75.0, "state": "bridged", "queue": "bills", "agent": "[7]"},
]


class Engine(ThreadingHTTPServer):
    """Answers as the engine does, to who has the token."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Any = CALLS
        self.token = ""


class Handler(BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        right = self.headers.get("authorization", "") == (self.server.token and f"Bearer {self.server.token}")
        self.send_response(200 if right and self.path == "/calls" else 401)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.answer).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "run").mkdir()
    with Engine() as server:
        write_state(tmp_path / "run", {"serve": os.getpid(), "http": f"127.0.0.1:{server.server_port}"})
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def live(folder: Path, *arguments: str) -> Result:
    app = typer.Typer()
    app.command()(live_command)
    file = folder / "huawu.yaml"
    file.write_text(f"run: {folder / 'run'}\nengine: {{token_env: TEST_TOKEN}}\n", encoding="utf-8")
    return CliRunner().invoke(app, ["--config", str(file), *arguments], env={"TEST_TOKEN": "offen"})


def test_calls_the_longest_first(tmp_path: Path, engine: Engine) -> None:
    engine.token = "offen"
    done = live(tmp_path)
    assert [line.split() for line in done.output.splitlines()] == [
        ["CALL", "DOOR", "CALLER", "NUMBER", "FLOW", "NODE", "STATE", "QUEUE", "AGENT", "TIME"],
        ["b2", "web", "–", "main", "main", "agents", "bridged", "bills", "[7]", "1:15"],
        ["a1", "sip", "•••••••5678", "95588", "main", "menu", "talking", "–", "–", "0:07"],
    ]


def test_no_calls(tmp_path: Path, engine: Engine) -> None:
    engine.answer, engine.token = [], "offen"
    assert live(tmp_path).output == "no calls\n"


@pytest.mark.parametrize(
    ("answer", "token", "complaint"),
    [
        (CALLS, "another", "refuses to tell → name the configuration with --config and set its token_env"),
        ({"error": "?"}, "offen", "answered with status 200, not with its calls"),
    ],
)
def test_an_engine_that_does_not_tell(
    answer: Any, token: str, complaint: str, tmp_path: Path, engine: Engine
) -> None:
    engine.answer, engine.token = answer, token
    assert str(live(tmp_path).exception) == f"engine: 127.0.0.1:{engine.server_port} {complaint}"


def test_an_engine_that_is_just_being_started_again(tmp_path: Path, engine: Engine) -> None:
    engine.shutdown()
    engine.server_close()
    done = live(tmp_path)
    assert isinstance(done.exception, ServeError)
    assert str(done.exception).endswith("→ if it was just started, try again in a moment")


def test_nothing_runs(tmp_path: Path) -> None:
    done = live(tmp_path)
    assert str(done.exception) == (
        f"no huawu serve works in {tmp_path / 'run'} → start it, or name its configuration with --config"
    )


def test_watching_needs_a_terminal(tmp_path: Path) -> None:
    assert str(live(tmp_path, "--watch").exception) == "--watch needs a terminal → leave it out"
