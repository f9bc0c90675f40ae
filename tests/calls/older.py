"""Databases as an older huawu left them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy import Connection, MetaData, Table, select, text

from calls.store import engine
from calls.store.migration import scripts
from calls.store.schema import metadata

#: The rows of each table by its name, each row by its columns' names.
Rows = dict[str, list[dict[str, Any]]]


def at_revision(database: str, revision: str, *statements: str) -> None:
    """Make a database of an older schema, and run statements on it."""
    opened = engine.open_engine(engine.database_url(database), writer=True)
    script = scripts()
    with opened.begin() as connection:
        with EnvironmentContext(
            Config(), script, fn=lambda present, _: script._upgrade_revs(revision, present)
        ) as environment:
            environment.configure(connection=connection, target_metadata=metadata)
            environment.run_migrations()
        for statement in statements:
            connection.execute(text(statement))
    opened.dispose()


def filled_at(database: str, revision: str) -> Rows:
    """Make a database of an older schema with two rows in every table, and return them."""
    at_revision(database, revision)
    opened = engine.open_engine(engine.database_url(database), writer=True)
    with opened.begin() as connection:
        for table in _tables(connection):
            connection.execute(table.insert(), [_row(table, number) for number in range(2)])
    opened.dispose()
    return rows_of(database)


def rows_of(database: str) -> Rows:
    """Return every row of every table."""
    opened = engine.open_engine(engine.database_url(database), writer=False)
    with opened.begin() as connection:
        found = {
            table.name: [
                dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()
            ]
            for table in _tables(connection)
        }
    opened.dispose()
    return found


def _tables(connection: Connection) -> list[Table]:
    present = MetaData()
    present.reflect(connection)
    return [table for table in present.sorted_tables if table.name != "alembic_version"]


def _row(table: Table, number: int) -> dict[str, Any]:
    """Return a row whose references lead to the row of the same number."""
    return {column.name: _value(table, column, number) for column in table.columns}


def _value(table: Table, column: Any, number: int) -> Any:
    for reference in column.foreign_keys:
        return _value(reference.column.table, reference.column, number)
    kind = column.type.python_type
    if kind is datetime:
        return datetime(2026, 3, 2, 12, number, tzinfo=UTC)
    if kind is object:  # JSON
        return {"of": [table.name, number]}
    if kind is str:
        return f"{table.name}.{column.name}.{number}"
    return kind(number)
