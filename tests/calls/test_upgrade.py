from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from calls.errors import SchemaTooNew, StoreError, StoreLocked
from calls.store import Store
from calls.store.migration import Revisions, scripts
from calls.store.upgrade import held_alone, standing, upgrade
from tests.calls.older import at_revision, filled_at, rows_of
from tests.calls.test_store import a_call

pytestmark = pytest.mark.integration

HEAD = scripts().get_current_head()
HOLDS = """
import sys
from calls.records import Call
from calls.store import Store
with Store.open(sys.argv[1]) as store:
    print(store.count(Call), flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_program(database: str) -> Iterator[subprocess.Popen[str]]:
    """A program that has the database open and does nothing."""
    command = [sys.executable, "-c", HOLDS, database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.communicate("")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait only a moment for others."""
    monkeypatch.setattr("calls.store.upgrade.BUSY_SECONDS", 0.05)


def test_where_a_database_stands_is_told_and_left_so(database: str) -> None:
    at_revision(database, "0004")

    found = standing(database)

    assert (found.present, found.newest) == ("0004", HEAD)
    assert [revision for revision, _ in found.missing] == [
        each.revision for each in scripts().iterate_revisions(HEAD, "0004")
    ][::-1]
    assert found.missing[0][1].startswith("The desk: users and what they did")
    assert standing(database) == found


def test_a_database_is_upgraded_once(database: str) -> None:
    before = filled_at(database, "0005")
    stood = standing(database)

    assert upgrade(database) == stood
    assert upgrade(database) == standing(database) == Revisions(HEAD, str(HEAD), ())
    assert rows_of(database)["call"] == before["call"]


def test_a_database_that_another_program_has_open_is_left(database: str) -> None:
    with another_program(database) as other:
        said = r"is open by .*python.* \(\d+\) → end huawu"
        with pytest.raises(StoreLocked, match=said if "://" not in database else "is open by .* → end huawu"):
            upgrade(database)
        assert other.poll() is None
    upgrade(database)


def test_while_it_is_held_nobody_else_gets_at_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.store.engine.BUSY_SECONDS", 0.05)
    place = tmp_path / "huawu.db"
    Store.open(place).close()

    with held_alone(place), pytest.raises(StoreLocked):
        Store.open(place)

    with Store.open(place) as store:
        store.add(a_call())


def test_the_copy_made_before_is_the_database_as_it_was(tmp_path: Path) -> None:
    database, copy = tmp_path / "huawu.db", tmp_path / "before.db"
    before = filled_at(str(database), "0005")

    upgrade(database, copy)

    assert standing(copy).present == "0005"
    assert rows_of(str(copy)) == before
    assert copy.stat().st_mode & 0o777 == 0o600


def test_without_the_copy_nothing_is_changed(tmp_path: Path) -> None:
    database = tmp_path / "huawu.db"
    at_revision(str(database), "0005")
    (tmp_path / "taken.db").touch()

    with pytest.raises(StoreError, match=r"taken.db exists already → name another file"):
        upgrade(database, tmp_path / "taken.db")

    assert standing(database).present == "0005"


def test_what_is_newer_or_another_programs_is_refused(tmp_path: Path) -> None:
    newer, other = tmp_path / "newer.db", tmp_path / "shop.db"
    Store.open(newer).close()
    for place, statement in (
        (newer, "UPDATE alembic_version SET version_num = 'f00d'"),
        (other, "CREATE TABLE orders (id)"),
    ):
        with sqlite3.connect(place) as connection:
            connection.execute(statement)
        connection.close()

    with pytest.raises(SchemaTooNew, match="has schema f00d, newer than this huawu"):
        upgrade(newer)
    with pytest.raises(StoreError, match="it holds the tables orders"):
        upgrade(other)
