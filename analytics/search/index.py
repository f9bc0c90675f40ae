"""The index of the calls: one object that brings itself up to date and answers what is looked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import Connection, Row, Select, func, select, union

from analytics.search.entries import Said, latest_words, separate
from analytics.search.filling import Filler
from analytics.search.opening import index_engine, index_file
from analytics.search.postgres_words import PostgresWords
from analytics.search.sqlite_words import SqliteWords
from analytics.search.tables import change, entry, state
from analytics.search.wanted import COUNTED, RANKED, Cursor, Found, Hit, Wanted
from calls.errors import StoreError, StoreLocked
from calls.store.engine import BUSY_SECONDS, database_url, open_engine, translated
from calls.store.schema import call

R = TypeVar("R")


class SearchIndex:
    """The index that belongs to a database of calls; open one with :meth:`open`.

    Asking may happen on any thread; one thread of a process writes at a time.
    """

    def __init__(self, place: str | Path) -> None:
        url = database_url(place)
        sqlite = url.get_backend_name() == "sqlite"
        self.name = (
            str(index_file(url.database or "")) if sqlite else url.render_as_string(hide_password=True)
        )
        self._words = SqliteWords() if sqlite else PostgresWords()
        self._engines = [
            index_engine(url, writer=False),
            index_engine(url, writer=True),
            open_engine(url, writer=True),
        ]
        self._filler = Filler(self._engines[1], self._engines[2], self._words)
        self._lock = threading.Lock()
        try:
            try:
                self._patiently(self._filler.prepare)
            except StoreError as error:
                if not (sqlite and _is_broken(error)):
                    raise
                # it can be made again, so a damaged one is
                self._engines[1].dispose()
                _remove_files(Path(self.name))
                self._patiently(self._filler.prepare)
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, place: str | Path) -> Self:
        """Open the index of a database, making it where there is none.

        Parameters
        ----------
        place : str or Path
            The database of the calls, as :meth:`calls.store.Store.open` takes it; it exists and is up to
            date.

        Raises
        ------
        calls.errors.StoreError
            It cannot be opened; the message says why and what to do.
        """
        return cls(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the index go. Idempotent."""
        for engine in self._engines:
            engine.dispose()

    def catch_up(self, seconds: float | None = None, *, words: bool = True) -> bool:
        """Bring the index up to the calls.

        Parameters
        ----------
        seconds : float, optional
            Stop after about so long; by default go on to the end.
        words : bool, optional
            Read what was said as well, not only what lists show of calls.

        Returns
        -------
        bool
            Whether it is up to date; false where another thread or program is still at it.
        """
        if self._is_current(words):
            return True
        until = None if seconds is None else time.monotonic() + seconds
        if not self._lock.acquire(timeout=-1 if seconds is None else seconds):
            return False
        try:
            if seconds is None:
                return self._patiently(lambda: self._read(None, words))
            with translated(self.name):
                return self._read(until, words)
        except StoreLocked:
            if seconds is None:
                raise
            return False
        finally:
            self._lock.release()

    def _read(self, until: float | None, words: bool) -> bool:
        return self._filler.read_entries(until) and (not words or self._filler.read_words(until))

    def _patiently(self, work: Callable[[], R]) -> R:
        """Do what writes, again while another program is writing, for as long as the store would wait."""
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                with translated(self.name):
                    return work()
            except StoreLocked:
                if time.monotonic() >= until:
                    raise

    def _is_current(self, words: bool) -> bool:
        with translated(self.name), self._engines[0].begin() as connection:
            return self._filler.is_current(connection, words)

    def empty(self) -> None:
        """Empty the index, so that everything is read again."""
        with self._lock:
            self._patiently(self._filler.empty)

    def forget(self, call_ids: Collection[str]) -> None:
        """Remove calls, and what was said in them from the file: for those that were erased.

        It takes time that grows with the index, since the index is written anew without them.
        """
        with self._lock:
            self._patiently(lambda: self._filler.forget(call_ids))

    def backlog(self) -> int:
        """Return for how many calls the words are not in the index yet."""
        with translated(self.name), self._engines[0].begin() as connection:
            return _backlog(connection)

    def behind(self) -> int:
        """Return how many calls are new, changed or gone since the index was last brought up to them."""
        position = select(state.c.value).where(state.c.name == "position").scalar_subquery()
        waiting = union(
            select(change.c.call_id),
            select(entry.c.call_id).where(entry.c.pending),
            select(call.c.id).where(call.c.id > position),
        ).subquery()
        with translated(self.name), self._engines[0].begin() as connection:
            return int(connection.execute(select(func.count()).select_from(waiting)).scalar_one())

    def size(self) -> int:
        """Return how many calls are in the index."""
        with translated(self.name), self._engines[0].begin() as connection:
            return int(connection.execute(select(func.count()).select_from(entry)).scalar_one())

    def search(self, wanted: Wanted, cursor: Cursor | None = None, *, size: int = 25) -> Found:
        """Return a page of the calls that match.

        Parameters
        ----------
        wanted : Wanted
            What is looked for.
        cursor : Cursor, optional
            Where the page begins, by default with the newest call.
        size : int, optional
            Calls of a page.
        """
        at = cursor or Cursor()
        with translated(self.name), self._engines[0].begin() as connection:
            if at.by_relevance and wanted.node is not None:
                hits, newer, older = self._by_relevance(connection, wanted, at, size)
            else:
                hits, newer, older = self._by_time(connection, wanted, at, size)
            # one page holds all: they need not be looked for once more
            single = newer is None and older is None and at == Cursor(by_relevance=at.by_relevance)
            total = len(hits) if single else self._count(connection, wanted)
            backlog = 0 if wanted.node is None else _backlog(connection)
        return Found(hits=hits, total=total, newer=newer, older=older, backlog=backlog)

    def call_ids(self, wanted: Wanted, limit: int) -> list[str]:
        """Return the ids of the newest calls that match, at most ``limit``."""
        query = self._matching(wanted, select(entry.c.call_id)).order_by(self._key(wanted).desc())
        with translated(self.name), self._engines[0].begin() as connection:
            return list(connection.execute(query.limit(limit)).scalars())

    def hits(self, call_ids: Collection[str]) -> list[Hit]:
        """Return calls by their ids, newest first; those that are gone are left out."""
        with translated(self.name), self._engines[0].begin() as connection:
            keys = select(entry.c.key).where(entry.c.call_id.in_(list(call_ids)))
            return list(_hits(connection, list(connection.execute(keys).scalars())))

    def said(self, call_ids: Collection[str]) -> dict[str, list[Said]]:
        """Return what was said in some calls, by call id; calls without a transcript are missing."""
        with translated(self.name), self._engines[0].begin() as connection:
            return latest_words(connection, list(call_ids))

    def _count(self, connection: Connection, wanted: Wanted) -> int:
        counted = self._matching(wanted, select(entry.c.key)).limit(COUNTED + 1).subquery()
        return int(connection.execute(select(func.count()).select_from(counted)).scalar_one())

    def _key(self, wanted: Wanted) -> Any:
        """Return the column by which SQLite gives the matches in order without sorting them."""
        if wanted.node is None or self._words.source.c.keys() == ["key"]:
            return entry.c.key
        return self._words.source.c.rowid

    def _matching(self, wanted: Wanted, query: Select[Any]) -> Select[Any]:
        query = query.select_from(entry).where(*wanted.conditions())
        if wanted.node is None:
            return query
        said = self._words.matches(wanted.node, wanted.personal)
        some = entry.alias("few")
        few = list(wanted.narrowing(some.c))
        if few:
            # a common word is said in many calls: to look each of them up would cost more than the few
            query = query.where(self._words.key.in_(select(some.c.key).where(*few)))
        return query.join(self._words.source, self._words.key == entry.c.key).where(said)

    def _by_time(
        self, connection: Connection, wanted: Wanted, at: Cursor, size: int
    ) -> tuple[tuple[Hit, ...], Cursor | None, Cursor | None]:
        key = self._key(wanted)
        query = self._matching(wanted, select(entry.c.key))
        if at.after is not None:
            query = query.where(key > at.after).order_by(key.asc())
        else:
            query = query.order_by(key.desc())
            if at.before is not None:
                query = query.where(key < at.before)
        keys = list(connection.execute(query.limit(size + 1)).scalars())
        more, keys = len(keys) > size, sorted(keys[:size], reverse=True)
        newer = older = None
        if keys and (at.before is not None or (at.after is not None and more)):
            newer = Cursor(after=keys[0])
        if keys and (at.after is not None or more):
            older = Cursor(before=keys[-1])
        return _hits(connection, keys), newer, older

    def _by_relevance(
        self, connection: Connection, wanted: Wanted, at: Cursor, size: int
    ) -> tuple[tuple[Hit, ...], Cursor | None, Cursor | None]:
        assert wanted.node is not None
        rank: Any = self._words.relevance(wanted.node, wanted.personal)
        newest = self._matching(wanted, select(entry.c.key, rank.label("rank")))
        ranked = newest.order_by(self._key(wanted).desc()).limit(RANKED).subquery()
        query = select(ranked.c.key).order_by(ranked.c.rank.desc(), ranked.c.key.desc())
        skip = min(at.skip, RANKED)
        keys = list(connection.execute(query.limit(size + 1).offset(skip)).scalars())
        newer = Cursor(by_relevance=True, skip=max(skip - size, 0)) if skip else None
        older = Cursor(by_relevance=True, skip=skip + size) if len(keys) > size else None
        keys = keys[:size]
        found = {each.key: each for each in _hits(connection, keys)}
        return tuple(found[key] for key in keys if key in found), newer, older


