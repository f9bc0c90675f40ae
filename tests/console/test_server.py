from __future__ import annotations

import re
import socket
import urllib.request
from pathlib import Path

import pytest
from flask import Flask

from calls.errors import HuawuError, StoreError
from console.server import BindError, listen
from huawu.console_command import console_command
from tests.console.running import running_console
from tests.console.scene import Scene

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("host", ["0.0.0.0", "localhost", "::1", "192.168.1.5", ""])
def test_only_this_machine_is_served_until_there_are_accounts(app: Flask, host: str) -> None:
    with pytest.raises(BindError, match=re.escape(repr(host))) as caught:
        listen(app, host)

    assert isinstance(caught.value, HuawuError)
    assert "--host 127.0.0.1" in caught.value.hint


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
