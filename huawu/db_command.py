"""``huawu db``: the database itself: its schema, whether it is whole, a copy of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from huawu.places import require_database

if TYPE_CHECKING:
    from calls.stocktaking import Stock
    from calls.store.soundness import Fault

db_app = typer.Typer(help="The database: upgrade, check, backup.", no_args_is_help=True)

Database = Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")]
WAY_OUT = "name the database with --db"
#: Faults of one kind that are printed, each on a line; the others are counted.
SHOWN = 20


@db_app.command("upgrade")
def upgrade_command(
    db: Database = "out/huawu.db",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    no_backup: Annotated[
        bool, typer.Option("--no-backup", help="Do not copy a SQLite database beside itself first.")
    ] = False,
) -> None:
    """Bring the database to this release's schema, while nobody else has it open.

    Every program of huawu does this when it opens a database; here it is done when you choose, with a backup.
    """
    from calls.records import utc_now
    from calls.store.engine import database_url
    from calls.store.upgrade import shown_name, standing, upgrade

    require_database(db, WAY_OUT)
    name = shown_name(db)
    found = standing(db)
    if not found.missing:
        typer.echo(f"{name}: schema {found.newest}, up to date")
        return
    for revision, said in found.missing:
        typer.echo(f"  {revision}  {said}")
    way = f"from {found.present or 'nothing'} to {found.newest}"
    if dry_run:
        typer.echo(f"{name}: would go {way}")
        return
    backup = None
    if database_url(db).get_backend_name() == "sqlite" and not no_backup:
        path, stamp = Path(name), f"{found.present or 'new'}-{utc_now():%Y%m%dT%H%M%SZ}"
        backup = path.with_name(f"{path.stem}-{stamp}{path.suffix}")
    with _bar("copying the database") as progress:
        upgrade(db, backup, progress)
    if backup is not None:
        typer.echo(f"backup {backup}")
    typer.echo(f"{name}: {way}")


@db_app.command("check")
def check(
    db: Database = "out/huawu.db",
    recordings: Annotated[Path, typer.Option(help="Folder of the recordings.")] = Path("out/recordings"),
    sums: Annotated[bool, typer.Option("--sums", help="Read every recording and compare checksums.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with every fault.")] = False,
) -> None:
    """Say what is wrong with the database and its recordings, and the way out of each; repair nothing."""
    from calls.stocktaking import Stock
    from calls.store.soundness import counts, damage
    from calls.store.upgrade import shown_name, standing

    require_database(db, WAY_OUT)
    stock, schema, held = Stock(), None, {}
    faults = damage(db)
    if not faults:
        found = standing(db)
        schema = found.present
        if found.missing:
            faults = [_old_schema(db, found.present, found.newest)]
        else:
            faults, held = list(_faults(db, recordings, stock, sums)), counts(db)
    if as_json:
        answer = {
            "database": shown_name(db),
            "schema": schema,
            "rows": held,
            "recordings": asdict(stock),
            "faults": [asdict(each) for each in faults],
        }
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for line in _lines(faults):
            typer.echo(line)
        elsewhere = f", {stock.elsewhere} elsewhere not looked at" if stock.elsewhere else ""
        typer.echo(
            f"{shown_name(db)}: schema {schema or 'unknown'}, {held.get('call', 0)} calls, "
            f"{stock.looked_at} recordings{' read' if sums else ''}{elsewhere}, "
            f"{len(faults) or 'no'} fault{'' if len(faults) == 1 else 's'}"
        )
    if faults:
        raise typer.Exit(1)


@db_app.command("backup")
def backup_command(
    file: Annotated[Path, typer.Argument(help="The file to make; one that exists is never replaced.")],
    db: Database = "out/huawu.db",
) -> None:
    """Copy the database, while it is in use, to one file, readable by you alone, and read that back.

    The recordings are files of their own: copy their folder as well. The search index needs no copy.
    """
    from calls.store.backup import back_up
    from calls.store.upgrade import shown_name

    require_database(db, WAY_OUT)
    with _bar("copying the database") as progress:
        size = back_up(db, file, progress)
    typer.echo(f"{shown_name(db)} → {file}, {size / 1e6:.1f} MB, read back whole")


def _faults(db: str, recordings: Path, stock: Stock, sums: bool) -> Iterator[Fault]:
    from calls.recordings import RecordingFolder
    from calls.records import Recording, utc_now
    from calls.stocktaking import take_stock
    from calls.store import Store
    from calls.store.soundness import faults_inside

    yield from faults_inside(db)
    with Store.open(db) as store, _bar("looking at recordings") as progress:
        total = store.count(Recording)
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            progress(done, total)

        yield from take_stock(store, RecordingFolder(recordings), utc_now(), stock, sums=sums, step=step)
    yield from _index_behind(db)


def _index_behind(db: str) -> Iterator[Fault]:
    from analytics.search.index import SearchIndex
    from analytics.search.opening import index_file
    from calls.store.engine import database_url
    from calls.store.soundness import Fault

    url = database_url(db)
    way_out = "huawu index (the desk does so by itself while it runs)"
    if url.get_backend_name() == "sqlite" and not index_file(url.database or "").is_file():
        yield Fault("search index", "of all calls", "is not there yet", way_out)
        return
    with SearchIndex.open(db) as index:
        behind = index.behind()
        if behind:
            yield Fault("search index", index.name, f"{behind} calls changed since it read them", way_out)


def _old_schema(db: str, present: str | None, newest: str) -> Fault:
    from calls.store.soundness import Fault
    from calls.store.upgrade import shown_name

    return Fault(
        "schema",
        shown_name(db),
        f"is {present or 'not there'}, this release's is {newest}; nothing else was looked at",
        "huawu db upgrade",
    )


def _lines(faults: list[Fault]) -> Iterator[str]:
    """Yield a line for each fault, of each kind the first few, and how many there are beyond those."""
    of_kind = Counter(_kind(each) for each in faults)
    shown: Counter[str] = Counter()
    for each in faults:
        shown[_kind(each)] += 1
        if shown[_kind(each)] <= SHOWN:
            yield str(each)
    for kind, count in of_kind.items():
        if count > SHOWN:
            yield f"{kind}: {count - SHOWN} more of these: --json lists all"


def _kind(fault: Fault) -> str:
    return "recording" if fault.kind.startswith("recording ") else fault.kind


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error, where that is a terminal; of unknown length while the total is 0."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
