"""The tables of the index, and how the database that is indexed tells it what has changed.

The index belongs to no migration: it holds nothing that cannot be read from the calls, it has a version of
its own, and on SQLite it is another file. So it makes and remakes its tables itself when it is opened. In the
database that is indexed it keeps only a log of changed calls, written by triggers: whoever changes a call, in
whatever program, the change is noted in the same transaction. A migration that copies a table drops SQLite's
triggers with it; so they are looked for at each opening, and where one is missing all calls are read anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

#: Of the tables and of what is in them; another one is made anew.
VERSION = "1"

metadata = MetaData()
_BIG = BigInteger().with_variant(Integer, "sqlite")

#: One row for each call: what lists show and filter by. ``key`` sorts by the time of the call.
entry = Table(
    "search_entry",
    metadata,
    Column("key", _BIG, primary_key=True, autoincrement=False),
    Column("call_id", String(64), nullable=False, unique=True),
    Column("seconds", Float, nullable=True),
    Column("agent_id", String(64), nullable=True),
    Column("queue_id", String(64), nullable=True),
    Column("outcome", Text, nullable=True),
    Column("ending", Text, nullable=False),  # the caller's digits, last one first
    Column("topics", Text, nullable=False),  # |refund|service|
    Column("severity", Text, nullable=True),
    Column("sentiment", Text, nullable=True),
    Column("reviews", Integer, nullable=False),
    Column("score", Float, nullable=True),
    Column("pending", Boolean, nullable=False),  # its words are still to be read
)
Index(
    "ix_search_entry_pending",
    entry.c.key,
    sqlite_where=entry.c.pending == True,  # noqa: E712  # SQL, not Python
    postgresql_where=entry.c.pending == True,  # noqa: E712
)
Index("ix_search_entry_agent_id_key", entry.c.agent_id, entry.c.key)
Index("ix_search_entry_severity_key", entry.c.severity, entry.c.key)

#: ``version``, ``position`` (the last call of the first reading) and ``mark`` (of the change log).
state = Table(
    "search_state",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

log_metadata = MetaData()
#: Calls that have changed; ``said`` where their words may have. Lies with the calls.
change = Table(
    "search_change",
    log_metadata,
    Column("seq", _BIG, primary_key=True),
    Column("call_id", String(64), nullable=False, index=True),
    Column("said", Boolean, nullable=False),
    Column("taken", Boolean, nullable=False),
)
#: One row: which log this is, so that an index that belongs to another database is noticed.
log_mark = Table("search_log", log_metadata, Column("mark", String(64), primary_key=True))

#: Table → (column of the call's id, whether words may change, condition).
_WATCHED = {
    "call": ("id", False, ""),
    "transcript": ("call_id", True, ""),
    "review": ("call_id", False, ""),
    "finding": ("call_id", False, "{row}.kind IN ('topic', 'complaint', 'sentiment')"),
}
_EVENTS = {"INSERT": "NEW", "UPDATE": "NEW", "DELETE": "OLD"}


def watch(connection: Connection) -> bool:
    """Make the log and its triggers where they are missing; return whether any was.

    The connection is one to the database of the calls, in a transaction that writes.
    """
    log_metadata.create_all(connection)
    if connection.dialect.name == "postgresql":
        known = {row[0] for row in connection.execute(text("SELECT tgname FROM pg_trigger"))}
        statements = dict(_postgres_triggers())
    else:
        rows = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        known = {row[0] for row in rows}
        statements = dict(_sqlite_triggers())
    missing = [name for name in statements if name not in known]
    for name in missing:
        for statement in statements[name]:
            connection.exec_driver_sql(statement)
    return bool(missing)


def _sqlite_triggers() -> Iterator[tuple[str, list[str]]]:
    # A call is noted once until it is taken up: SQLite runs one writer at a time, so none slips between.
    for table, (column, said, condition) in _WATCHED.items():
        for event, row in _EVENTS.items():
            changed = int(said or (table == "call" and event == "DELETE"))
            name = f"search_{table}_{event.lower()}"
            when = f"WHEN {condition.format(row=row)}" if condition else ""
            yield (
                name,
                [
                    f"""CREATE TRIGGER {name} AFTER {event} ON "{table}" {when} BEGIN
                    INSERT INTO search_change (call_id, said, taken)
                    SELECT {row}.{column}, {changed}, 0 WHERE NOT EXISTS (
                        SELECT 1 FROM search_change
                        WHERE call_id = {row}.{column} AND taken = 0 AND said >= {changed});
                    END"""
                ],
            )


def _postgres_triggers() -> Iterator[tuple[str, list[str]]]:
    # Once a statement: writers run side by side, so a note that is there may be one that is being taken up.
    for table, (column, said, condition) in _WATCHED.items():
        for event, row in _EVENTS.items():
            changed = str(said or (table == "call" and event == "DELETE")).upper()
            name = f"search_{table}_{event.lower()}"
            which = f"WHERE {condition.format(row='rows')}" if condition else ""
            yield (
                name,
                [
                    f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    INSERT INTO search_change (call_id, said, taken)
                    SELECT DISTINCT rows.{column}, {changed}, FALSE FROM rows {which};
                    RETURN NULL; END $$""",
                    f"""CREATE TRIGGER {name} AFTER {event} ON "{table}"
                    REFERENCING {row} TABLE AS rows FOR EACH STATEMENT EXECUTE FUNCTION {name}()""",
                ],
            )
