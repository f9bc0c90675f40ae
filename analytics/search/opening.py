"""Where the index lies, and the connections to it and to the calls."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import QueuePool

from calls.store.engine import BUSY_SECONDS, open_engine

#: Seconds that a writer of the index waits for another at a time: somebody may wait for its page.
WRITER_SECONDS = 0.3
#: Connections that wait for the next question, and those opened beside them when many ask at once.
KEPT, MORE = 8, 24
#: Of one connection: what it keeps in memory, and how much of the file it reads as memory, unless it writes:
#: a program that fills the index shall not seem to grow with it.
_CACHE_KIBIBYTES, _MAPPED_BYTES = 8192, 1 << 30
# Any number, the same in every huawu: PostgreSQL's advisory locks are named by one.
_INDEX_LOCK = 0x68757378


def index_file(database: str | Path) -> Path:
    """Return the file of the index that belongs to a SQLite database."""
    path = Path(database)
    return path.with_name(f"{path.name}.search")


def index_engine(url: URL, *, writer: bool) -> Engine:
    """Return an engine on whose connections the tables of the index and of the calls are both there.

    On PostgreSQL they lie in one database. On SQLite the calls are attached to the index's own file; names do
    not meet, so no statement says where a table lies.
    """
    if url.get_backend_name() == "postgresql":
        return open_engine(url, writer=writer)
    calls = Path(url.database or "").resolve()
    file = index_file(calls)

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            file,
            timeout=WRITER_SECONDS if writer else BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
        )
        try:
            connection.execute(f"PRAGMA mmap_size = {0 if writer else _MAPPED_BYTES}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            # what was erased is not left in free pages
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
            connection.execute("ATTACH DATABASE ? AS calls", (f"{calls.as_uri()}?mode=rw",))
        except BaseException:
            connection.close()
            raise
        return connection

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=1 if writer else KEPT,
        max_overflow=0 if writer else MORE,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # IMMEDIATE would take the write lock of the calls as well
        connection.exec_driver_sql("BEGIN")

    return engine


def take_lock(connection: Connection) -> None:
    """Let nobody else write the index until the transaction ends; its first statement on SQLite."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _INDEX_LOCK})
    else:
        connection.exec_driver_sql("UPDATE search_state SET value = value WHERE name = 'version'")
