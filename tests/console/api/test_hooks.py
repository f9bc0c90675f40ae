from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from calls.allowlist import Address
from calls.people import ApiToken, AuditEntry, User, UserRole, Webhook, WebhookDelivery
from calls.records import utc_now
from calls.store import Store
from console.api.tokens import bearer
from console.app import create_app
from console.settings import Settings
from tests.console.scene import Scene
from tests.console.staff import OURS, hire, visitor
from tests.console.visitor import Visitor

pytestmark = pytest.mark.integration


@pytest.fixture
def app(desk_database: str, tmp_path: Path) -> Iterator[Flask]:
    """A desk whose operator allows webhooks to one address."""
    settings = Settings(webhooks=(Address.parse("https://crm.example.cn/"),))
    made = create_app(desk_database, tmp_path / "recordings", settings=settings)
    made.testing = True
    yield made
    made.extensions["desk"].close()


@pytest.fixture
def staff(scene: Scene, desk_store: Store) -> dict[UserRole, User]:
    return hire(desk_store)


@pytest.fixture
def admin(app: Flask, staff: dict[UserRole, User]) -> Iterator[Visitor]:
    with visitor(app, staff[UserRole.ADMIN]) as client:
        yield client


def test_a_webhook_is_made_and_its_secret_shown_once(admin: Visitor, desk_store: Store) -> None:
    form = {"url": "https://crm.example.cn/in", "events": ["complaint.severe", "case.opened", "x"]}

    made = admin.post("/webhooks", data=form, headers=OURS)

    (hook,) = desk_store.find(Webhook)
    assert made.status_code == 201 and hook.secret in made.text
    assert hook.events == ("complaint.severe", "case.opened")
    assert hook.secret not in admin.get("/webhooks").text
    assert desk_store.count(AuditEntry, action="webhook.add", subject=hook.id) == 1


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"url": "https://evil.example/", "events": ["case.opened"]}, "不在操作员允许的范围内"),
        ({"url": "http://crm.example.cn/", "events": ["case.opened"]}, "不在操作员允许的范围内"),
        (
            {"url": "https://crm.example.cn@evil.cn/", "events": ["case.opened"]},
            "不在操作员允许的范围内",
        ),
        ({"url": "https://crm.example.cn/in"}, "至少选一种事件"),
    ],
)
def test_what_cannot_be_a_webhook_is_told(
    admin: Visitor, desk_store: Store, form: dict[str, object], why: str
) -> None:
    answer = admin.post("/webhooks", data=form, headers=OURS)

    assert answer.status_code == 400 and why in answer.text and str(form["url"]) in answer.text
    assert desk_store.count(Webhook) == 0


def test_a_webhook_is_switched_off_and_a_message_sent_again(admin: Visitor, desk_store: Store) -> None:
    hook = Webhook(id="hook", url="https://crm.example.cn/in", secret="s", events=("case.opened",))
    lost = WebhookDelivery(
        id="lost", webhook_id="hook", event="case.opened", call_id="call-1", payload={"a": 1}, state="failed"
    )
    desk_store.add(hook, lost, replace(lost, id="erased", payload={}))

    admin.post("/webhooks/hook/off", headers=OURS)
    admin.post("/webhooks/messages/lost/again", headers=OURS)

    assert not desk_store.get(Webhook, "hook").active
    (anew,) = desk_store.find(WebhookDelivery, state="open")
    assert (anew.payload, anew.attempts, anew.call_id) == ({"a": 1}, 0, "call-1") and anew.id != "lost"
    # what was erased is not sent again, nor what was not there
    for message in ("erased", "none"):
        assert admin.post(f"/webhooks/messages/{message}/again", headers=OURS).status_code == 404


def test_a_verdict_that_opens_a_case_is_told(admin: Visitor, desk_store: Store) -> None:
    desk_store.add(Webhook(id="hook", url="https://crm.example.cn/", secret="s", events=("case.opened",)))

    admin.post("/calls/call-2/reviews", data={"complaint": "yes", "severity": "重大"}, headers=OURS)

    (message,) = desk_store.find(WebhookDelivery)
    assert (message.call_id, message.payload["data"]["severity"]) == ("call-2", "重大")


def test_a_token_is_made_shown_once_and_revoked(
    app: Flask, staff: dict[UserRole, User], desk_store: Store
) -> None:
    with visitor(app, staff[UserRole.INSPECTOR]) as client:
        made = client.post("/account/tokens", data={"name": "报表", "days": "30"}, headers=OURS)
        (token,) = re.findall(r"huawu_[\w-]+", made.text)
        later = client.get("/account/tokens").text
        known = bearer(desk_store, f"Bearer {token}", utc_now())
        (kept,) = desk_store.find(ApiToken)
        client.post(f"/account/tokens/{kept.id}/revoke", headers=OURS)

    assert made.status_code == 201 and "报表" in later and token not in later
    assert known is not None and known.id == "inspector"
    assert desk_store.count(ApiToken) == 0
    assert desk_store.values(AuditEntry, "action", user_id="inspector") >= {"token.issue", "token.revoke"}


def test_nobody_revokes_the_token_of_another(
    app: Flask, staff: dict[UserRole, User], desk_store: Store
) -> None:
    with visitor(app, staff[UserRole.INSPECTOR]) as client:
        client.post("/account/tokens", data={"name": "a", "days": "0"}, headers=OURS)
    (kept,) = desk_store.find(ApiToken)

    with visitor(app, staff[UserRole.ADMIN]) as client:
        answer = client.post(f"/account/tokens/{kept.id}/revoke", headers=OURS)

    assert answer.status_code == 404 and desk_store.count(ApiToken) == 1


@pytest.mark.parametrize(("name", "days"), [("", "30"), ("x" * 65, "30"), ("a\nb", "30"), ("a", "31")])
def test_a_token_without_a_name_or_with_another_time_is_refused(
    admin: Visitor, desk_store: Store, name: str, days: str
) -> None:
    answer = admin.post("/account/tokens", data={"name": name, "days": days}, headers=OURS)

    assert answer.status_code == 400 and desk_store.count(ApiToken) == 0
