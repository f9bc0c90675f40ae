"""Call detail records: a line a call, in the columns of Asterisk, of FreeSWITCH, or of a template.

Asterisk: ``cdr-csv/Master.csv`` as ``cdr_csv`` writes it, with ``loguniqueid=yes`` in ``cdr.conf``.
FreeSWITCH: ``cdr-csv/Master.csv`` as ``mod_cdr_csv`` writes it by its template ``example``, the default one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from calls.errors import BatchError
from calls.foreign import agent_id_of, call_id_of, queue_id_of
from calls.records import Direction, EventKind, Outcome
from huawu.batch.sources.fields import READERS, BadValue, moment
from huawu.imports.facts import CallFacts, Happened

Row = dict[str, str]
#: Columns of ``cdr_csv``; those after ``amaflags`` are there as ``cdr.conf`` says.
ASTERISK = (
    "accountcode src dst dcontext clid channel dstchannel lastapp lastdata start answer end duration billsec "
    "disposition amaflags uniqueid userfield peeraccount linkedid sequence"
).split()
#: Columns of the template ``example`` of ``mod_cdr_csv``.
FREESWITCH = (
    "caller_id_name caller_id_number destination_number context start_stamp answer_stamp end_stamp duration "
    "billsec hangup_cause uuid bleg_uuid accountcode read_codec write_codec"
).split()
_CHANNEL_ENDS = re.compile(r"-[0-9a-f]{6,}(;\d)?$|@.*$")


@dataclass(frozen=True, slots=True)
class CdrFormat:
    """How the lines of a CDR file are read.

    Parameters
    ----------
    name : str
    columns : tuple of str
        Names of the columns; where empty, the first line of the file holds them.
    least : int
        Columns that a line has at least; others may be missing at its end.
    read : callable
        Makes facts of a row, or ``None`` where it tells of a part of a call only. Raises
        :class:`BadField`.
    delimiter : str
    needs : tuple of str
        Columns that a file must have.
    """

    name: str
    columns: tuple[str, ...]
    least: int
    read: Callable[[Row], CallFacts | None]
    delimiter: str = ","
    needs: tuple[str, ...] = ()


class BadField(ValueError):
    """A value of a row is wrong: ``args`` are the column, the value, what is wrong and the way out."""


def asterisk(zone: tzinfo | None = None, outbound: Iterable[str] = (), node: str = "") -> CdrFormat:
    """Return the format of Asterisk's ``Master.csv``.

    Parameters
    ----------
    zone : tzinfo, optional
        Of its times; this machine's by default. UTC where ``usegmtime`` is set.
    outbound : iterable of str, optional
        Contexts whose calls go out.
    node : str, optional
        The name of the system.
    """
    outgoing = frozenset(outbound)

    def read(row: Row) -> CallFacts | None:
        if "uniqueid" not in row:
            raise BadField("uniqueid", "", "the line has none", "set loguniqueid=yes in cdr.conf")
        if row.get("linkedid") and row["linkedid"] != row["uniqueid"]:
            return None
        out = row["dcontext"] in outgoing
        answered = row["disposition"] == "ANSWERED"
        application = row["lastapp"].lower()
        queue = re.split(r"[,|]", row["lastdata"])[0] if application == "queue" else ""
        agents_channel = row["channel"] if out else row["dstchannel"]
        agent = _CHANNEL_ENDS.sub("", agents_channel) if agents_channel else ""
        with_agent = bool(answered and agent and (out or application in ("queue", "dial")))
        outcome = Outcome.HANDED_OFF if with_agent else None
        if not answered and not out:
            outcome = Outcome.ABANDONED
        return CallFacts(
            id=call_id_of(_given(row, "uniqueid")),
            started_at=_when(row, "start", zone),
            answered_at=_when(row, "answer", zone) if row["answer"] else None,
            ended_at=_when(row, "end", zone),
            direction=Direction.OUTBOUND if out else Direction.INBOUND,
            caller=row["src"],
            callee=row["dst"],
            hangup_cause="" if answered else row["disposition"].lower().replace(" ", "-"),
            outcome=outcome,
            agent_id=agent_id_of(agent) if with_agent else None,
            queue_id=queue_id_of(queue) or None,
            node=node,
        )

    return CdrFormat("asterisk", tuple(ASTERISK), 16, read)


def freeswitch(zone: tzinfo | None = None, outbound: Iterable[str] = (), node: str = "") -> CdrFormat:
    """Return the format of the template ``example`` of FreeSWITCH's ``mod_cdr_csv``; see :func:`asterisk`."""
    outgoing = frozenset(outbound)

    def read(row: Row) -> CallFacts:
        out = row["context"] in outgoing
        answered = _when(row, "answer_stamp", zone) if row["answer_stamp"] else None
        return CallFacts(
            id=call_id_of(_given(row, "uuid")),
            started_at=_when(row, "start_stamp", zone),
            answered_at=answered,
            ended_at=_when(row, "end_stamp", zone),
            direction=Direction.OUTBOUND if out else Direction.INBOUND,
            caller=row["caller_id_number"],
            callee=row["destination_number"],
            hangup_cause=row["hangup_cause"],
            outcome=Outcome.ABANDONED if answered is None and not out else None,
            node=node,
        )

    return CdrFormat("freeswitch", tuple(FREESWITCH), 11, read)


