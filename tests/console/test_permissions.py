"""Every route and every role, as `docs/desk.md` says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from calls.people import AuditEntry, User, UserRole
from calls.records import Agent, Recording
from calls.store import Store
from console.access import permits
from console.app import create_app
from console.rights import RIGHTS, Right
from tests.console.callpage_scene import CALL, NAME, NUMBER, add_private_call
from tests.console.routes import CHANGING, NAMED, ROLES, Route, rights_table, routes, routes_table, table
from tests.console.scene import Scene
from tests.console.staff import OURS, hire, person, visitor

pytestmark = pytest.mark.integration

WAY_OUT = "docs/desk.md is of another time: python -m tests.console.routes writes it anew"


@pytest.fixture(scope="module")
def desk(morning: tuple[Path, Scene], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The morning, with somebody of each role, and somebody whom the administrator works on."""
    folder = tmp_path_factory.mktemp("permissions")
    shutil.copytree(morning[0], folder, dirs_exist_ok=True)
    app = create_app(str(folder / "desk.db"), folder / "recordings")
    store = app.extensions["desk"].store
    hire(store)
    add_private_call(store, app.extensions["desk"].recordings)
    store.add(
        person(UserRole.INSPECTOR, id="spare"),
        person(UserRole.TEAM_SUPERVISOR, id="other-team", team="二组"),
        person(UserRole.AGENT, id="other-agent", agent_id="A2"),
    )
    yield app
    app.extensions["desk"].close()


@pytest.fixture
def store(desk: Flask) -> Store:
    opened: Store = desk.extensions["desk"].store
    return opened


def ask(
    app: Flask, store: Store, user_id: str, route: Route, scene: Scene, **request: object
) -> TestResponse:
    named = {**NAMED, "recording_id": scene.recording.id}
    with visitor(app, store.get(User, user_id)) as client:
        return client.open(route.url(named), method=route.method, headers=OURS, **request)


def test_the_document_shows_the_rights_of_every_role() -> None:
    shown = [[row[0], *row[2:]] for row in table("Rights")]

    assert shown == rights_table(), WAY_OUT


def test_the_document_shows_what_every_role_gets_of_every_route(desk: Flask) -> None:
    assert table("Routes") == routes_table(desk), WAY_OUT


@pytest.mark.parametrize("role", ROLES)
def test_every_role_gets_of_every_route_what_the_document_says(
    desk: Flask, store: Store, morning: tuple[Path, Scene], role: UserRole
) -> None:
    log = store.find(AuditEntry)
    said = {row[0]: row[1 + ROLES.index(role)] for row in table("Routes")}
    got = {}
    for route in routes(desk):
        answer = ask(desk, store, str(role), route, morning[1])
        elsewhere = answer.location == "/account" or (answer.location or "").startswith("/signin?")
        expected = said.get(str(route), "not in the document")
        # 404 where the route asks for something that is not there, 401 where it asks for a password
        refused = answer.status_code == 403 or (answer.status_code == 401 and expected != "all")
        failed = refused or answer.status_code >= 500 or elsewhere
        got[str(route)] = str(answer.status_code) if failed else expected.replace("403", "open")

    assert got == said
    # whatever was asked for, no entry of the audit log was changed or lost
    assert {entry.id: entry for entry in log}.items() <= {
        entry.id: entry for entry in store.find(AuditEntry)
    }.items()


def test_nobody_gets_anything_but_what_is_for_all(desk: Flask, morning: tuple[Path, Scene]) -> None:
    said = {row[0]: row[1] for row in table("Routes")}
    client = desk.test_client()
    open_to_all = set()
    for route in routes(desk):
        named = {**NAMED, "recording_id": morning[1].recording.id}
        answer = client.open(route.url(named), method=route.method, headers=OURS)
        turned = answer.status_code == 401 or (answer.location or "").startswith("/signin")
        if not turned and answer.status_code != 403:
            open_to_all.add(str(route))

    assert open_to_all <= {route for route, first in said.items() if first == "all"}


def test_whatever_changes_something_asks_for_a_token(
    desk: Flask, store: Store, morning: tuple[Path, Scene]
) -> None:
    changing = [route for route in routes(desk) if route.method in CHANGING]
    before = store.find(User)
    refused = {
        str(route): ask(desk, store, "admin", route, morning[1], token=False).status_code
        for route in changing
    }

    assert len(changing) > 8
    # programs with a token of their own do not send the page's
    assert {route: status for route, status in refused.items() if status not in (401, 403)} == {}
    assert store.find(User) == before


@pytest.mark.parametrize("user_id", ["other-team", "other-agent"])
def test_a_call_of_others_does_not_exist(
    desk: Flask, store: Store, morning: tuple[Path, Scene], user_id: str
) -> None:
    role = store.get(User, user_id).role
    about_calls = [route for route in routes(desk) if re.search(r"<(\w+:)?(call|recording)_id>", route.path)]
    got = {str(route): ask(desk, store, user_id, route, morning[1]).status_code for route in about_calls}
    expected = {str(route): 404 if permits(desk, route.endpoint, role) else 403 for route in about_calls}

    assert len(about_calls) > 3
    assert got == expected


def test_personal_data_are_shown_only_to_those_who_may_see_them(desk: Flask, store: Store) -> None:
    (recording,) = store.find(Recording, call_id=CALL)
    named = {"call_id": CALL, "recording_id": recording.id, "user_id": "spare", "agent_id": "A1"}
    shown = set()
    for role in ROLES:
        with visitor(desk, store.get(User, str(role))) as client:
            for route in routes(desk):
                if route.method == "GET" and not route.path.endswith("/audio"):
                    with client.get(route.url(named)) as answer:
                        if re.search(f"{NAME}|{NUMBER}", answer.get_data().decode("utf-8", "replace")):
                            shown.add(role)

    assert shown == {role for role in ROLES if Right.PERSONAL in RIGHTS[role]}


def test_the_scene_has_the_agents_that_the_scopes_are_about(store: Store) -> None:
    assert {agent.id: agent.team for agent in store.find(Agent)} == {"A1": "一组", "A2": "二组"}
