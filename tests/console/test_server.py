from __future__ import annotations

import re
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from calls.errors import HuawuError, StoreError
from calls.people import UserRole
from console.app import create_app
from console.server import BindError, app_from_env, listen, settings_for
from console.settings import SettingError, Settings
from huawu.console_command import console_command
from tests.console.running import running_console
from tests.console.scene import Scene
from tests.console.staff import person

pytestmark = pytest.mark.integration


@contextmanager
def desk(folder: Path, settings: Settings) -> Iterator[Flask]:
    app = create_app(str(folder / "desk.db"), folder, settings=settings)
    yield app
    app.extensions["desk"].close()


@pytest.mark.parametrize("host", ["0.0.0.0", "localhost", "::1", "192.168.1.5", ""])
def test_only_this_machine_is_served_until_there_are_accounts(app: Flask, host: str) -> None:
    with pytest.raises(BindError, match=re.escape(repr(host))) as caught:
        listen(app, host)

    assert isinstance(caught.value, HuawuError)
    assert "--host 127.0.0.1" in caught.value.hint


def test_with_accounts_any_address_of_this_machine_is_served(tmp_path: Path) -> None:
    with desk(tmp_path, settings_for("0.0.0.0", Settings(hosts=("desk.example.cn",)))) as app:
        with pytest.raises(BindError, match="without accounts"):
            listen(app, "0.0.0.0")
        app.extensions["desk"].store.add(person(UserRole.ADMIN))
        server = listen(app, "0.0.0.0")
        address = server.socket.getsockname()[0]
        server.close()

    assert address == "0.0.0.0"


@pytest.mark.parametrize("host", ["", "no.such.host.invalid", "192.0.2.1"])
def test_an_address_of_another_machine_is_refused(tmp_path: Path, host: str) -> None:
    with desk(tmp_path, Settings(accounts_needed=True)) as app:
        app.extensions["desk"].store.add(person(UserRole.ADMIN))
        with pytest.raises(BindError, match="cannot be used"):
            listen(app, host)


PUBLIC = Settings(hosts=("desk.example.cn",))


@pytest.mark.parametrize(
    ("host", "settings", "served"),
    [
        ("127.0.0.1", Settings(), Settings()),
        ("127.0.0.1", PUBLIC, replace(PUBLIC, accounts_needed=True)),
        ("127.0.0.1", Settings(behind_proxy=True), Settings(behind_proxy=True, accounts_needed=True)),
        ("10.0.0.5", Settings(), Settings(hosts=("10.0.0.5",), accounts_needed=True)),
        ("0.0.0.0", PUBLIC, replace(PUBLIC, accounts_needed=True)),
        ("::1", PUBLIC, replace(PUBLIC, accounts_needed=True)),
    ],
)
def test_whatever_others_reach_needs_accounts_and_has_a_name(
    host: str, settings: Settings, served: Settings
) -> None:
    assert settings_for(host, settings) == served


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::1"])
def test_every_address_is_no_name_for_a_browser(host: str) -> None:
    with pytest.raises(BindError, match="tells no name under which browsers reach the desk"):
        settings_for(host, Settings())


@pytest.mark.parametrize("name", ["", ".example.cn", "https://desk.example.cn", "desk:8000", "Desk", "*.cn"])
def test_a_public_host_is_a_plain_name(name: str) -> None:
    with pytest.raises(SettingError, match="is no host name"):
        Settings(hosts=(name,))


@pytest.mark.parametrize("limit", [{"attempts": 0}, {"idle": timedelta(0)}, {"lock": timedelta(-1)}])
def test_a_limit_is_positive(limit: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=f"console: {next(iter(limit))} "):
        Settings(**limit)


@pytest.mark.parametrize("behind_proxy", [True, False])
def test_what_a_proxy_says_is_dropped_unless_there_is_one(tmp_path: Path, behind_proxy: bool) -> None:
    with desk(tmp_path, Settings(behind_proxy=behind_proxy)) as app:
        server = listen(app)
        server.close()

    assert server.adj.clear_untrusted_proxy_headers is not behind_proxy


def test_another_server_gets_the_desk_from_the_environment(scene: Scene, tmp_path: Path) -> None:
    environment = {
        "HUAWU_DB": str(tmp_path / "desk.db"),
        "HUAWU_RECORDINGS": str(tmp_path / "recordings"),
        "HUAWU_PUBLIC_HOST": "desk.example.cn, qa.example.cn",
        "HUAWU_BEHIND_PROXY": "1",
    }
    app = app_from_env(environment)
    client = app.test_client()
    without = client.get("/calls/call-1").status_code
    app.extensions["desk"].store.add(person(UserRole.ADMIN))
    answer = client.get("/calls/call-1", headers={"Host": "qa.example.cn", "X-Forwarded-Proto": "https"})
    app.extensions["desk"].close()

    assert without == 503
    assert (answer.status_code, answer.location) == (302, "/signin?next=/calls/call-1")
    assert "Strict-Transport-Security" in answer.headers


def test_a_variable_that_says_something_else_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="HUAWU_BEHIND_PROXY: 'yes' is neither 1 nor 0"):
        app_from_env({"HUAWU_DB": str(tmp_path / "desk.db"), "HUAWU_BEHIND_PROXY": "yes"})


def test_port_0_takes_a_free_one(app: Flask) -> None:
    server = listen(app)
    try:
        host, port = server.socket.getsockname()
        assert (host, port > 0) == ("127.0.0.1", True)
    finally:
        server.close()


def test_a_taken_port_is_named(app: Flask) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(BindError, match=f"port {port} cannot be used"):
            listen(app, port=port)


def test_the_command_prints_its_address_serves_and_ends_on_interrupt(scene: Scene, tmp_path: Path) -> None:
    with running_console(tmp_path) as running:
        with urllib.request.urlopen(f"{running.address}calls/call-1", timeout=20) as answer:
            page = answer.read().decode()

    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", running.address)
    assert "消费者协会" in page
    assert (running.exit_code, running.said) == (0, "")


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(HuawuError, match=r"none\.db does not exist → run huawu demo first"):
        console_command(str(tmp_path / "none.db"), tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_used_is_told_before_serving(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_bytes(b"no database" * 1000)

    with pytest.raises(StoreError, match="no huawu database"):
        console_command(str(tmp_path / "notes.db"), tmp_path)
