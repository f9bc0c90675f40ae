"""A desk over a small centre's morning."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from calls.recordings import RecordingFolder
from calls.store import Store
from console.accounts import passwords
from console.app import create_app
from tests.console.scene import Scene, fill
from tests.console.staff import CHEAP, password_hash
from tests.console.visitor import Visitor


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let passwords cost next to nothing: what they do cost is the concern of test_passwords alone."""
    monkeypatch.setattr(passwords, "_hasher", CHEAP)
    monkeypatch.setattr(passwords, "_NOBODYS", password_hash())


@pytest.fixture
def desk_database(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The place of the desk's database: empty, or the scene where the test asks for it."""
    if "scene" in request.fixturenames:
        request.getfixturevalue("scene")
    return str(tmp_path / "desk.db")


@pytest.fixture
def desk_store(desk_database: str) -> Iterator[Store]:
    """Another process's view of the same database."""
    with Store.open(desk_database) as opened:
        yield opened


@pytest.fixture(scope="session")
def morning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scene]:
    """The stored morning as files, made once: ``desk.db`` and ``recordings``."""
    folder = tmp_path_factory.mktemp("morning")
    with Store.open(folder / "desk.db") as store:
        return folder, fill(store, RecordingFolder(folder / "recordings"))


@pytest.fixture
def scene(morning: tuple[Path, Scene], tmp_path: Path) -> Scene:
    """The stored morning, a copy for each test."""
    folder, made = morning
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return made


@pytest.fixture
def app(desk_database: str, recordings: RecordingFolder) -> Iterator[Flask]:
    """The desk; empty unless the test asks for the scene as well."""
    made = create_app(desk_database, recordings.root)
    made.testing = True
    made.test_client_class = Visitor
    yield made
    made.extensions["desk"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser on this machine."""
    return app.test_client()
