"""``huawu recordings``: their encryption at rest."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from calls.errors import RecordingError
from huawu.places import require_database

recordings_app = typer.Typer(help="Recordings: key, seal.", no_args_is_help=True)


@recordings_app.command("key")
def key() -> None:
    """Print a new key. Keep it apart from the recordings: without it they are lost, with it open."""
    from calls.sealing import new_key

    typer.echo(new_key())


@recordings_app.command("seal")
def seal(
    db: Annotated[str, typer.Option(help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    recordings: Annotated[Path, typer.Option(help="Folder of the recordings.")] = Path("out/recordings"),
) -> None:
    """Encrypt the recordings of all calls that are over and not encrypted yet.

    The key comes from HUAWU_RECORDING_KEY_FILE (a file) or HUAWU_RECORDING_KEY. Of several in the file, one
    on each line, the first encrypts and all open.
    """
    from calls.recordings import RecordingFolder
    from calls.records import Call, Recording
    from calls.sealing import FILE_VARIABLE
    from calls.store import Store

    require_database(db, "name the database with --db")
    folder = RecordingFolder(recordings)
    if folder.keys is None:
        raise RecordingError(f"{FILE_VARIABLE} is not set: there is no key", "make one: huawu recordings key")
    done = known = 0
    failed: list[str] = []
    with Store.open(db) as store:
        running = store.values(Call, "id", ended_at=None)
        for recording in store.find(Recording):
            if recording.call_id in running:
                continue
            known += 1
            try:
                done += folder.seal(recording)
            except RecordingError as error:
                failed.append(f"{recording.call_id}  {error}")
    for line in failed:
        typer.echo(line)
    typer.echo(f"{done} sealed now, {known - done - len(failed)} were or lie elsewhere, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)
