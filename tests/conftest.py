"""What several packages' tests share: databases, folders for recordings, the real data."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from calls.recordings import RecordingFolder
from calls.store import Store
from tests.lanes import give_way, keeps_real_time
from tests.skips import SkipWatch

CATEGORIES = {"unit", "integration", "browser"}

# how long an example takes depends on what else the machine does
settings.register_profile("huawu", settings.default, deadline=None)
settings.load_profile("huawu")


def pytest_configure(config: pytest.Config) -> None:
    """Watch the skips, and where there are several processes, give each its lane."""
    config.pluginmanager.register(SkipWatch(), "huawu-skips")
    if config.pluginmanager.hasplugin("xdist"):
        from tests.scheduler import LaneWatch

        config.pluginmanager.register(LaneWatch(), "huawu-lanes")


def pytest_runtestloop() -> None:
    """From now on, who keeps no real time gives way."""
    give_way()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test says what kind it is, so that the quick ones can be run alone."""
    unmarked = [item.nodeid for item in items if not CATEGORIES & {mark.name for mark in item.iter_markers()}]
    if unmarked:
        raise pytest.UsageError(f"tests without one of the markers {sorted(CATEGORIES)}: {unmarked}")
    if "PYTEST_XDIST_WORKER" in os.environ:
        # a shared machine may stand still for longer than a telephone or a page's reader waits; alone, nobody
        # is spared
        for item in items:
            if keeps_real_time(item.nodeid) or item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def _logs_go_nowhere_else() -> Iterator[None]:
    """A command run in this process sends logs to its own standard error, which is closed after it."""
    yield
    structlog.reset_defaults()


def _postgres_database(server: str) -> Iterator[str]:
    """Make an empty database on the server, and drop it afterwards."""
    name = f"huawu_test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(make_url(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The place of an empty database, once on SQLite and once on a real PostgreSQL."""
    if request.param == "sqlite":
        yield str(tmp_path / "huawu.db")
        return
    server = os.environ.get("HUAWU_TEST_POSTGRES")
    if not server:
        pytest.skip("HUAWU_TEST_POSTGRES names no PostgreSQL server")
    yield from _postgres_database(server)


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """An empty store on each kind of database."""
    with Store.open(database) as opened:
        yield opened


@pytest.fixture
def recordings(tmp_path: Path) -> RecordingFolder:
    """An empty folder for recordings."""
    return RecordingFolder(tmp_path / "recordings")
