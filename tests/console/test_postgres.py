"""The desk on PostgreSQL: every page answers as it does on SQLite, word for word."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from analytics.search.index import SearchIndex
from calls.people import User
from calls.records import Recording
from calls.store import Store
from calls.store.schema import TABLES, metadata
from console.access import permits, rights_of
from console.app import create_app
from tests.console.callpage_scene import CALL
from tests.console.routes import CHANGING, ROLES, Route, routes
from tests.console.scene import NOON
from tests.console.staff import OURS, visitor
from tests.console.tour import STOPS, furnish
from tests.console.weeks_scene import BAD

pytestmark = [pytest.mark.integration, pytest.mark.slow]
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

NOW = NOON + timedelta(days=2)
#: What is another at each asking: tokens, nonces, new ids and passwords, numbers of plots, the real time.
_OF_CHANCE = re.compile(
    r'(?<=csrf-token" content=")[^"]+|(?<=csrf_token" value=")[^"]+|(?<=nonce=")[^"]+'
    r'|[0-9a-f]{32}|(?<=plot-)[0-9]+|(?<=class="once">)[^<]+'
    r'|[0-9T:-]{19}\.[0-9]{6}\+00:00">[^<]*'
)
QUERIES = (
    "q=退款",
    "q=~tuikuan",
    'q="消费者协会" OR 宽带',
    "q=退款 NOT 投诉",
    "q=caller:退款 agent:订单",
    "number=1001&severity=重大",
    "sentiment=negative&agent=A1&since=2026-02-10&until=2026-03-02",
    "team=一组&topic=refund&shortest=10&reviewed=no",
    "least=60&most=100",
)
VERDICT = {
    "complaint": "yes",
    "severity": "紧急",
    "topic": "network",
    "comment": "断网三天",
    "plan_id": "plan-1",
}
CASE = "/cases/case-1/steps"
DRAWN = {
    "plan_id": "9" * 32,
    "name": "新样本",
    "budget": "40",
    "seed": "7",
    "risk_share": "40",
    "longer_than_seconds": "1",
    "first": "2026-02-02",
    "last": "2026-03-02",
    "allocation": "proportional",
}
#: A day's work, each step with whoever does it.
WORK = (
    ("inspector", "/calls/call-2/draft", {"comment": "听了一半", "window": "w" * 32, "revision": "0"}),
    ("inspector", "/calls/call-3/reviews", {**VERDICT, "review_id": "3" * 32}),
    ("inspector", "/calls/call-3/reviews", {**VERDICT, "review_id": "3" * 32}),
    ("inspector", "/searches", {"q": "~退款", "severity": "any", "name": "退款投诉"}),
    ("inspector", CASE, {"action": "reply", "text": "今日退款到账"}),
    ("qa-supervisor", CASE, {"action": "level", "level": "紧急", "text": "媒体到场"}),
    ("qa-supervisor", "/plans/new", DRAWN),
    ("admin", "/users", {"id": "neu", "name": "新人", "role": "inspector"}),
)


def copied(source: Store, place: str) -> None:
    """Store every record of one database in another."""
    kinds = sorted(TABLES, key=lambda kind: metadata.sorted_tables.index(TABLES[kind]))
    with Store.open(place) as store:
        for kind in kinds:
            store.add(*source.find(kind))
    with SearchIndex.open(place) as index:
        index.catch_up()


@contextmanager
def desk(database: str, folder: Path) -> Iterator[Flask]:
    app = create_app(database, folder / "recordings", clock=lambda: NOW)
    yield app
    app.extensions["desk"].close()


@pytest.fixture
def desks(database: str, tmp_path: Path) -> Iterator[tuple[Flask, Flask]]:
    """The same desk twice, with something on every page: on SQLite, and on PostgreSQL."""
    furnish(tmp_path)
    with Store.open(tmp_path / "desk.db") as store:
        copied(store, database)
    with desk(str(tmp_path / "desk.db"), tmp_path) as here, desk(database, tmp_path) as there:
        yield here, there


def asked(
    app: Flask, user_id: str | None, method: str, path: str, form: dict[str, str] | None = None
) -> tuple[int, str]:
    """Return status and text of an answer, what is of chance left out."""
    store: Store = app.extensions["desk"].store
    store.submit().result()  # what was noted of earlier pages is stored
    if user_id is None:
        answer = app.test_client().open(path, method=method, headers=OURS)
    else:
        with visitor(app, store.get(User, user_id), NOW) as client:
            answer = client.open(path, method=method, headers=OURS, data=form)
    text = f"{answer.location}\n{answer.get_data().decode('utf-8', 'replace')}"
    return answer.status_code, _OF_CHANCE.sub("", text)


def who_may(app: Flask, route: Route) -> str | None:
    """Return the first role that may ask for a route."""
    if rights_of(app, route.endpoint) is None:
        return None
    return next(str(role) for role in ROLES if permits(app, route.endpoint, role))


@on_postgresql
def test_every_page_is_the_same_on_both(desks: tuple[Flask, Flask]) -> None:
    here, there = desks
    (recording,) = here.extensions["desk"].store.find(Recording, call_id=CALL)
    named = {
        "call_id": CALL,
        "recording_id": recording.id,
        "user_id": "agent",
        "agent_id": BAD,
        "plan_id": "plan-1",
        "review_id": "review-1",
        "case_id": "case-1",
        "appeal_id": "appeal-1",
    }
    reading = [route for route in routes(here) if route.method not in CHANGING]
    changing = [route for route in routes(here) if route.method in CHANGING]
    pages = [(stop.role and str(stop.role), "GET", stop.path) for stop in STOPS]
    pages += [("qa-supervisor", "GET", f"/calls?{quote(each, safe='=&')}") for each in QUERIES]
    asks: list[tuple[Any, ...]] = [*pages]
    asks += [(who_may(here, route), route.method, route.url(named)) for route in reading]
    asks += [(who, "POST", path, form) for who, path, form in WORK]
    asks += [*pages, ("qa-supervisor", "GET", f"/plans/{DRAWN['plan_id']}")]
    asks += [(who_may(here, route), route.method, route.url(named)) for route in changing]
    differing, done = {}, []
    for number, ask in enumerate(asks):
        for app in desks:  # a second of its own for each: of two entries at one instant, none is the later
            app.extensions["clock"] = partial(operator.add, NOW, timedelta(seconds=number))
        first, second = asked(here, *ask), asked(there, *ask)
        if first != second or first[0] >= 500:
            differing[number, *ask] = (first[0], second[0])
        done += [first[0]] if ask[3:] else []

    assert differing == {}
    assert len(reading) + len(changing) > 50
    # the day's work was done, and not only refused alike
    assert done == [200, *[303] * (len(WORK) - 2), 201]
