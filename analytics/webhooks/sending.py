"""Sending messages until they arrive: due ones are posted, what fails is tried again later and later."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx
import structlog

from analytics.webhooks.signature import signature
from calls.allowlist import Address, allowed
from calls.errors import HuawuError, StoreError
from calls.people import AuditEntry, Webhook, WebhookDelivery
from calls.records import utc_now
from calls.store import Span, Store

#: After the first attempt, and after each further one: the schedule of the Standard Webhooks specification.
DELAYS = tuple(timedelta(seconds=each) for each in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
#: Seconds that a receiver may take to answer.
PATIENCE = 15.0
#: Messages sent in one round.
MOST_AT_ONCE = 100
#: Seconds between rounds.
PAUSE = 2.0

_log = structlog.get_logger(__name__)


class ForbiddenAddress(HuawuError):
    """A webhook's address is none of those that the operator allows."""


@dataclass(frozen=True, slots=True)
class Round:
    """What came of one round."""

    delivered: int = 0
    failed: int = 0
    given_up: int = 0


def checked_url(url: str, addresses: Sequence[Address]) -> httpx.URL:
    """Return the address of a webhook, read once.

    Raises
    ------
    ForbiddenAddress
        The operator does not allow it.
    """
    found = allowed(url, addresses)
    if found is None:
        raise ForbiddenAddress(
            f"webhook: {url[:200]!r} is no allowed address",
            "the operator allows addresses: huawu console --allow-webhook https://crm.example.cn/",
        )
    return found


def send_due(store: Store, addresses: Sequence[Address], now: datetime, client: httpx.Client) -> Round:
    """Post the messages that are due, the oldest first, and note what came of each.

    Parameters
    ----------
    store : Store
    addresses : sequence of Address
        What the operator allows; a webhook elsewhere fails at once and for good.
    now : datetime
    client : httpx.Client
        Follows no redirects.
    """
    until = Span(None, now + timedelta.resolution)  # what is due now, too
    due = store.find(
        WebhookDelivery, state="open", due_at=until, order_by=("due_at", "id"), limit=MOST_AT_ONCE
    )
    hooks = {hook.id: hook for hook in store.find(Webhook, id=sorted({each.webhook_id for each in due}))}
    counts = {"delivered": 0, "open": 0, "failed": 0}
    for message in due:
        done = _attempt(message, hooks[message.webhook_id], addresses, now, client)
        extra: tuple[AuditEntry, ...] = ()
        if done.state == "failed":
            data = {"event": done.event, "error": done.error}
            extra = (
                AuditEntry(
                    user_id="webhooks", action="webhook.fail", subject=done.webhook_id, at=now, data=data
                ),
            )
        # another process may have sent it meanwhile: then what that one noted stays
        if store.change(done, *extra, state="open", attempts=message.attempts):
            counts[done.state] += 1
    return Round(counts["delivered"], counts["open"], counts["failed"])


def _attempt(
    message: WebhookDelivery, hook: Webhook, addresses: Sequence[Address], now: datetime, client: httpx.Client
) -> WebhookDelivery:
    attempts = message.attempts + 1
    if not hook.active:
        return replace(message, state="failed", error="the webhook was switched off")
    body = json.dumps(message.payload, ensure_ascii=False, separators=(",", ":")).encode()
    timestamp = int(now.timestamp())
    headers = {
        "content-type": "application/json",
        "user-agent": "huawu",
        "webhook-id": message.id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(hook.secret, message.id, timestamp, body),
    }
    try:
        url = checked_url(hook.url, addresses)
    except ForbiddenAddress as error:
        return replace(message, state="failed", attempts=attempts, error=str(error))
    try:
        with client.stream("POST", url, content=body, headers=headers) as answer:
            problem = "" if answer.is_success else f"answered {answer.status_code}"
            gone = answer.status_code == httpx.codes.GONE
    except httpx.HTTPError as error:
        problem, gone = f"{type(error).__name__}: {error}"[:300], False
    if not problem:
        return replace(message, state="delivered", attempts=attempts, error="")
    if gone or attempts > len(DELAYS):
        return replace(message, state="failed", attempts=attempts, error=problem)
    return replace(message, attempts=attempts, error=problem, due_at=now + DELAYS[attempts - 1])


class Sender:
    """A thread that sends what is due until it is closed.

    Parameters
    ----------
    store : callable
        Returns the open store, or raises ``StoreError`` while it cannot be opened.
    addresses : sequence of Address
    """

    def __init__(self, store: Callable[[], Store], addresses: Sequence[Address]) -> None:
        self._store = store
        self._addresses = tuple(addresses)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread, after the message that is on its way. Idempotent."""
        self._end.set()
        self._thread.join(PATIENCE + 5)

    def _run(self) -> None:
        with httpx.Client(timeout=PATIENCE, follow_redirects=False, trust_env=False) as client:
            while not self._end.wait(PAUSE):
                try:
                    send_due(self._store(), self._addresses, utc_now(), client)
                except StoreError as error:
                    _log.warning("webhooks wait for the database", why=str(error))
