"""Bringing a database to this release's schema on purpose: nobody else has it open meanwhile."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.pool import StaticPool

from calls.errors import StoreLocked
from calls.store.backup import Progress, back_up_held
from calls.store.engine import BUSY_SECONDS, database_url, open_engine, translated
from calls.store.migration import Revisions, migrate, revisions

#: Programs that have the database open and are named in a message.
NAMED = 5
_LOOK_SECONDS = 0.05


def shown_name(place: str | Path) -> str:
    """Return the name of a database for messages: a path, or a URL without its password."""
    url = database_url(place)
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.render_as_string(hide_password=True)


def standing(place: str | Path) -> Revisions:
    """Return where a database stands; nothing is changed, whoever else has it open.

    Raises
    ------
    calls.errors.SchemaTooNew
        A newer huawu wrote it.
    calls.errors.StoreError
        It cannot be opened, or is another program's.
    """
    engine = open_engine(database_url(place), writer=False)
    name = shown_name(place)
    try:
        with translated(name), engine.begin() as connection:
            return revisions(connection, name)
    finally:
        engine.dispose()


@contextmanager
def held_alone(place: str | Path) -> Iterator[Engine]:
    """Give an engine for writing to a database that nobody else has open, and keep others out meanwhile.

    PostgreSQL keeps nobody out: there this looks who is connected, and the migration itself is one
    transaction behind a lock.

    Raises
    ------
    calls.errors.StoreLocked
        Others have it open; the message names them where the system tells.
    calls.errors.StoreError
        It cannot be opened.
    """
    url = database_url(place)
    name = shown_name(place)
    if url.get_backend_name() == "postgresql":
        engine = open_engine(url, writer=True)
        try:
            with translated(name):
                _require_no_sessions(engine, name)
            yield engine
        finally:
            engine.dispose()
        return
    with translated(name):
        connection = sqlite3.connect(
            str(url.database), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    try:
        _lock(connection, Path(str(url.database)))
        yield _engine_over(connection)
    finally:
        connection.close()


def _lock(connection: sqlite3.Connection, path: Path) -> None:
    """Take the file for this connection until it is closed (sqlite.org/pragma.html#pragma_locking_mode)."""
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            with translated(str(path)):
                raise
        others = holders(path)
        by = f" by {', '.join(others[:NAMED])}" if others else ""
        raise StoreLocked(
            f"database: {path} is open{by}", "end huawu (systemctl stop huawu, the desk, other jobs) first"
        ) from error
    except sqlite3.Error:
        with translated(str(path)):
            raise


def _engine_over(connection: sqlite3.Connection) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def begin(opened: Any) -> None:
        opened.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def holders(path: Path) -> list[str]:
    """Return ``name (pid)`` of the other programs that have a file open, as far as the system tells."""
    found = []
    wanted = os.path.realpath(path)
    for process in sorted(Path("/proc").glob("[0-9]*"), key=lambda each: int(each.name)):
        if int(process.name) == os.getpid():
            continue
        try:
            open_files = {os.path.realpath(each) for each in (process / "fd").iterdir()}
            name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:  # it ended, or is another user's
            continue
        if wanted in open_files:
            found.append(f"{name} ({process.name})")
    return found


def _require_no_sessions(engine: Engine, name: str) -> None:
    """Refuse a PostgreSQL database in which the same user has other sessions: those are huawu's own."""
    until = time.monotonic() + BUSY_SECONDS
    while others := _sessions(engine):
        if time.monotonic() >= until:
            break
        time.sleep(_LOOK_SECONDS)  # one that has just ended is still listed
    if others:
        raise StoreLocked(
            f"database: {name} is open by {', '.join(others[:NAMED])}"
            + (f" and {len(others) - NAMED} more" if len(others) > NAMED else ""),
            "end huawu (systemctl stop huawu, the desk, other jobs) on all machines first",
        )


def _sessions(engine: Engine) -> list[str]:
    query = text(
        "SELECT application_name, coalesce(host(client_addr), 'local'), pid FROM pg_stat_activity "
        "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend' ORDER BY pid"
    )
    with engine.begin() as connection:
        return [f"{what or 'a program'} at {where} ({pid})" for what, where, pid in connection.execute(query)]


def upgrade(place: str | Path, backup: Path | None = None, progress: Progress = max) -> Revisions:
    """Bring a database to this release's schema, alone; return where it stood.

    Parameters
    ----------
    place : str or Path
        The database.
    backup : Path, optional
        Where a SQLite database is copied before anything is changed (:func:`calls.store.backup.back_up`).
    progress : callable
        Of the copying.

    Raises
    ------
    calls.errors.StoreError
        It could not be held, copied or changed; it is as it was then.
    """
    with held_alone(place) as engine:
        if backup is not None:
            with closing(engine.raw_connection()) as opened:
                source = opened.driver_connection
                assert isinstance(source, sqlite3.Connection)
                back_up_held(source, backup, progress)
        name = shown_name(place)
        with translated(name):
            return migrate(engine, name)
