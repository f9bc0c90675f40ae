"""Messages reach a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from analytics.webhooks.sending import DELAYS, ForbiddenAddress, Round, Sender, checked_url, send_due
from analytics.webhooks.signature import new_secret, signature
from calls.allowlist import Address
from calls.people import AuditEntry, Webhook, WebhookDelivery
from calls.store import Store

pytestmark = pytest.mark.integration
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class Receiver:
    """A server that answers as it is told to, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.came = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.seen.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()
                receiver.came.set()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/in"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=5, trust_env=False) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "huawu.db") as opened:
        yield opened


SECRET = new_secret()


def queue(store: Store, url: str, *, active: bool = True) -> WebhookDelivery:
    hook = Webhook(id="hook", url=url, secret=SECRET, events=("complaint.found",), active=active)
    message = WebhookDelivery(
        id="message",
        webhook_id="hook",
        event="complaint.found",
        payload={"data": {"call": "通话"}},
        due_at=NOON,
    )
    store.add(hook, message)
    return message


def allow(receiver: Receiver) -> list[Address]:
    return [Address.parse(receiver.url.removesuffix("in"))]


def test_a_message_arrives_signed(store: Store, receiver: Receiver, client: httpx.Client) -> None:
    queue(store, receiver.url)

    assert send_due(store, allow(receiver), NOON, client) == Round(delivered=1)

    ((headers, body),) = receiver.seen
    assert json.loads(body) == {"data": {"call": "通话"}}
    assert headers["webhook-id"] == "message"
    assert headers["webhook-signature"] == signature(SECRET, "message", int(NOON.timestamp()), body)
    assert store.get(WebhookDelivery, "message").state == "delivered"
    assert send_due(store, allow(receiver), NOON + timedelta(days=9), client) == Round()


def test_what_fails_is_tried_again_later_and_later_and_then_given_up(
    store: Store, receiver: Receiver, client: httpx.Client
) -> None:
    queue(store, receiver.url)
    receiver.answers = [500] * (len(DELAYS) + 1)
    now, rounds = NOON, []

    for delay in (*DELAYS, timedelta(0)):
        rounds.append(send_due(store, allow(receiver), now, client))
        assert send_due(store, allow(receiver), now, client) == Round()  # not before it is due
        now += delay

    message = store.get(WebhookDelivery, "message")
    assert rounds == [Round(failed=1)] * len(DELAYS) + [Round(given_up=1)]
    assert (message.state, message.attempts, message.error) == ("failed", len(DELAYS) + 1, "answered 500")
    assert {headers["webhook-id"] for headers, _ in receiver.seen} == {"message"}
    assert [each.data for each in store.find(AuditEntry)] == [
        {"event": "complaint.found", "error": "answered 500"}
    ]


@pytest.mark.parametrize(("status", "state"), [(302, "open"), (307, "open"), (404, "open"), (410, "failed")])
def test_a_redirect_is_not_followed_and_gone_is_gone(
    store: Store, receiver: Receiver, client: httpx.Client, status: int, state: str
) -> None:
    queue(store, receiver.url)
    receiver.answers = [status]

    send_due(store, allow(receiver), NOON, client)

    message = store.get(WebhookDelivery, "message")
    assert (message.state, message.error, len(receiver.seen)) == (state, f"answered {status}", 1)


def test_nobody_there_is_tried_again(store: Store, receiver: Receiver, client: httpx.Client) -> None:
    queue(store, "http://127.0.0.1:9/in")

    assert send_due(store, [Address.parse("http://127.0.0.1:9/")], NOON, client) == Round(failed=1)

    message = store.get(WebhookDelivery, "message")
    assert message.error.startswith("ConnectError")
    assert message.due_at == NOON + DELAYS[0]


@pytest.mark.parametrize("active", [True, False])
def test_what_may_not_be_asked_is_not_asked(
    store: Store, receiver: Receiver, client: httpx.Client, active: bool
) -> None:
    queue(store, receiver.url, active=active)
    addresses = [] if active else allow(receiver)

    assert send_due(store, addresses, NOON, client) == Round(given_up=1)

    assert receiver.seen == []
    assert ("no allowed address" if active else "switched off") in store.get(WebhookDelivery, "message").error


def test_an_address_elsewhere_is_refused_with_the_way_out() -> None:
    with pytest.raises(ForbiddenAddress, match="--allow-webhook"):
        checked_url("https://crm.example.cn.evil.example/", [Address.parse("https://crm.example.cn/")])


def test_the_thread_sends_by_itself(
    store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analytics.webhooks.sending.PAUSE", 0.01)
    queue(store, receiver.url)

    sender = Sender(lambda: store, allow(receiver))
    try:
        assert receiver.came.wait(10)
    finally:
        sender.close()

    assert store.get(WebhookDelivery, "message").state == "delivered"
