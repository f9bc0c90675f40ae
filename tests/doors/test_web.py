"""Callers whose flow asks a web service: the service is a real one, and every way on is gone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from calls.records import EventKind
from tests.doors.running import RunningCentre, caller

pytestmark = [pytest.mark.integration, pytest.mark.slow]

FLOW = """
name: orders
start: number
defaults:
  no_input: {max: 3, next: bye}
  no_match: {max: 3, next: bye}
nodes:
  number:
    type: collect
    prompt: 请输入订单号
    variable: order
    min_length: 1
    max_length: 1
    terminator: null
    next: look_up
  look_up:
    type: http
    url: "SERVICE/api/orders/{order}"
    headers: {X-Caller: "{caller}"}
    timeout_seconds: 10
    result: {state: order.state}
    statuses: {404: unknown}
    next: found
    error: down
  found:
    type: branch
    cases: [{when: state == 'sent', next: cancel}]
    otherwise: down
  cancel:
    type: http
    method: POST
    url: "SERVICE/api/cancellations"
    body: {order: "{order}"}
    timeout_seconds: 10
    next: bye
    error: down
  unknown: {type: hangup}
  down: {type: hangup}
  bye: {type: hangup}
"""
ORDERS = {
    "1": (200, '{"order": {"state": "sent"}}'),
    "2": (404, "{}"),
    "3": (500, '{"order": {"state": "sent"}}'),
    "4": (200, "<html>no JSON</html>"),
    "5": (302, ""),
}


class Service(ThreadingHTTPServer):
    """Knows :data:`ORDERS`, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str, str, Any]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        self._answer(*ORDERS.get(self.path.removeprefix("/api/orders/"), (410, "")))

    def do_POST(self) -> None:
        self._answer(201, "{}")

    def _answer(self, status: int, body: str) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        who = self.headers.get("X-Caller", "")
        self.server.asked.append((self.command, self.path, who, json.loads(sent) if sent else None))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", f"{self.server.address}/api/orders/1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def house(service: Service) -> Iterator[RunningCentre]:
    settings = {
        "flows": [{"numbers": "3001", "flow": "orders.yaml"}],
        "engine": {"allow_web": [f"{service.address}/api/"]},
        "ears": {"count": 0},
    }
    running = RunningCentre(settings=settings)
    flow = FLOW.replace("SERVICE", service.address)
    (running.folder / "orders.yaml").write_text(flow, encoding="utf-8")
    with running:
        yield running


@pytest.mark.parametrize(
    ("order", "ways"),
    [
        ("1", ["look_up", "found", "cancel", "bye"]),
        ("2", ["look_up", "unknown"]),
        ("3", ["look_up", "down"]),
        ("4", ["look_up", "down"]),
        ("5", ["look_up", "down"]),
    ],
    ids=["found", "not found", "failed", "no JSON", "elsewhere"],
)
def test_a_service_is_asked_and_its_answer_leads_on(
    house: RunningCentre, service: Service, order: str, ways: list[str]
) -> None:
    who = caller(f"asks for {order}").invite().answered().expect_bye(timeout=30_000)
    with house.line(who, "3001") as line:
        line.ear.wait_for_packets(1)
        line.ear.press(order).wait()
        kept = line.over()
    assert kept.nodes == ["number", *ways]
    asked: list[tuple[str, str, str, Any]] = [("GET", f"/api/orders/{order}", who.number, None)]
    if "cancel" in ways:
        asked.append(("POST", "/api/cancellations", "", {"order": order}))
    assert service.asked[-len(asked) :] == asked
    assert len(kept.of(EventKind.WEB)) >= len(asked)
