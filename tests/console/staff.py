"""People with accounts at the desk, and how tests sign them in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from calls.people import User, UserRole
from calls.records import new_id, utc_now
from calls.store import Store
from tests.console.visitor import Visitor

PASSWORD = "correct horse battery"
#: Costs next to nothing.
CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
OURS = {"Origin": "http://localhost"}


@cache
def password_hash() -> str:
    """The hash of :data:`PASSWORD`."""
    return CHEAP.hash(PASSWORD)


def person(role: UserRole, **changes: object) -> User:
    """Return somebody whose name is that of the role."""
    known: dict[str, object] = {"id": str(role), "role": role, "password": password_hash()}
    if role is UserRole.TEAM_SUPERVISOR:
        known["team"] = "一组"
    if role is UserRole.AGENT:
        known["agent_id"] = "A1"
    return User(**{**known, **changes})  # type: ignore[arg-type]


def hire(store: Store) -> dict[UserRole, User]:
    """Store somebody of each role: the team supervisor of 一组, and agent A1."""
    staff = {role: person(role) for role in UserRole}
    store.add(*staff.values())
    return staff


def sign_in(client: FlaskClient, name: str, password: str = PASSWORD, **fields: str) -> TestResponse:
    """Send the form of the sign-in page."""
    form = {"name": name, "password": password, "next": "", **fields}
    return client.post("/signin", data=form, headers=OURS)


@contextmanager
def visitor(app: Flask, user: User, now: datetime | None = None) -> Iterator[Visitor]:
    """A browser in which somebody has signed in; without the password, which takes its time."""
    app.test_client_class = Visitor
    client = app.test_client()
    moment = int((now or utc_now()).timestamp())
    with client.session_transaction() as session:
        session.update(user=user.id, stamp=user.stamp, id=new_id(), since=moment, seen=moment)
    assert isinstance(client, Visitor)
    yield client
