"""Bringing the index up to the calls, a piece at a time; whatever kills it, the next run goes on.

At first all calls are read in the order of their ids, which is that of their creation; how far is stored
with what was read. From then on the log of changes says which calls to read again: a change is struck from
it only after the index holds what it led to, so that after a crash it is merely read twice. Words are read
last, those of the newest calls first, since lists need none of them.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from analytics.search.entries import PER_SECOND, first_key, latest_words, read_entries
from analytics.search.opening import take_lock
from analytics.search.passages import passages
from analytics.search.postgres_words import PostgresWords
from analytics.search.sqlite_words import SqliteWords
from analytics.search.tables import VERSION, change, entry, log_mark, metadata, state, watch
from calls.records import new_id
from calls.store.schema import call

#: Calls read in one transaction: entries, and words.
ENTRIES, WORDS = 500, 25
#: The position of a first reading that is over.
_THROUGH = "~"
#: A call keeps its key while it lies within so many seconds of its beginning.
_NEAR_SECONDS = 64

Words = SqliteWords | PostgresWords


class Filler:
    """Writes the index.

    Parameters
    ----------
    engine : Engine
        From :func:`analytics.search.opening.index_engine`, for writing.
    log : Engine
        For writing the log of changes, in the database of the calls.
    words : SqliteWords or PostgresWords
        The table of the words.
    """

    def __init__(self, engine: Engine, log: Engine, words: Words) -> None:
        self._engine, self._log, self._words = engine, log, words

    def prepare(self) -> None:
        """Make what is missing; begin anew where the index is an older one or that of another database."""
        with self._log.begin() as connection:
            missed = watch(connection)
            mark = connection.execute(select(log_mark.c.mark)).scalar()
            if mark is None:
                mark = new_id()
                connection.execute(insert(log_mark).values(mark=mark))
        with self._engine.begin() as connection:
            # also takes SQLite's write lock
            state.create(connection, checkfirst=True)
            take_lock(connection)
            known = {name: value for name, value in connection.execute(select(state.c.name, state.c.value))}
            if (known.get("version"), known.get("mark")) != (VERSION, mark):
                self._make(connection, mark)
            elif missed:
                _remember(connection, "position", "")

    def is_current(self, connection: Connection, words: bool) -> bool:
        """Tell whether nothing is left to read, by any connection of the index."""
        changed = select(change.c.seq).limit(1)
        waiting = select(entry.c.key).where(entry.c.pending).limit(1)
        return (
            connection.execute(changed).first() is None
            and _position(connection) == _THROUGH
            and not (words and connection.execute(waiting).first() is not None)
        )

    def empty(self) -> None:
        """Empty the index, so that all is read again."""
        with self._engine.begin() as connection:
            take_lock(connection)
            mark = connection.execute(select(log_mark.c.mark)).scalar_one()
            self._make(connection, mark)

    def _make(self, connection: Connection, mark: str) -> None:
        self._words.drop(connection)
        metadata.drop_all(connection, tables=[entry])
        metadata.create_all(connection)
        self._words.create(connection)
        for name, value in (("version", VERSION), ("mark", mark), ("position", "")):
            _remember(connection, name, value)

    def read_entries(self, until: float | None) -> bool:
        """Read the entries of new and changed calls; return whether all were read.

        Parameters
        ----------
        until : float or None
            The :func:`time.monotonic` at which to stop; at least one piece is read.
        """
        while self._read_changes() or self._read_more():
            if until is not None and time.monotonic() >= until:
                return False
        return True

    def read_words(self, until: float | None) -> bool:
        """Read the words of calls that wait for it, newest first; return whether all were read."""
        while self._read_words():
            if until is not None and time.monotonic() >= until:
                return False
        return True

    def forget(self, call_ids: Collection[str]) -> None:
        """Remove calls, also from what the index has only marked as removed."""
        with self._engine.begin() as connection:
            take_lock(connection)
            self._remove(connection, sorted(call_ids))
        with self._engine.begin() as connection:
            take_lock(connection)
            self._words.purge(connection)
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA main.wal_checkpoint(TRUNCATE)").fetchall()

    def _read_changes(self) -> bool:
        """Read calls that the log names; return whether there were any."""
        with self._engine.connect() as connection:
            if connection.execute(select(change.c.seq).limit(1)).first() is None:
                return False
        with self._log.begin() as connection:
            oldest = select(change.c.seq, change.c.call_id, change.c.said).order_by(change.c.seq)
            noted = connection.execute(oldest.limit(ENTRIES)).all()
            seqs = [each.seq for each in noted]
            # from here on a change of these calls is noted beside what is taken up now
            connection.execute(update(change).where(change.c.seq.in_(seqs)).values(taken=True))
        with self._engine.begin() as connection:
            take_lock(connection)
            ids = sorted({each.call_id for each in noted})
            self._read(connection, ids, {each.call_id for each in noted if each.said})
        with self._log.begin() as connection:
            connection.execute(delete(change).where(change.c.seq.in_(seqs)))
        return bool(noted)

    def _read_more(self) -> bool:
        """Read the next calls of the first reading; return whether it goes on."""
        with self._engine.connect() as connection:
            if _position(connection) == _THROUGH:
                return False
        with self._engine.begin() as connection:
            take_lock(connection)
            position = _position(connection)
            if position == _THROUGH:
                return False
            following = select(call.c.id).where(call.c.id > position).order_by(call.c.id).limit(ENTRIES)
            ids = list(connection.execute(following).scalars())
            self._read(connection, ids, set(ids))
            if len(ids) < ENTRIES:
                there = select(call.c.id).where(call.c.id == entry.c.call_id).exists()
                vanished = list(connection.execute(select(entry.c.call_id).where(~there)).scalars())
                self._remove(connection, vanished)
            _remember(connection, "position", ids[-1] if len(ids) == ENTRIES else _THROUGH)
            return len(ids) == ENTRIES

    def _read_words(self) -> bool:
        waiting = select(entry.c.key, entry.c.call_id).where(entry.c.pending).order_by(entry.c.key.desc())
        with self._engine.connect() as connection:
            if connection.execute(waiting.limit(1)).first() is None:
                return False
        with self._engine.begin() as connection:
            take_lock(connection)
            keys = {call_id: key for key, call_id in connection.execute(waiting.limit(WORDS))}
            said = latest_words(connection, list(keys))
            self._words.remove(connection, list(keys.values()))
            self._words.put(
                connection, [(keys[call_id], passages(lines)) for call_id, lines in said.items() if lines]
            )
            done = entry.c.key.in_(list(keys.values()))
            connection.execute(update(entry).where(done).values(pending=False))
        return bool(keys)

    def _read(self, connection: Connection, ids: Sequence[str], said: Collection[str]) -> None:
        """Read the entries of some calls; the words of those in ``said`` and of new ones become pending."""
        fresh = read_entries(connection, ids)
        columns = select(entry.c.key, entry.c.call_id, entry.c.pending).where(entry.c.call_id.in_(ids))
        known = {row.call_id: row for row in connection.execute(columns)}
        rows: list[dict[str, Any]] = []
        leaving = [call_id for call_id in known if call_id not in fresh]
        free = _FreeKeys(connection)
        for call_id, values in fresh.items():
            first = first_key(values.pop("started_at"))
            before = known.get(call_id)
            stays = before is not None and 0 <= before.key - first < _NEAR_SECONDS * PER_SECOND
            if before is not None and not stays:
                leaving.append(call_id)
            key = before.key if before is not None and stays else free.take(first)
            pending = before is None or not stays or before.pending or call_id in said
            rows.append({"key": key, **values, "pending": pending})
        self._remove(connection, leaving)
        staying = [row["key"] for row in rows]
        if staying:
            connection.execute(delete(entry).where(entry.c.key.in_(staying)))
            connection.execute(insert(entry), rows)

    def _remove(self, connection: Connection, call_ids: Sequence[str]) -> None:
        for place in range(0, len(call_ids), ENTRIES):
            some = entry.c.call_id.in_(call_ids[place : place + ENTRIES])
            keys = list(connection.execute(select(entry.c.key).where(some)).scalars())
            self._words.remove(connection, keys)
            connection.execute(delete(entry).where(entry.c.key.in_(keys)))


class _FreeKeys:
    """Hands out the keys of new calls within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._greatest = connection.execute(select(func.max(entry.c.key))).scalar() or 0
        self._last: dict[int, int] = {}

    def take(self, first: int) -> int:
        """Return the next free key at ``first``, the first one of a second, or after."""
        while True:
            key = self._taken(first) + 1
            if key < first + PER_SECOND:
                self._last[first] = key
                return key
            first += PER_SECOND

    def _taken(self, first: int) -> int:
        """Return the last key of a second that is taken, ``first - 1`` where none is."""
        if first not in self._last and first <= self._greatest:
            within = (entry.c.key >= first) & (entry.c.key < first + PER_SECOND)
            last = self._connection.execute(select(func.max(entry.c.key)).where(within)).scalar()
            self._last[first] = first - 1 if last is None else last
        return self._last.get(first, first - 1)


def _position(connection: Connection) -> str:
    return str(connection.execute(select(state.c.value).where(state.c.name == "position")).scalar_one())


def _remember(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(state).where(state.c.name == name))
    connection.execute(insert(state).values(name=name, value=value))
