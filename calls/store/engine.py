"""Opening the database: SQLite (WAL) by path, PostgreSQL by URL, and errors in words."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, InterfaceError, NoSuchModuleError
from sqlalchemy.pool import NullPool, QueuePool

from calls.errors import StoreError, StoreLocked

#: Seconds a writer waits for another process before it gives up.
BUSY_SECONDS = 5.0
#: Connections for reading that stay open between questions.
READERS = 5
#: The execution option of connections on which nothing but one question is asked.
SINGLE = "huawu_single"

# WAL keeps its index in shared memory, which these cannot share between hosts (sqlite.org/wal.html).
_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "fuse.sshfs", "lustre"}
)


def database_url(place: str | Path) -> URL:
    """Return the URL of a database given as a path or as a URL.

    Raises
    ------
    StoreError
        The URL cannot be read, or names a database that huawu does not use.
    """
    text = str(place)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # a part of it may be a password
        shown = f"{text.partition('://')[0]}://…"
        raise StoreError(
            f"database: {shown!r} is no database URL",
            "use a path or postgresql+psycopg://USER@HOST:PORT/NAME",
        ) from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(
            f"database: {url.get_backend_name()} is not supported", "use SQLite (a path) or PostgreSQL"
        )
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and not url.database:
        raise StoreError(
            "database: an in-memory SQLite database would be lost with the process", "name a file"
        )
    return url


def file_system(path: Path, mounts: str | None = None) -> str:
    """Return the type of the file system that holds ``path`` (``""`` where that is unknown)."""
    if mounts is None:
        try:
            mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    real = os.path.realpath(path)
    best = ("", "")
    for line in mounts.splitlines():
        parts = line.split()
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best[0]):
            best = (point, parts[2])
    return best[1]


def _check_sqlite_place(path: Path) -> None:
    if path.is_dir():
        raise StoreError(f"database: {path} is a folder", "name a file in it, such as huawu.db")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"database: {path.parent} cannot be made: {error.strerror}", "choose another"
        ) from None
    kind = file_system(path.parent)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise StoreError(
            f"database: {path} lies on a network file system ({kind}), where SQLite's WAL loses data",
            "use a local disk, or PostgreSQL by URL",
        )


def open_engine(url: URL, *, writer: bool) -> Engine:
    """Return an engine for reading, or the one for writing, whose transactions begin ``IMMEDIATE``.

    Parameters
    ----------
    url : URL
        From :func:`database_url`.
    writer : bool
        Writers take SQLite's write lock when a transaction begins, so that two processes wait for
        one another instead of failing half-way.
    """
    if url.get_backend_name() == "postgresql":
        try:
            named = {} if "application_name" in url.query else {"application_name": "huawu"}
            return create_engine(url, pool_pre_ping=True, pool_size=1 if writer else 5, connect_args=named)
        except (ModuleNotFoundError, NoSuchModuleError):
            raise StoreError(
                "database: PostgreSQL needs the psycopg driver", "pip install 'huawu[postgres]'"
            ) from None
    _check_sqlite_place(Path(url.database or ""))
    # Opening costs more than most questions; a writer lets the file go after each transaction.
    kept: dict[str, Any] = {"poolclass": NullPool}
    if not writer:
        kept = {"poolclass": QueuePool, "pool_size": READERS, "max_overflow": -1}
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, **kept)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        # The driver would begin transactions by itself, and only at the first write.
        connection.isolation_level = None
        with translated(str(url.database)):
            _use_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # one question is a transaction of its own
        if not connection.get_execution_options().get(SINGLE):
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")

    return engine


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL; while another process makes the same switch on a new file, SQLite does not wait."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= until:
                raise
            time.sleep(0.01)
        else:
            return


@contextmanager
def translated(database: str) -> Iterator[None]:
    """Turn the driver's errors into :class:`StoreError` with the way out."""
    try:
        yield
    except (DatabaseError, InterfaceError, sqlite3.Error) as error:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if "database is locked" in cause:
            raise StoreLocked(
                f"database: {database} is held by another process for more than {BUSY_SECONDS:g} s",
                "end the other job or try again",
            ) from error
        if "disk is full" in cause or "disk I/O" in cause:
            raise StoreError(f"database: {database}: {cause}", "free some space and run again") from error
        if "malformed" in cause:
            raise StoreError(
                f"database: {database} is damaged: {cause}",
                "put the last backup in its place (docs/database.md)",
            ) from error
        if "not a database" in cause:
            raise StoreError(
                f"database: {database} is no huawu database: {cause}", "name another file"
            ) from error
        if "readonly" in cause or "unable to open" in cause:
            raise StoreError(f"database: {database}: {cause}", "check the folder and its rights") from error
        if "connection failed" in cause:
            raise StoreError(
                f"database: {database}: {cause}", "start the server, or correct host, port, name or password"
            ) from error
        if isinstance(error, IntegrityError):
            raise StoreError(
                f"database: {database}: {cause}", "store the record that it refers to first"
            ) from error
        raise StoreError(f"database: {database}: {cause}") from error
