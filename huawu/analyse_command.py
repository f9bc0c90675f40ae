"""``huawu analyse``: transcribe and judge the recordings in the database that have no transcript yet."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from calls.errors import HuawuError, StoreError
from huawu.places import require_database


def analyse_command(
    db: Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    recordings: Annotated[Path, typer.Option(help="Folder of the recordings.")] = Path("out/recordings"),
    model: Annotated[
        str | None, typer.Option(help="Model: a folder, a name, or 'builtin'.", show_default=False)
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also those that have a transcript; its results are replaced.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Calls at most, the oldest first.", show_default=False)
    ] = None,
) -> None:
    """Transcribe and judge the calls that are over: live ones, and those that were brought in by the API.

    It goes on where it was interrupted. A recording that cannot be read is named with its reason, the others
    go on, and the exit code is 1. Models that were trained on verdicts (huawu train) judge in place of the
    built-in ones.
    """
    from analytics.judge import Judge
    from analytics.training.shelf import ModelShelf
    from calls.recordings import RecordingFolder
    from calls.records import Call, Recording, Transcript
    from calls.store import Span, Store
    from huawu.pipeline import process
    from speech.models import find_model
    from speech.recogniser import load

    require_database(db, "name the database with --db")
    console = Console(stderr=True)
    with Store.open(db) as store:
        over = store.find(Call, ended_at=Span(None, None), order_by=("started_at", "id"))
        known = store.values(Recording, "call_id") - (set() if again else store.values(Transcript, "call_id"))
        waiting = [call.id for call in over if call.ended_at is not None and call.id in known][:limit]
        if not waiting:
            typer.echo("no recording waits")
            return
        folder = RecordingFolder(recordings)
        with console.status("loading the models"):
            vosk = load(find_model(model))
            judge = Judge.load(trained=ModelShelf())
        failed: list[str] = []
        seconds, begun = 0.0, time.perf_counter()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task("transcribing and judging", total=len(waiting))
            for call_id in waiting:
                try:
                    process(store, folder, vosk, judge, call_id)
                except StoreError:
                    raise  # nothing that follows could be stored either
                except HuawuError as error:
                    failed.append(f"{call_id}  {error}")
                else:
                    seconds += sum(each.seconds for each in store.find(Recording, call_id=call_id))
                progress.advance(task)
    spent = time.perf_counter() - begun
    for line in failed:
        typer.echo(line)
    typer.echo(
        f"{len(waiting) - len(failed)} of {len(waiting)} calls, {seconds / 60:.1f} min of sound "
        f"in {spent:.1f} s ({seconds / spent:.0f} times real time)"
    )
    if failed:
        raise typer.Exit(1)
