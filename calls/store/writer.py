"""One thread writes: callers hand it work and get a future; what waits together commits together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

from sqlalchemy import Connection, Engine

from calls.errors import StoreError
from calls.store.engine import translated

Work = Callable[[Connection], None]

#: Most pieces of work in one transaction, so that a flood does not hold the lock for long.
LARGEST_BATCH = 256


class Writer:
    """The writer thread of one process.

    Work that is queued while a transaction commits goes into the next one, so a burst costs few
    commits and a single write waits for nobody. Each piece has a savepoint of its own: one that
    fails takes nothing else with it.

    Parameters
    ----------
    engine : Engine
        Opened for writing.
    name : str
        The database's name, for messages.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._queue: SimpleQueue[tuple[Work, Future[None]] | None] = SimpleQueue()
        self._closed = False
        self._close_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work) -> Future[None]:
        """Queue ``work``; the future is done when it is committed, or holds its error."""
        future: Future[None] = Future()
        with self._close_lock:
            if self._closed:
                raise StoreError(f"database: {self._name} is closed")
            self._queue.put((work, future))
        return future

    def close(self) -> None:
        """Finish what is queued, then end the thread. Idempotent."""
        with self._close_lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            batch, last = self._next_batch()
            if batch:
                self._commit(batch)
            if last:
                return

    def _next_batch(self) -> tuple[list[tuple[Work, Future[None]]], bool]:
        batch = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) >= LARGEST_BATCH or self._queue.empty():
                return batch, False
            item = self._queue.get()
        return batch, True

    def _commit(self, batch: list[tuple[Work, Future[None]]]) -> None:
        done: list[Future[None]] = []
        try:
            with translated(self._name), self._engine.begin() as connection:
                for work, future in batch:
                    error = self._attempt(connection, work)
                    if error is None:
                        done.append(future)
                    else:
                        future.set_exception(error)
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for future in done:
            future.set_result(None)

    def _attempt(self, connection: Connection, work: Work) -> Exception | None:
        try:
            with translated(self._name), connection.begin_nested():
                work(connection)
        except Exception as error:
            return error
        return None


def insert_or_replace(
    connection: Connection, table: Any, rows: list[dict[str, Any]], *, replace: bool = True
) -> None:
    """Insert rows; where the primary key is taken, replace the other columns, or else change nothing."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    if not replace:
        connection.execute(statement.on_conflict_do_nothing(index_elements=keys), rows)
        return
    others = {
        column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys
    }
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)
