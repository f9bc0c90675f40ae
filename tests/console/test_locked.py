"""Another program holds the database, for as long as it likes: nothing is lost, nothing is stored twice."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from calls.people import AuditEntry, UserRole
from calls.records import Review
from calls.store import Store, engine
from console.texts import TEXTS
from tests.console.reading import Page
from tests.console.scene import Scene
from tests.console.staff import OURS, hire, visitor
from tests.console.visitor import Visitor

pytestmark = pytest.mark.integration

COMMENT = "等了三周仍未到账，\n坐席只说“再等等”。"
FORM = {
    "complaint": "yes",
    "severity": "重大",
    "topic": "refund",
    "sentiment": "negative",
    "comment": COMMENT,
    "reviewer": "",
    "plan_id": "plan-1",
    "review_id": "5" * 32,
}
#: Takes the write lock, says so, and gives it back after so many seconds, or when its input ends.
HOLDS = """
import select, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE call SET hangup_cause = 'of the other program'")
print("held", flush=True)
select.select([sys.stdin], [], [], float(sys.argv[2]))
at = time.time()
connection.execute("COMMIT")
print(at)
"""


@contextmanager
def holder(database: str, seconds: float = 60.0) -> Iterator[subprocess.Popen[str]]:
    """A program that writes for a long time; it ends with the block."""
    command = [sys.executable, "-c", HOLDS, database, str(seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


@pytest.fixture
def inspector(app: Flask, scene: Scene, desk_store: Store) -> Iterator[Visitor]:
    """An inspector who has a call open."""
    with visitor(app, hire(desk_store)[UserRole.INSPECTOR]) as browser:
        assert browser.get("/calls/call-1?plan=plan-1").status_code == 200
        yield browser


def save(browser: Visitor, form: dict[str, str]) -> TestResponse:
    return browser.post("/calls/call-1/reviews", data=form, headers=OURS)


def the_review(store: Store) -> Review:
    """The verdict, of which there is one, with one entry of the audit log."""
    (stored,) = store.find(Review)
    (noted,) = store.find(AuditEntry, action="review.save")
    assert (noted.subject, noted.user_id) == (stored.id, "inspector")
    assert (stored.reviewer, stored.severity, stored.comment) == ("inspector", "重大", COMMENT)
    return stored


@pytest.mark.slow
def test_a_verdict_outlasts_a_lock_that_outlasts_the_desks_patience(
    inspector: Visitor, desk_database: str, desk_store: Store
) -> None:
    with holder(desk_database) as other:
        refused = save(inspector, FORM)
        assert other.poll() is None
        other.communicate("")

    page = Page(refused.text)
    assert engine.BUSY_SECONDS == 5.0
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert page.one("h1").text == "503 数据库正被另一个程序占用，请稍后再试。"
    assert "is held by another process for more than 5 s → end the other job or try again" in refused.text
    assert {**page.fields(), "csrf_token": ""} == {**FORM, "csrf_token": ""}
    assert desk_store.find(Review) == []

    again, once_more = save(inspector, page.fields()), save(inspector, page.fields())

    assert {again.location, once_more.location} == {"/calls/call-2?plan=plan-1&saved=1"}
    the_review(desk_store)


@pytest.mark.slow
def test_a_verdict_waits_for_a_shorter_lock(
    inspector: Visitor, desk_database: str, desk_store: Store
) -> None:
    with holder(desk_database, 2.0) as other:
        saved = save(inspector, FORM)
        released, _ = other.communicate()

    assert saved.location == "/calls/call-2?plan=plan-1&saved=1"
    # it was given while the other program still wrote
    assert the_review(desk_store).created_at < datetime.fromtimestamp(float(released), UTC)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait only a moment for the other program."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)


@pytest.mark.usefixtures("impatient")
def test_the_pages_script_is_told_in_words_and_keeps_the_page(
    inspector: Visitor, desk_database: str, desk_store: Store
) -> None:
    asked = {**OURS, "Accept": "application/json"}
    with holder(desk_database) as other:
        refused = inspector.post("/calls/call-1/reviews", data=FORM, headers=asked)
        other.communicate("")

    saved = inspector.post("/calls/call-1/reviews", data=FORM, headers=asked)

    assert (refused.status_code, refused.get_json()) == (
        503,
        {"problem": TEXTS["draft.locked"][0]},
    )
    assert saved.get_json() == {"to": "/calls/call-2?plan=plan-1&saved=1"}
    the_review(desk_store)
