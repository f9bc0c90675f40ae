"""``huawu batch``: an archive of recordings in, searchable findings out."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from calls.errors import BatchError
from huawu.batch.hiring import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from huawu.batch.entry import Entry
    from huawu.batch.figures import Figures
    from huawu.batch.ledger import Ledger
    from huawu.batch.sources import Tally

#: Files that are named at the end with their reasons; the report names all.
MOST_NAMED = 20


def batch_command(
    source: Annotated[
        str, typer.Argument(help="Folder, pattern, manifest (CSV, JSONL), recording, or s3://… URL.")
    ],
    db: Annotated[str, typer.Option("--to", help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    recordings: Annotated[
        str, typer.Option(help="Folder of the recordings, or its URL on an object store.")
    ] = "out/recordings",
    batch: Annotated[
        str | None, typer.Option(help="Name of the batch; the source by default.", show_default=False)
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            help="What names tell: '{started_at:%Y%m%d-%H%M%S}_{agent}_{caller}.wav'.", show_default=False
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            help="Time zone of times that say none, as Asia/Shanghai.", show_default="this machine's"
        ),
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy recordings into --recordings; else they stay where they are.")
    ] = False,
    model: Annotated[
        str | None, typer.Option(help="Model: a folder, a name, or 'builtin'.", show_default=False)
    ] = None,
    executor: Annotated[Kind, typer.Option(help="Who does the work.")] = Kind.LOCAL,
    ray: Annotated[
        str | None, typer.Option(help="Address of a Ray cluster, or 'local'.", show_default=False)
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Workers; as many as the machine bears by default.", show_default=False),
    ] = None,
    time_limit: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="Seconds that a recording may take, or four times its length.",
            show_default="60",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="New recordings at most.", show_default=False)
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Try those again that failed before.")
    ] = False,
    watch: Annotated[
        float | None,
        typer.Option(
            min=1, help="Look for new files every so many seconds, until interrupted.", show_default=False
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Write a line of JSON for each file into this file.", show_default=False),
    ] = None,
    metrics: Annotated[
        Path | None,
        typer.Option(help="FILE.prom for the node exporter's textfile collector.", show_default=False),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
) -> None:
    """Take an archive of recordings in: transcribe it, judge it, make it searchable.

    It goes on where it was interrupted, at whatever moment that was: what is done is not done again, and a
    file that cannot be used is named with its reason while the others go on. Exit codes: 0 all is done, 1
    some files of the source failed, 2 the request was wrong, 130 interrupted.
    """
    from calls.objectstore import ObjectStores, is_url
    from calls.recordings import RecordingFolder
    from calls.store import Store
    from huawu.batch.figures import Figures
    from huawu.batch.hiring import hiring
    from huawu.batch.ingest import REST_SECONDS, Ingest
    from huawu.batch.ledger import Ledger
    from huawu.batch.running import finish, running
    from huawu.batch.sources import Tally
    from huawu.batch.sources.manifest import is_manifest

    stores = ObjectStores.of()
    if is_url(source) and not source.startswith("file:"):
        stores = stores.also(source.rsplit("/", 1)[0] + "/" if is_manifest(source) else source)
    listed = _listing(source, template, zone, stores)
    name = batch or (source if is_url(source) else str(Path(source).absolute()))
    if len(name) > 200:
        name = f"…{name[-199:]}"
    if dry_run:
        _survey(db, name, listed, retry_failed)
        return
    console = Console(stderr=True)
    hired = hiring(
        *(executor, model, jobs, ray, lambda line: console.print(line, highlight=False)),
        time_limit=time_limit,
    )
    folder, begun, faults = RecordingFolder(recordings, stores=stores), time.perf_counter(), list[str]()
    figures, tally = Figures(), Tally()
    with Store.open(db) as store:
        ledger = Ledger(store, name)
        ingest = Ingest(store, folder, ledger, copy=copy, retry_failed=retry_failed)
        try:
            with running(
                *(store, folder, ledger, hired, console),
                doing=f"huawu batch {name}",
                report=report,
                metrics=metrics,
                faults=faults,
            ) as job:
                figures = job.figures
                while True:
                    tally = Tally()
                    since = None if watch is None else time.time() - REST_SECONDS
                    job.ingest(listed(tally), ingest, limit=limit, resting_since=since)
                    faults[:] = [*tally.told]
                    finish(job, db)
                    if watch is None:
                        break
                    job.rest(watch)
        except KeyboardInterrupt:
            _say(figures, ledger, tally, time.perf_counter() - begun)
            typer.echo("interrupted: what is done is kept, the same command goes on", err=True)
            raise typer.Exit(130) from None
        finally:
            ingest.close()
        failed = _say(figures, ledger, tally, time.perf_counter() - begun)
    if failed or tally.faults:
        raise typer.Exit(1)


def _listing(
    source: str, template: str | None, zone: str | None, stores: object
) -> Callable[[Tally], Iterator[Entry]]:
    """Return what lists the source; what is wrong with the options is said at once."""
    from calls.objectstore import ObjectStores
    from huawu.batch.sources import NameTemplate, entries

    try:
        where = ZoneInfo(zone) if zone else None
    except (OSError, ValueError, KeyError):
        raise BatchError(f"--zone {zone}: there is no such time zone", "name one as Asia/Shanghai") from None
    read = NameTemplate.parse(template, where) if template else None
    assert isinstance(stores, ObjectStores)
    return lambda tally: entries(source, template=read, zone=where, tally=tally, stores=stores)


def _say(figures: Figures, ledger: Ledger, tally: Tally, spent: float) -> int:
    """Print what became of the files; return how many of the batch have failed, now or before."""
    from calls.batches import FileState

    count = ledger.count(state=FileState.FAILED)
    for row in ledger.failed(MOST_NAMED):
        typer.echo(row.reason if row.place in row.reason else f"{row.place}: {row.reason}")
    if count > MOST_NAMED:
        typer.echo(f"… and {count - MOST_NAMED} more that failed: --report names all")
    for line in tally.lines():
        typer.echo(line)
    parts = [f"{figures.taken} taken in", f"{figures.finished} done", f"{figures.known} known before"]
    if figures.duplicates:
        parts.append(f"{figures.duplicates} duplicated")
    if figures.growing:
        parts.append(f"{figures.growing} still being written")
    earlier = f", {count - figures.failed} of them before" if count > figures.failed else ""
    parts.append(f"{count} failed{earlier}")
    speed = f"{timedelta(seconds=round(figures.seconds))} of sound in {timedelta(seconds=round(spent))}"
    if figures.channel_seconds:
        speed += f", {figures.channel_seconds / spent:.0f} channel hours an hour"
    typer.echo(f"{', '.join(parts)}; {speed}")
    return count


def _survey(db: str, name: str, listed: Callable[[Tally], Iterator[Entry]], retry_failed: bool) -> None:
    """Say what would be done."""
    from calls.store import Store
    from calls.store.engine import database_url
    from huawu.batch.ingest import Ingest, Standing, pieces
    from huawu.batch.ledger import PIECE, Ledger
    from huawu.batch.sources import Tally

    url, tally, found = database_url(db), Tally(), Counter[Standing]()
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        found[Standing.NEW] = sum(1 for _ in listed(tally))
    else:
        from calls.recordings import RecordingFolder

        with Store.open(db) as store:
            ingest = Ingest(store, RecordingFolder(Path()), Ledger(store, name), retry_failed=retry_failed)
            for piece in pieces(listed(tally), PIECE):
                found.update(each.standing for each in ingest.look(piece))
            ingest.close()
    for line in tally.lines():
        typer.echo(line)
    words = {
        Standing.NEW: "new",
        Standing.CHANGED: "changed",
        Standing.GOES_ON: "half done",
        Standing.TRY_AGAIN: "failed before, would be tried again",
        Standing.FAILED: "failed before, would be left so",
        Standing.DONE: "done before",
    }
    for standing, said in words.items():
        if found[standing]:
            typer.echo(f"{found[standing]:>8}  {said}")
    typer.echo(f"{found.total():>8}  recordings; nothing was done")
