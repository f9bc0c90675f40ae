"""Who works at the small centre, and what was judged of its calls: the ground for what follows a verdict."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calls.people import User, UserRole
from calls.records import Finding, Review, Score
from calls.store import Store
from tests.console.scene import NOON

#: One for each role, and those whom the rules tell apart from one another.
PEOPLE = {
    user.id: user
    for user in (
        User(id="boss", name="周总", role=UserRole.ADMIN, stamp="s"),
        User(id="qa", name="赵敏", role=UserRole.QA_SUPERVISOR, stamp="s"),
        User(id="chen", name="陈洁", role=UserRole.INSPECTOR, stamp="s"),
        User(id="lin", name="林涛", role=UserRole.INSPECTOR, stamp="s"),
        User(id="gone", name="钱进", role=UserRole.INSPECTOR, stamp="s", disabled=True),
        User(id="lead1", name="孙丽", role=UserRole.TEAM_SUPERVISOR, team="一组", stamp="s"),
        User(id="lead2", name="吴刚", role=UserRole.TEAM_SUPERVISOR, team="二组", stamp="s"),
        User(id="wang", name="王静", role=UserRole.AGENT, agent_id="A1", stamp="s"),
        User(id="li", name="李强", role=UserRole.AGENT, agent_id="A2", stamp="s"),
        User(id="guest", role=UserRole.READ_ONLY, stamp="s"),
    )
}

FIRST = Review(
    id="review-1",
    call_id="call-1",
    reviewer="chen",
    complaint=True,
    severity="重大",
    topic="refund",
    score=62.0,
    fatal=True,
    comment="没有致歉，也没有复述来电人的诉求。",
    plan_id="plan-1",
    created_at=NOON,
)
ITEMS = (
    Score(id="item-1", call_id="call-1", item="致歉", points=0.0, by="chen", review_id="review-1", at=14.0),
    Score(id="item-2", call_id="call-1", item="规范用语", points=20.0, by="chen", review_id="review-1"),
)
#: The verdict on a call of the agent of the other team.
OTHERS = Review(id="review-3", call_id="call-3", reviewer="chen", score=90.0, fatal=False, created_at=NOON)

#: When the tests' people work: a day after the verdicts.
NOW = NOON + timedelta(days=1)


def people_and_verdicts(store: Store) -> None:
    """Store the people, two verdicts, and what the machine takes for the cause of the complaint."""
    store.add(
        *PEOPLE.values(),
        FIRST,
        *ITEMS,
        OTHERS,
        Finding(id="why", call_id="call-1", kind="cause", label="refund", probability=0.8, created_at=NOON),
        Finding(
            id="who", call_id="call-1", kind="responsible", label="service", probability=0.6, created_at=NOON
        ),
    )


def at(app: Flask, now: datetime) -> None:
    """Let the desk's clock stand at a time."""
    app.extensions["clock"] = lambda: now


class Desk:
    """A desk at which everybody has a browser of their own."""

    def __init__(self, app: Flask, now: datetime = NOW) -> None:
        self.app = app
        self.now = now
        at(app, now)

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)
        at(self.app, self.now)

    def browser(self, who: str) -> FlaskClient:
        """Return a browser in which somebody is signed in."""
        client = self.app.test_client()
        with client.session_transaction() as session:
            moment = int(self.now.timestamp())
            session.update(user=who, stamp="s", id=f"session-{who}", since=moment, seen=moment)
        return client

    def read(self, who: str, path: str) -> TestResponse:
        """Return what somebody gets to see."""
        return self.browser(who).get(path)

    def send(self, who: str, path: str, **form: Any) -> TestResponse:
        """Return the answer to a form that somebody sends."""
        return self.browser(who).post(path, data=form, headers={"Origin": "http://localhost"})
