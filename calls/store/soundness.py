"""What may be wrong inside a database: damaged pages, records without those they belong to, gaps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import JSON, Connection, Table, Text, and_, cast, exists, func, or_, select

from calls.store.engine import BUSY_SECONDS, database_url, open_engine, translated
from calls.store.schema import audit_entry, call, finding, metadata, recording, transcript
from calls.store.upgrade import shown_name

#: Lines of SQLite's own check that are shown.
MOST_LINES = 100
#: Judgements that rest on what was not said: there is nothing to quote.
_NOTHING_TO_QUOTE = (("complaint", "none"), ("sentiment", "neutral"))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: its ``kind``, the ``subject`` by id or name, what of it, and the way out."""

    kind: str
    subject: str
    said: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}: {self.said} → {self.way_out}"


def damage(place: str | Path) -> list[Fault]:
    """Return which pages and indexes of a SQLite database are damaged; a PostgreSQL server sees to its own.

    Nothing else of a damaged database is worth reading.

    Raises
    ------
    calls.errors.StoreError
        It cannot be opened, or is no database.
    """
    url = database_url(place)
    if url.get_backend_name() != "sqlite":
        return []
    name = str(url.database)
    with translated(name), closing(sqlite3.connect(name, timeout=BUSY_SECONDS)) as connection:
        try:
            lines = [line for (line,) in connection.execute(f"PRAGMA integrity_check({MOST_LINES})")]
        except sqlite3.DatabaseError as error:
            if "malformed" not in str(error):
                raise
            lines = [str(error)]
    way_out = "put the last backup in its place (docs/database.md)"
    return [Fault("damaged", name, line, way_out) for line in lines if line != "ok"]


def faults_inside(place: str | Path) -> Iterator[Fault]:
    """Yield what is wrong inside a database that is whole and has this release's schema.

    Raises
    ------
    calls.errors.StoreError
        It cannot be opened or read.
    """
    engine = open_engine(database_url(place), writer=False)
    try:
        with translated(shown_name(place)), engine.begin() as connection:
            for table in metadata.sorted_tables:
                yield from _without_parent(connection, table)
            yield from _without_recording(connection)
            yield from _without_evidence(connection)
    finally:
        engine.dispose()


def counts(place: str | Path) -> dict[str, int]:
    """Return how many rows each table of a database has that has any."""
    engine = open_engine(database_url(place), writer=False)
    try:
        with translated(shown_name(place)), engine.begin() as connection:
            found = {
                table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
                for table in metadata.sorted_tables
            }
    finally:
        engine.dispose()
    return {name: count for name, count in found.items() if count}


def _without_parent(connection: Connection, table: Table) -> Iterator[Fault]:
    for reference in table.foreign_key_constraints:
        (column,) = reference.columns
        parent = reference.referred_table
        key = next(iter(table.primary_key))
        query = (
            select(key, column)
            .select_from(table.outerjoin(parent, column == parent.c.id))
            .where(column.is_not(None), parent.c.id.is_(None))
        )
        for row_id, missing in connection.execute(query):
            yield Fault(
                "orphan",
                f"{table.name} {row_id}",
                f"its {parent.name} {missing} does not exist",
                "another program removed that: put a backup in place, or delete the row",
            )


def _without_recording(connection: Connection) -> Iterator[Fault]:
    """Yield transcripts whose recording is gone although no retention run can have deleted it."""
    run = audit_entry.alias("run")
    expired = exists().where(run.c.action == "privacy.expire", run.c.at > call.c.ended_at)
    query = (
        select(transcript.c.id, transcript.c.call_id)
        .join(call, call.c.id == transcript.c.call_id)
        .outerjoin(recording, recording.c.id == transcript.c.recording_id)
        .where(recording.c.id.is_(None), ~expired)
        .order_by(transcript.c.id)
    )
    for row_id, call_id in connection.execute(query):
        yield Fault(
            "transcript",
            row_id,
            f"the recording that call {call_id} was transcribed from is not known",
            "put a backup in place, or transcribe again: huawu analyse --again",
        )


def _without_evidence(connection: Connection) -> Iterator[Fault]:
    """Yield findings that quote nothing, although they say that something was said."""
    erased = exists().where(
        audit_entry.c.action == "privacy.erase", audit_entry.c.call_id == finding.c.call_id
    )
    silent = or_(
        *(and_(finding.c.kind == kind, finding.c.label == label) for kind, label in _NOTHING_TO_QUOTE)
    )
    assert isinstance(finding.c.evidence.type, JSON)
    query = (
        select(finding.c.id, finding.c.call_id, finding.c.kind, finding.c.label)
        .where(cast(finding.c.evidence, Text) == "[]", ~silent, ~erased)
        .order_by(finding.c.id)
    )
    for row_id, call_id, kind, label in connection.execute(query):
        yield Fault(
            "finding",
            row_id,
            f"{kind} {label} of call {call_id} without a word that shows it",
            "judge it again: huawu analyse --again",
        )
