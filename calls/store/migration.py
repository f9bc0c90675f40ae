"""Bringing a database to this release's schema with Alembic, safely when two processes start at once."""

from __future__ import annotations

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


def migrate(engine: Engine, name: str) -> None:
    """Bring the database to the newest revision.

    Raises
    ------
    SchemaTooNew
        It was written by a newer huawu; nothing was changed.
    StoreError
        It is a SQLite file of another program; nothing was changed.
    """
    script = scripts()
    head = script.get_current_head()
    known = {revision.revision for revision in script.walk_revisions()}
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        present = current(connection)
        if present == head:
            return
        if present is not None and present not in known:
            raise SchemaTooNew(
                f"database: {name} has schema {present}, newer than this huawu ({head})",
                "upgrade huawu, or name another database",
            )
        if present is None and connection.dialect.name == "sqlite":
            _require_empty(connection, name)
        with EnvironmentContext(
            Config(),
            script,
            fn=lambda revision, _context: script._upgrade_revs(head or "head", revision),
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