def _hits(connection: Connection, keys: Sequence[int]) -> tuple[Hit, ...]:
    columns = (entry, call.c.started_at, call.c.caller)
    query = select(*columns).join(call, call.c.id == entry.c.call_id).where(entry.c.key.in_(keys))
    return tuple(map(_hit, connection.execute(query.order_by(entry.c.key.desc()))))


def _hit(row: Row[Any]) -> Hit:
    return Hit(
        key=row.key,
        call_id=row.call_id,
        started_at=row.started_at,
        caller=row.caller,
        seconds=row.seconds,
        agent_id=row.agent_id,
        queue_id=row.queue_id,
        outcome=row.outcome,
        topics=separate(row.topics),
        severity=row.severity,
        sentiment=row.sentiment,
        reviews=row.reviews,
        score=row.score,
    )


def _backlog(connection: Connection) -> int:
    waiting = select(func.count()).select_from(entry).where(entry.c.pending)
    position = select(state.c.value).where(state.c.name == "position").scalar_subquery()
    unread = select(func.count()).select_from(call).where(call.c.id > position)
    return int(connection.execute(waiting).scalar_one() + connection.execute(unread).scalar_one())


def _is_broken(error: StoreError) -> bool:
    cause = str(error.__cause__)
    return "malformed" in cause or "not a database" in cause


def _remove_files(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
