"""Bringing a database to this release's schema with Alembic, safely when two processes start at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from calls.errors import SchemaTooNew, StoreError
from calls.store.schema import metadata

# Any number, the same in every huawu: PostgreSQL's advisory locks are named by one.
_MIGRATION_LOCK = 0x68756177


def scripts() -> ScriptDirectory:
    """Return the migrations that ship with this release."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return ScriptDirectory.from_config(config)


def current(connection: Connection) -> str | None:
    """Return the revision that the database is at, ``None`` for a new one."""
    return MigrationContext.configure(connection).get_current_revision()


@dataclass(frozen=True, slots=True)
class Revisions:
    """Where a database stands.

    ``present`` is its revision, ``None`` for a new one, ``newest`` that of this release; ``missing`` are the
    revisions between them, oldest first, each with what it brings.
    """

    present: str | None
    newest: str
    missing: tuple[tuple[str, str], ...]


def revisions(connection: Connection, name: str) -> Revisions:
    """Return where the database stands; nothing is changed.

    Raises
    ------
    SchemaTooNew
        It was written by a newer huawu.
    StoreError
        It is a SQLite file of another program.
    """
    known = {each.revision: each.doc for each in scripts().walk_revisions()}
    newest = next(iter(known))
    present = current(connection)
    if present is not None and present not in known:
        raise SchemaTooNew(
            f"database: {name} has schema {present}, newer than this huawu ({newest})",
            "upgrade huawu, or name another database",
        )
    if present is None and connection.dialect.name == "sqlite":
        _require_empty(connection, name)
    order = list(known)
    newer = order[: order.index(present)] if present is not None else order
    return Revisions(present, newest, tuple((each, known[each]) for each in reversed(newer)))


def migrate(engine: Engine, name: str) -> Revisions:
    """Bring the database to the newest revision; return where it stood.

    Raises
    ------
    SchemaTooNew
        It was written by a newer huawu; nothing was changed.
    StoreError
        It is a SQLite file of another program; nothing was changed.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        found = revisions(connection, name)
        if found.missing:
            _run(connection, found.newest)
    return found


def _run(connection: Connection, newest: str) -> None:
    script = scripts()
    with EnvironmentContext(
        Config(), script, fn=lambda present, _context: script._upgrade_revs(newest, present)
    ) as environment:
        environment.configure(connection=connection, target_metadata=metadata)
        environment.run_migrations()


def _require_empty(connection: Connection, name: str) -> None:
    tables = inspect(connection).get_table_names()
    if tables:
        raise StoreError(
            f"database: {name} is no huawu database: it holds the tables {', '.join(tables)}",
            "name another file",
        )
