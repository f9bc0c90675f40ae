from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ivr.actions import Fetch
from ivr.dialog import CallFacts, Dialog
from ivr.dialog.lookup import pick
from ivr.doors import RATE
from ivr.engine import Engine
from ivr.events import Fetched, FetchFailed
from ivr.listener import Listener
from ivr.simulation import MONDAY
from ivr.web import MAX_ANSWER, WebClient
from tests.ivr.flows import flow_of
from tests.ivr.timed_door import TimedDoor

pytestmark = pytest.mark.integration

ORDER = {"order": {"status": "已发货", "items": [{"name": "手机"}]}}
LONG = 5.0  # a patience that no test needs


class Service(ThreadingHTTPServer):
    """A web service on this machine that keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, bytes]] = []
        self.headers: list[dict[str, str]] = []
        self.asked_slowly = threading.Event()
        self.release = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """Say nothing: callers that lose their patience are meant here."""


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.asked.append((self.command, self.path, body))
        self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
        match self.path.strip("/").partition("?")[0]:
            case "order":
                self.answer(200, json.dumps(ORDER).encode())
            case "created":
                self.answer(201, b"")
            case "moved":
                self.answer(302, b"{}", location=f"{self.server.url}/order")
            case "busy":
                self.answer(503, b"{}")
            case "busy-twice":
                self.answer(503 if len(self.server.asked) <= 2 else 200, b"{}")
            case "largest":
                self.answer(200, b'"' + b"x" * (MAX_ANSWER - 2) + b'"')
            case "too-large":
                self.answer(200, b'"' + b"x" * (MAX_ANSWER - 1) + b'"')
            case "html":
                self.answer(200, b"<html>")
            case "nan":
                self.answer(200, b'{"a": NaN}')
            case "deep":
                self.answer(200, b"[" * 100_000 + b"]" * 100_000)
            case "packed":
                self.answer(200, gzip.compress(b"{}"), content_encoding="gzip")
            case "slow":
                self.server.asked_slowly.set()
                self.server.release.wait(LONG)
                self.answer(200, b"{}")
            case "dribble":
                self.send_response(200)
                self.send_header("content-length", "100")
                self.end_headers()
                for _ in range(100):
                    self.wfile.write(b" ")
                    if self.server.release.wait(0.03):
                        break
            case _:
                self.answer(404, b"{}")

    do_POST = do_PUT = do_GET

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.release.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def client(service: Service) -> Iterator[WebClient]:
    client = WebClient([service.url])
    yield client
    client.close()


def ask(client: WebClient, url: str, **fields: Any) -> Fetched | FetchFailed | None:
    client.start(Fetch(1, fields.pop("method", "GET"), url, **fields))
    return client.wait(1, LONG)


def test_an_answer_and_what_was_sent_for_it(service: Service, client: WebClient) -> None:
    answer = ask(client, f"{service.url}/order?id=7", headers={"X-Key": "k"})
    assert answer == Fetched(1, 200, ORDER)
    assert service.asked == [("GET", "/order?id=7", b"")]
    assert (service.headers[0]["x-key"], service.headers[0]["accept"]) == ("k", "application/json")


def test_a_body_is_sent_as_json_and_an_empty_answer_is_one(service: Service, client: WebClient) -> None:
    answer = ask(client, f"{service.url}/created", method="POST", body={"说": "好", "n": 1})
    assert answer == Fetched(1, 201, None)
    assert service.asked == [("POST", "/created", '{"说": "好", "n": 1}'.encode())]
    assert service.headers[0]["content-type"] == "application/json"


def test_answers_are_polled_once(service: Service, client: WebClient) -> None:
    for number, path in enumerate(["order", "missing"]):
        client.start(Fetch(number, "GET", f"{service.url}/{path}"))
    answers = []
    while len(answers) < 2:
        answers += client.poll()
    assert sorted(answers, key=lambda a: a.fetch) == [Fetched(0, 200, ORDER), Fetched(1, 404)]
    assert client.poll() == []


@pytest.mark.parametrize(
    ("path", "retries", "reason", "asked"),
    [
        ("missing", 2, 404, 1),
        ("busy", 0, 503, 1),
        ("busy-twice", 1, 503, 2),
        ("busy-twice", 2, 200, 3),
        ("moved", 2, "redirect", 1),
        ("largest", 0, 200, 1),
        ("too-large", 2, "too-large", 1),
        ("html", 2, "not-json", 1),
        ("nan", 0, "not-json", 1),
        ("deep", 0, "not-json", 1),
        ("packed", 0, "not-json", 1),
        ("slow", 1, "timeout", 2),
        ("dribble", 1, "timeout", 2),
    ],
)
def test_what_goes_wrong_and_how_often_it_is_tried(
    service: Service, client: WebClient, path: str, retries: int, reason: str | int, asked: int
) -> None:
    patience = 0.3 if reason == "timeout" else LONG
    answer = ask(client, f"{service.url}/{path}", retries=retries, timeout_seconds=patience)
    if isinstance(reason, int):
        assert isinstance(answer, Fetched) and answer.status == reason
    else:
        assert answer == FetchFailed(1, reason)
    assert [each[1] for each in service.asked] == [f"/{path}"] * asked


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    assert ask(WebClient([url]), url, retries=1) == FetchFailed(1, "unreachable")


@pytest.mark.parametrize("allow", [[], ["http://127.0.0.1:1/"], ["{url}/orders/"]])
def test_what_is_not_on_the_list_is_not_asked(service: Service, allow: list[str]) -> None:
    client = WebClient([entry.format(url=service.url) for entry in allow])
    assert ask(client, f"{service.url}/order") == FetchFailed(1, "not-allowed")
    assert service.asked == []


@pytest.mark.parametrize(
    "fields",
    [
        {"headers": {"x": "a\r\nhost: evil"}},
        {"headers": {"x": "中"}},
        {"body": {"n": float("nan")}, "method": "POST"},
        {"body": {"n": object()}, "method": "POST"},
    ],
)
def test_what_cannot_be_sent_is_not(service: Service, client: WebClient, fields: dict[str, Any]) -> None:
    assert ask(client, f"{service.url}/order", **fields) == FetchFailed(1, "not-allowed")
    assert service.asked == []


def test_the_environment_sends_nothing_elsewhere(
    service: Service, client: WebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:1/")
    assert ask(client, f"{service.url}/order") == Fetched(1, 200, ORDER)


def test_whoever_waited_for_a_turn_too_long_does_not_ask_any_more(service: Service) -> None:
    client = WebClient([service.url], workers=1)
    client.start(Fetch(1, "POST", f"{service.url}/slow", timeout_seconds=LONG))
    assert service.asked_slowly.wait(LONG)
    client.start(Fetch(2, "POST", f"{service.url}/created", timeout_seconds=0.1))
    assert client.wait(2, LONG) == FetchFailed(2, "timeout")
    service.release.set()
    assert client.wait(1, LONG) == Fetched(1, 200, {})
    end_of("fetch-2")
    assert [path for _, path, _ in service.asked] == ["/slow"]


def test_waiting_ends_and_the_answer_still_comes(service: Service, client: WebClient) -> None:
    client.start(Fetch(1, "GET", f"{service.url}/slow"))
    assert client.wait(1, 0.02) is None
    assert client.wait(9, LONG) is None  # never asked
    service.release.set()
    assert client.wait(1, LONG) == Fetched(1, 200, {})
    assert client.wait(1, LONG) is None  # told already


def test_closing_drops_what_is_under_way(service: Service, client: WebClient) -> None:
    client.start(Fetch(1, "GET", f"{service.url}/slow"))
    assert service.asked_slowly.wait(LONG)
    client.close()
    assert (client.wait(1, LONG), client.poll()) == (None, [])
    service.release.set()
    end_of("fetch-1")
    assert client.poll() == []
    client.start(Fetch(2, "GET", f"{service.url}/order"))
    end_of("fetch-2")
    assert [path for _, path, _ in service.asked] == ["/slow"]


def end_of(thread: str) -> None:
    for each in threading.enumerate():
        if each.name == thread:
            each.join(LONG)
            assert not each.is_alive()


def test_nothing_of_a_request_is_logged(
    service: Service, client: WebClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = {"headers": {"x": "SECRET"}, "body": {"pin": "SECRET"}, "method": "PUT"}
    url = f"{service.url}/missing?pin=SECRET"
    assert ask(client, url, **secret) == Fetched(1, 404)
    assert [record.getMessage() for record in caplog.records] == [
        "fetch 1: 127.0.0.1 answered with status 404"
    ]
    assert "SECRET" not in repr(Fetch(1, url=url, **secret))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("order.status", "已发货"),
        ("order.items.0.name", "手机"),
        ("order.items.1.name", None),
        ("order.items.-1.name", None),
        ("order.items.name", None),
        ("order.items", None),
        ("order.status.0", None),
        ("paid", False),
        ("count", 0),
        ("none", None),
        ("1", "one"),
        ("", None),
        ("nowhere", None),
    ],
)
def test_a_value_is_picked_from_an_answer(path: str, value: object) -> None:
    assert pick({**ORDER, "paid": False, "count": 0, "none": None, "1": "one"}, path) == value


FLOW = """
name: shop
start: look
defaults: {no_input: {max: 1, next: bye}, no_match: {max: 1, next: bye}}
nodes:
  look: {type: http, url: "URL/order?by={caller}", result: {state: order.status}, next: tell, error: sorry}
  tell: {type: play, prompt: "{state}", next: bye}
  sorry: {type: play, prompt: 查询不到, next: bye}
  bye: {type: hangup}
"""


@pytest.mark.parametrize("allowed", [True, False])
def test_a_call_asks_the_services_that_its_operator_allows(
    service: Service, tmp_path: Path, allowed: bool
) -> None:
    client = WebClient([service.url] if allowed else [])
    engine = Engine(
        Dialog(
            flow_of(tmp_path, FLOW.replace("URL", service.url)),
            CallFacts(started=MONDAY, caller="19900010001"),
        ),
        TimedDoor({}),
        Listener(None),
        sound_of=lambda name, text, language: np.zeros(RATE, np.int16),
        writer=None,
        web=client,
    )
    engine.run()
    client.close()
    assert [said.prompt.text for said in engine.said] == ["已发货" if allowed else "查询不到"]
    assert [path for _, path, _ in service.asked] == (["/order?by=19900010001"] if allowed else [])
