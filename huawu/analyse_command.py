"""``huawu analyse``: transcribe and judge the recordings in the database that wait for it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from huawu.places import require_database


def analyse_command(
    db: Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    recordings: Annotated[
        str, typer.Option(help="Folder of the recordings, or its URL on an object store.")
    ] = "out/recordings",
    model: Annotated[
        str | None, typer.Option(help="Model: a folder, a name, or 'builtin'.", show_default=False)
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also those that have a transcript; its results are replaced.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Calls at most, the oldest first.", show_default=False)
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Workers; as many as the machine bears by default.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write a line of JSON for each recording into this file.")
    ] = None,
) -> None:
    """Transcribe and judge the calls that are over: live ones, and those that were brought in by the API.

    It goes on where it was interrupted. A recording that cannot be read is named with its reason, the others
    go on, and the exit code is 1. Models that were trained on verdicts (huawu train) judge in place of the
    built-in ones. For an archive of recordings see huawu batch.
    """
    from calls.recordings import RecordingFolder
    from calls.store import Store
    from huawu.batch.hiring import Kind, hiring
    from huawu.batch.ledger import Ledger
    from huawu.batch.recorded import BATCH, take_up
    from huawu.batch.running import finish, running

    require_database(db, "name the database with --db")
    console = Console(stderr=True)
    executor = hiring(Kind.LOCAL, model, jobs, None, lambda line: console.print(line, highlight=False))
    folder, begun = RecordingFolder(recordings), time.perf_counter()
    with Store.open(db) as store:
        ledger = Ledger(store, BATCH)
        with running(store, folder, ledger, executor, console, doing="huawu analyse", report=report) as job:
            count = take_up(store, folder, again=again, limit=limit)
            if count:
                finish(job, db)
        if not count:
            typer.echo("no recording waits")
            return
        figures, spent = job.figures, time.perf_counter() - begun
        for row in ledger.failed(limit=count):
            typer.echo(f"{row.call_id}  {row.reason}")
    typer.echo(
        f"{figures.finished} of {count} calls, {figures.seconds / 60:.1f} min of sound "
        f"in {spent:.1f} s ({figures.seconds / spent:.0f} times real time)"
    )
    if figures.failed:
        raise typer.Exit(1)
