"""The store: every room reads and writes call records through this one object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Self, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Table,
    bindparam,
    delete,
    func,
    select,
)

from calls.errors import NotFound, StoreError
from calls.records import Transcript
from calls.store.engine import SINGLE, database_url, open_engine, translated
from calls.store.migration import migrate
from calls.store.rows import from_row, table_of, to_row, utterance_rows
from calls.store.schema import metadata, utterance
from calls.store.writer import Writer, insert_or_replace

Record = Any
R = TypeVar("R")

#: Values asked for in one statement at most: databases bound the number of parameters.
MOST_VALUES = 5000
_LISTS = (list, tuple, set, frozenset)


@dataclass(frozen=True, slots=True)
class Span:
    """A condition of :meth:`Store.find`: from ``first`` on, before ``end``; ``None`` leaves a side open."""

    first: Any = None
    end: Any = None


class Store:
    """Call records in SQLite (default) or PostgreSQL; open one with :meth:`open`.

    Reading may happen on any thread. All writing goes through one thread, in transactions;
    a record is either stored whole or not at all.
    """

    def __init__(self, place: str | Path) -> None:
        self._url = database_url(place)
        self.name = self._url.render_as_string(hide_password=True)
        if self._url.get_backend_name() == "sqlite":
            self.name = str(self._url.database)
        write_engine = open_engine(self._url, writer=True)
        try:
            with translated(self.name):
                migrate(write_engine, self.name)
        except BaseException:
            write_engine.dispose()
            raise
        self._write_engine = write_engine
        self._read_engine = open_engine(self._url, writer=False)
        self._one_question = self._read_engine.execution_options(**{SINGLE: True})
        self._writer = Writer(write_engine, self.name)

    @classmethod
    def open(cls, place: str | Path) -> Self:
        """Open a database, making and migrating it where needed.

        Parameters
        ----------
        place : str or Path
            A file for SQLite, or a URL (``sqlite:///…``, ``postgresql+psycopg://…``).

        Raises
        ------
        SchemaTooNew
            A newer huawu wrote it; it is left as it is.
        StoreLocked
            Another process held it for longer than :data:`calls.store.engine.BUSY_SECONDS`.
        StoreError
            It cannot be opened; the message says why and what to do.
        """
        return cls(place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish queued writes and let the database go. Idempotent."""
        self._writer.close()
        self._write_engine.dispose()
        self._read_engine.dispose()

    def submit(
        self,
        *records: Record,
        unless_known: Iterable[Record] = (),
        instead_of: Iterable[tuple[type[Any], dict[str, Any]]] = (),
    ) -> Future[None]:
        """Queue records for storing (all or none); the future is done once they are committed.

        Parameters
        ----------
        *records : Record
            One whose id exists is replaced.
        unless_known : iterable of Record
            Of these only those are stored whose ids are new: an agent of whom a call knows no more than the
            id does not replace the one that has a name.
        instead_of : iterable of (type, dict)
            Records that match go first, in the same transaction: of each kind those with the fields given,
            as for :meth:`find`. A step that runs twice leaves one set of results.
        """
        grouped, stubs = _grouped(records), _grouped(unless_known)
        gone = [
            (table_of(kind), _conditions(table_of(kind), part))
            for kind, where in instead_of
            for part in _parts(_some(kind, where))
        ]

        def work(connection: Connection) -> None:
            for table, condition in gone:
                connection.execute(delete(table).where(*condition))
            for table, known in stubs:
                rows = [to_row(record, table) for record in known]
                insert_or_replace(connection, table, rows, replace=False)
            _write(connection, grouped)

        return self._writer.submit(work)

    def add(self, *records: Record) -> None:
        """Store records in one transaction; one whose id exists is replaced.

        Raises
        ------
        StoreError
            None of them was stored.
        """
        self.submit(*records).result()

    def ensure(self, *records: Record) -> None:
        """Store those of the records whose ids are new, in one transaction; leave the others as they are."""
        self.submit(unless_known=records).result()

    def replace(self, kind: type[R], where: dict[str, Any], *records: R) -> None:
        """Delete the records of ``kind`` that match ``where`` and store others, in one transaction.

        A step that runs twice (a batch resumed, a call judged again) leaves one set of results.
        """
        self.submit(*records, instead_of=[(kind, where)]).result()

    def change(self, record: Record, *more: Record, **present: Any) -> bool:
        """Store a record where the one with its id has the fields given, with others, in one transaction.

        Parameters
        ----------
        record : Record
            What takes the place of the stored one.
        *more : Record
            Stored only together with it.
        **present
            Field = value of the stored one, as for :meth:`find`.

        Returns
        -------
        bool
            False, and nothing was stored, where the stored one is another by now or does not exist.
        """
        table = table_of(type(record))
        condition = _conditions(table, {"id": record.id, **present})
        grouped = _grouped((record, *more))
        changed = False

        def work(connection: Connection) -> None:
            nonlocal changed
            # of two that change at once the second waits here and then no longer matches
            found = connection.execute(select(table.c.id).where(*condition).with_for_update()).first()
            changed = found is not None
            if changed:
                _write(connection, grouped)

        self._writer.submit(work).result()
        return changed

    def get(self, kind: type[R], record_id: str) -> R:
        """Return the record with that id; :class:`NotFound` where there is none."""
        found = self.find(kind, id=record_id)
        if not found:
            raise NotFound(f"{kind.__name__} {record_id!r} does not exist in {self.name}")
        return found[0]

    def find(
        self,
        kind: type[R],
        /,
        *,
        order_by: str | Collection[str] = "id",
        limit: int | None = None,
        offset: int = 0,
        **where: Any,
    ) -> list[R]:
        """Return the records of ``kind`` that match.

        Parameters
        ----------
        kind : type
            A class of :mod:`calls.records`.
        order_by : str or collection of str, optional
            Field names; a leading ``-`` sorts descending. Ids sort by creation time.
        limit, offset : int, optional
            A page of the result.
        **where
            Field = value, or field = list of values (any of them, as many as there may be), or field =
            :class:`Span`. ``None`` matches absence.
        """
        table = table_of(kind)
        parts = list(_parts(where))
        fields = (order_by,) if isinstance(order_by, str) else tuple(order_by)
        page = (limit, offset) if len(parts) == 1 else (None, 0)
        alone = len(parts) == 1 and kind is not Transcript
        engine = self._one_question if alone else self._read_engine
        with translated(self.name), engine.begin() as connection:
            rows = [
                dict(row)
                for part in parts
                for row in connection.execute(*_question(table, fields, *page, part)).mappings()
            ]
            if len(parts) > 1:
                rows = _in_order(rows, order_by)[offset:][:limit]
            if kind is Transcript:
                said = _utterances(connection, [row["id"] for row in rows])
                return [from_row(kind, row, utterances=said[row["id"]]) for row in rows]
        return [from_row(kind, row) for row in rows]

    def values(self, kind: type[Any], field: str, /, **where: Any) -> set[Any]:
        """Return the values that a field has in the records of ``kind`` that match."""
        table = table_of(kind)
        query = select(_column(table, field)).distinct()
        with translated(self.name), self._read_engine.begin() as connection:
            found = [
                connection.execute(query.where(*_conditions(table, part))).scalars() for part in _parts(where)
            ]
            return set().union(*found)

    def columns(self, kind: type[Any], /, *fields: str, **where: Any) -> list[tuple[Any, ...]]:
        """Return some fields of the records of ``kind`` that match, in no order, as the database holds them.

        Figures of a month read a few fields of many records; whole records cost several times as much. What
        is an enumeration in the record is its text here.
        """
        table = table_of(kind)
        query = select(*(_column(table, field) for field in fields))
        with translated(self.name), self._read_engine.begin() as connection:
            return [
                tuple(row)
                for part in _parts(where)
                for row in connection.execute(query.where(*_conditions(table, part)))
            ]

    def count(self, kind: type[Any], /, **where: Any) -> int:
        """Return how many records of ``kind`` match."""
        table = table_of(kind)
        query = select(func.count()).select_from(table)
        with translated(self.name), self._read_engine.begin() as connection:
            return sum(
                int(connection.execute(query.where(*_conditions(table, part))).scalar_one())
                for part in _parts(where)
            )


def _grouped(records: Iterable[Record]) -> list[tuple[Table, list[Record]]]:
    """Group records by table, parents before children, so that references hold at each step."""
    by_table: dict[Table, list[Record]] = defaultdict(list)
    for record in records:
        by_table[table_of(type(record))].append(record)
    return [(table, by_table[table]) for table in metadata.sorted_tables if table in by_table]


def _some(kind: type[Any], where: dict[str, Any]) -> dict[str, Any]:
    if not where:
        raise StoreError(f"replace: every {kind.__name__} would go", "say which ones")
    return where


def _write(connection: Connection, grouped: list[tuple[Table, list[Record]]]) -> None:
    for table, records in grouped:
        insert_or_replace(connection, table, [to_row(record, table) for record in records])
        transcripts = [record for record in records if isinstance(record, Transcript)]
        if transcripts:
            ids = [each.id for each in transcripts]
            connection.execute(delete(utterance).where(utterance.c.transcript_id.in_(ids)))
            rows = [row for each in transcripts for row in utterance_rows(each)]
            if rows:
                insert_or_replace(connection, utterance, rows)


def _utterances(connection: Connection, transcript_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for part in _parts({"transcript_id": transcript_ids}):
        query = (
            select(utterance)
            .where(*_conditions(utterance, part))
            .order_by(utterance.c.transcript_id, utterance.c.number)
        )
        for row in connection.execute(query).mappings():
            values = dict(row)
            found[values.pop("transcript_id")].append(values)
    return found


def _parts(where: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield conditions that together match the same, each of them with few enough values."""
    for field, value in where.items():
        if isinstance(value, _LISTS) and len(value) > MOST_VALUES:
            values = list(dict.fromkeys(value))
            for first in range(0, len(values), MOST_VALUES):
                yield from _parts({**where, field: values[first : first + MOST_VALUES]})
            return
    yield where


def _in_order(rows: list[dict[str, Any]], order_by: str | Collection[str]) -> list[dict[str, Any]]:
    """Return rows of several statements in order; absent values come first, or last where descending."""
    fields = [order_by] if isinstance(order_by, str) else list(order_by)
    for field in reversed(fields):
        name = field.removeprefix("-")
        rows.sort(key=lambda row: (row[name] is not None, row[name]), reverse=field.startswith("-"))
    return rows


def _question(
    table: Table, fields: tuple[str, ...], limit: int | None, offset: int, where: dict[str, Any]
) -> tuple[Select[Any], dict[str, Any]]:
    """Return the statement of :meth:`Store.find` and its values.

    To build a statement takes longer than to answer it, so those that differ in nothing but values are one.
    """
    shape: list[tuple[str, str]] = []
    values: dict[str, Any] = {"limit_": limit, "offset_": offset}
    for field, value in where.items():
        if isinstance(value, Span):
            for side in ("first", "end"):
                if (bound := getattr(value, side)) is not None:
                    shape.append((field, side))
                    values[f"{field}_{side}"] = bound
        elif isinstance(value, _LISTS):
            shape.append((field, "any"))
            values[f"{field}_any"] = list(value)
        else:
            shape.append((field, "none" if value is None else "is"))
            values[f"{field}_is"] = value
    paged = (limit is not None, offset != 0)
    return _statement(table, fields, paged, tuple(shape)), values


@lru_cache(maxsize=1024)
def _statement(
    table: Table, fields: tuple[str, ...], paged: tuple[bool, bool], shape: tuple[tuple[str, str], ...]
) -> Select[Any]:
    query = select(table).order_by(*_order(table, fields))
    for field, how in shape:
        column = _column(table, field)
        given = bindparam(f"{field}_{how}", type_=column.type, expanding=how == "any")
        match how:
            case "first":
                query = query.where(column >= given)
            case "end":
                query = query.where(column < given)
            case "any":
                query = query.where(column.in_(given))
            case "none":
                query = query.where(column.is_(None))
            case _:
                query = query.where(column == given)
    if paged[0]:
        query = query.limit(bindparam("limit_", type_=Integer))
    return query.offset(bindparam("offset_", type_=Integer)) if paged[1] else query


def _column(table: Table, field: str) -> ColumnElement[Any]:
    try:
        return table.c[field]
    except KeyError:
        known = ", ".join(table.c.keys())
        raise StoreError(f"{table.name} has no field {field!r}", f"known: {known}") from None


def _conditions(table: Table, where: dict[str, Any]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for field, value in where.items():
        column = _column(table, field)
        if isinstance(value, Span):
            if value.first is not None:
                found.append(column >= value.first)
            if value.end is not None:
                found.append(column < value.end)
        elif isinstance(value, _LISTS):
            found.append(column.in_(list(value)))
        else:
            found.append(column.is_(None) if value is None else column == value)
    return found


def _order(table: Table, order_by: str | Collection[str]) -> list[ColumnElement[Any]]:
    fields = [order_by] if isinstance(order_by, str) else list(order_by)
    return [
        _column(table, field[1:]).desc() if field.startswith("-") else _column(table, field).asc()
        for field in fields
    ]