def mapped(
    fields: dict[str, str],
    values: dict[str, dict[str, str]],
    when: Callable[[str], datetime],
    node: str = "",
) -> Callable[[Row], CallFacts]:
    """Return how rows are read whose fields lie in named columns.

    Parameters
    ----------
    fields : dict
        Column by field: ``call``, ``started_at``, ``answered_at``, ``connected_at``, ``ended_at``,
        ``seconds``, ``direction``, ``caller``, ``callee``, ``agent``, ``queue``, ``hangup_cause``.
    values : dict
        For a field, what its texts stand for.
    when : callable
        Reads a time; raises :class:`~huawu.batch.sources.fields.BadValue`.
    node : str, optional
        The name of the system.
    """

    def text(row: Row, field: str) -> str:
        found = row[fields[field]] if field in fields else ""
        return values.get(field, {}).get(found, found)

    def time(row: Row, field: str) -> datetime | None:
        found = text(row, field)
        if not found:
            return None
        try:
            return when(found)
        except BadValue as error:
            raise BadField(fields[field], found, *error.args) from None

    def read(row: Row) -> CallFacts:
        call, started = text(row, "call"), time(row, "started_at")
        if not call or started is None:
            column = fields["started_at" if call else "call"]
            raise BadField(column, "", "it is empty", "without it a call cannot be told from others")
        answered, connected, ended = (time(row, f) for f in ("answered_at", "connected_at", "ended_at"))
        if ended is None and (seconds := text(row, "seconds")):
            if not re.fullmatch(r"\d{1,9}(\.\d+)?", seconds, re.ASCII):
                raise BadField(fields["seconds"], seconds, "no number of seconds", "write it as 75")
            ended = started + timedelta(seconds=float(seconds))
        direction = None
        if way := text(row, "direction"):
            try:
                direction = READERS["direction"](way, None)
            except BadValue as error:
                raise BadField(fields["direction"], way, *error.args) from None
        agent = agent_id_of(text(row, "agent")) or None
        queue = queue_id_of(text(row, "queue")) or None
        events: list[Happened] = []
        outcome = Outcome.HANDED_OFF if agent and (connected or answered) else None
        if queue and "connected_at" in fields and ended is not None:
            entered = answered or started
            events, outcome = _queued(queue, agent, entered, connected, ended)
        return CallFacts(
            id=call_id_of(call),
            started_at=started,
            answered_at=answered,
            ended_at=ended,
            direction=direction,
            caller=text(row, "caller"),
            callee=text(row, "callee"),
            hangup_cause=text(row, "hangup_cause"),
            outcome=outcome,
            agent_id=agent,
            queue_id=queue,
            node=node,
            events=tuple(events),
        )

    return read


def _queued(
    queue: str, agent: str | None, entered: datetime, connected: datetime | None, ended: datetime
) -> tuple[list[Happened], Outcome]:
    """Return the trace of one wait in a queue, of which a CDR knows when it was answered."""
    start = Happened(at=entered, kind=EventKind.ENTERQUEUE, data={"queue": queue})
    if connected is None:
        waited = {"queue": queue, "wait_seconds": (ended - entered).total_seconds()}
        return [start, Happened(at=ended, kind=EventKind.ABANDON, data=waited, order=1)], Outcome.ABANDONED
    by = {"queue": queue, **({"agent": agent} if agent else {})}
    held = (connected - entered).total_seconds()
    talked = (ended - connected).total_seconds()
    return [
        start,
        Happened(at=connected, kind=EventKind.CONNECT, data={**by, "hold_seconds": held}, order=1),
        Happened(at=ended, kind=EventKind.COMPLETECALLER, data={**by, "talk_seconds": talked}, order=2),
    ], Outcome.HANDED_OFF


def read_rows(
    lines: Iterable[str], form: CdrFormat, file: str, fault: Callable[[BatchError], None]
) -> Iterator[CallFacts | None]:
    """Yield what each line of a file tells; ``None`` for one that tells of a part of a call.

    Parameters
    ----------
    lines : iterable of str
    form : CdrFormat
    file : str
        For messages.
    fault : callable
        Takes the error of each line that is wrong; the others are read.

    Raises
    ------
    BatchError
        The file as a whole is none of this format.
    """
    columns = form.columns
    for number, line in enumerate(lines, 1):
        try:
            # line by line: a quote that is not closed would swallow all that follows
            cells = next(csv.reader([line], delimiter=form.delimiter, strict=True), [])
        except csv.Error as error:
            fault(BatchError(f"{file}:{number}: {error}", "check the quotes of the line"))
            continue
        if not columns:
            columns = tuple(cell.strip() for cell in cells)
            if missing := [each for each in form.needs if each not in columns]:
                problem = f"{file}:{number}: no column {missing[0]!r}, which {form.name} names"
                raise BatchError(problem, f"it has: {', '.join(columns)}")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        least = form.least or len(columns)
        if not least <= len(cells) <= len(columns):
            problem = f"{file}:{number}: {len(cells)} fields where {form.name} has {least} to {len(columns)}"
            fault(BatchError(problem, f"columns: {', '.join(columns)}"))
            continue
        try:
            yield form.read(dict(zip(columns, (cell.strip() for cell in cells), strict=False)))
        except BadField as error:
            column, value, what, way_out = error.args
            fault(BatchError(f"{file}:{number}: {column}: {value[:60]!r}: {what}", way_out))


def _given(row: Row, column: str) -> str:
    if not row[column]:
        raise BadField(column, "", "it is empty", "without it a call cannot be told from others")
    return row[column]


def _when(row: Row, column: str, zone: tzinfo | None) -> Any:
    try:
        return moment(row[column], zone)
    except BadValue as error:
        raise BadField(column, row[column], *error.args) from None
