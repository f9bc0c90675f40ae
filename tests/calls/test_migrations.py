"""Databases of every older huawu, on SQLite and on PostgreSQL: brought up, nothing lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from calls.records import Agent, AgentState, AgentStateChange, Queue
from calls.store import Store
from calls.store.migration import current, scripts
from calls.store.schema import metadata
from tests.calls.older import Rows, at_revision, filled_at, rows_of
from tests.calls.test_store import NOON

pytestmark = pytest.mark.integration

REVISIONS = [each.revision for each in scripts().walk_revisions()][::-1]
#: Columns that a later schema has no longer: nothing ever wrote them.
GONE = {("complaint_case", "steps")}


def kept(before: Rows, after: Rows) -> Rows:
    """Of the rows afterwards, what there was before."""
    return {
        table: [{name: row[name] for name in rows[0] if name in row} for row in after[table]]
        for table, rows in before.items()
    }


def without_what_is_gone(rows: Rows) -> Rows:
    return {
        table: [{name: value for name, value in row.items() if (table, name) not in GONE} for row in of_table]
        for table, of_table in rows.items()
    }


def is_the_schema(database: str) -> None:
    """Fail unless the database has exactly the tables, columns and indexes of this release."""
    with Store.open(database) as store, store._read_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
        assert current(connection) == REVISIONS[-1]


def test_a_new_database_has_exactly_the_schema(database: str) -> None:
    is_the_schema(database)


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_every_row_of_an_older_database_is_kept(database: str, revision: str) -> None:
    before = filled_at(database, revision)

    is_the_schema(database)

    assert all(len(rows) == 2 for rows in before.values())
    assert kept(before, rows_of(database)) == without_what_is_gone(before)


def test_agents_and_queues_of_an_older_huawu_are_kept(database: str) -> None:
    at_revision(
        database,
        "0002",
        "INSERT INTO agent (id, name, team, skills) VALUES ('a1', '王敏', '一组', '[\"退款\"]')",
        "INSERT INTO queue (id, name, skills) VALUES ('q', '售后', '[\"退款\"]')",
    )

    with Store.open(database) as opened:
        assert opened.find(Agent) == [Agent(id="a1", name="王敏", team="一组", skills=("退款",), address="")]
        assert opened.find(Queue) == [Queue(id="q", name="售后", skills=("退款",))]
        change = AgentStateChange(agent_id="a1", state=AgentState.AVAILABLE, at=NOON)
        opened.add(change)
        assert opened.find(AgentStateChange) == [change]


OPENS = """
import sys
from calls.records import Call
from calls.store import Store
print("ready", flush=True)
sys.stdin.readline()
with Store.open(sys.argv[1]) as store:
    store.add(Call(id=sys.argv[2], door="script"))
"""


@contextmanager
def waiting_to_open(database: str, call_id: str) -> Iterator[subprocess.Popen[str]]:
    """A process that opens the database as soon as it is told to, and stores a call."""
    command = [sys.executable, "-c", OPENS, database, call_id]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


@pytest.mark.parametrize("revision", [None, REVISIONS[-2]])
def test_two_processes_that_start_at_once_both_come_up(database: str, revision: str | None) -> None:
    before = filled_at(database, revision) if revision else {}

    with waiting_to_open(database, "one") as one, waiting_to_open(database, "two") as two:
        for each in (one, two):
            assert each.stdin is not None
            each.stdin.write("now\n")
            each.stdin.flush()
        assert [one.wait(60), two.wait(60)] == [0, 0]

    after = rows_of(database)
    assert {row["id"] for row in after["call"]} >= {"one", "two"}
    after["call"] = [row for row in after["call"] if row["id"] not in ("one", "two")]
    assert kept(before, after) == without_what_is_gone(before)
