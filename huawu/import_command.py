"""``huawu import``: what other telephone systems know of calls, into the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from calls.errors import BatchError, HuawuError

if TYPE_CHECKING:
    from huawu.imports.cdr import CdrFormat
    from huawu.imports.intake import Imported

import_app = typer.Typer(help="Bring in what another system knows: cdr, queue-log.", no_args_is_help=True)

FilesArgument = Annotated[
    list[Path], typer.Argument(help="Files, the oldest first.", show_default=False, readable=False)
]
DatabaseOption = Annotated[str, typer.Option("--to", help="Database: a file, or a PostgreSQL URL.")]
SystemOption = Annotated[str, typer.Option(help="A name for the system, stored as the calls' node.")]
_DATABASE = "out/huawu.db"


@import_app.command("cdr")
def cdr(
    files: FilesArgument,
    form: Annotated[
        str, typer.Option("--format", help="asterisk, freeswitch, or a template (a YAML file).")
    ] = "asterisk",
    to: DatabaseOption = _DATABASE,
    zone: Annotated[
        str, typer.Option(help="Time zone of the file, as Asia/Shanghai; this machine's without it.")
    ] = "",
    outbound: Annotated[str, typer.Option(help="Contexts whose calls go out, with commas between.")] = "",
    system: SystemOption = "",
) -> None:
    """Import call detail records (CSV).

    The same file can be imported again: nothing is stored twice. A line that is wrong is named, the others
    go on, and the exit code is 1.
    """
    from calls.store import Store
    from huawu.imports.cdr import read_rows
    from huawu.imports.intake import Imported, Intake

    read_as = _format(form, _zone(zone), outbound, system)
    imported, parts = Imported(), 0
    _require(files)
    with Store.open(to) as store:
        intake = Intake(store, imported)
        try:
            for file in files:
                with _text(file) as text:
                    lines = _counted(text, imported)
                    for facts in read_rows(lines, read_as, str(file), imported.fault):
                        if facts is None:
                            parts += 1
                        else:
                            intake.take((facts,))
        finally:
            intake.close()
    more = [f"lines of further legs of a call, left out: {parts}"] if parts else []
    _report(imported, more)


@import_app.command("queue-log")
def queue_log(files: FilesArgument, to: DatabaseOption = _DATABASE, system: SystemOption = "") -> None:
    """Import Asterisk's queue_log: calls in queues, agents and what they did.

    The same file can be imported again, and the next one after it: nothing is stored twice. A line that is
    wrong is named, the others go on, and the exit code is 1.
    """
    from calls.store import Store
    from huawu.imports.intake import Imported, Intake
    from huawu.imports.queuelog import QueueLog

    imported = Imported()
    log = QueueLog(system)
    _require(files)
    with Store.open(to) as store:
        intake = Intake(store, imported)
        try:
            for file in files:
                with _text(file) as text:
                    for number, line in enumerate(_counted(text, imported), 1):
                        try:
                            if line.strip():
                                intake.take(log.take(line, f"{file}:{number}"))
                        except BatchError as error:
                            imported.fault(error)
            intake.take(log.rest())
        finally:
            intake.close()
    unknown = ", ".join(f"{count} {event}" for event, count in log.unknown.most_common(5))
    more = [f"lines of other events, left out: {log.unknown.total()} ({unknown})"] if unknown else []
    _report(imported, more)


def _format(form: str, zone: tzinfo | None, outbound: str, system: str) -> CdrFormat:
    from huawu.imports.cdr import asterisk, freeswitch
    from huawu.imports.cdrtemplate import read_template

    contexts = [each.strip() for each in outbound.split(",") if each.strip()]
    if form in ("asterisk", "freeswitch"):
        return (asterisk if form == "asterisk" else freeswitch)(zone, contexts, system)
    if Path(form).suffix not in (".yaml", ".yml"):
        raise BatchError(f"--format: {form!r} is not known", "known: asterisk, freeswitch, or a .yaml file")
    if contexts:
        raise BatchError("--outbound: a template says itself which calls go out", "map its field direction")
    return read_template(Path(form), zone, system)


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        raise HuawuError(f"--zone: {name!r} is no time zone", "write it as Asia/Shanghai or UTC") from None


def _require(files: list[Path]) -> None:
    """Refuse files that cannot be read before anything is stored."""
    for file in files:
        try:
            file.open("rb").close()
        except OSError as error:
            raise BatchError(f"{file}: {error.strerror}", "check the path and its rights") from None


@contextmanager
def _text(file: Path) -> Iterator[TextIO]:
    from huawu.batch.sources.text import encoding_of

    with file.open("rb") as raw:
        encoding = encoding_of(str(file), raw)
    with file.open(encoding=encoding, newline="") as text:
        yield text


def _counted(text: TextIO, imported: Imported) -> Iterator[str]:
    from huawu.batch.sources.text import lines_of

    for line in lines_of(text):
        imported.lines += 1
        yield line


def _report(imported: Imported, more: list[str]) -> None:
    for line in imported.told:
        typer.echo(line, err=True)
    if imported.faults > len(imported.told):
        typer.echo(f"… and {imported.faults - len(imported.told)} more", err=True)
    for line in more:
        typer.echo(line)
    typer.echo(
        f"{imported.lines} lines: {imported.calls} calls, {imported.events} queue events, "
        f"{imported.states} states of agents; {len(imported.agents)} agents, {len(imported.queues)} queues"
    )
    if imported.faults:
        typer.echo(f"wrong lines, left out: {imported.faults}", err=True)
        raise typer.Exit(1)
