"""``huawu privacy``: what persons may ask of their data, and how long it is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from calls.errors import HuawuError
from huawu.places import require_database

if TYPE_CHECKING:
    from calls.recordings import RecordingFolder
    from calls.store import Store

privacy_app = typer.Typer(help="Personal data: export, erase, retain.", no_args_is_help=True)

Database = Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")]
Recordings = Annotated[Path, typer.Option(help="Folder of the recordings.")]
Number = Annotated[str, typer.Argument(help="The person's telephone number.")]
#: Who acts in the audit log where nobody signed in.
BY = "command-line"


@privacy_app.command("export")
def export(
    number: Number,
    out: Annotated[Path, typer.Option("--out", "-o", help="The ZIP file to make.")],
    db: Database = "out/huawu.db",
    recordings: Recordings = Path("out/recordings"),
) -> None:
    """Write everything that is kept about a person into one ZIP file, readable by you alone."""
    from analytics.privacy.disclosure import disclose
    from analytics.privacy.person import asked_number
    from calls.people import AuditEntry
    from calls.records import utc_now

    asked = asked_number(number)
    with _centre(db, recordings) as (store, folder):
        try:
            done = disclose(store, folder, asked, out, utc_now())
        except FileExistsError:
            raise HuawuError(f"--out: {out} exists already", "name another file") from None
        except OSError as error:
            raise HuawuError(f"--out: {out}: {error.strerror}", "name another file") from None
        store.add(AuditEntry(user_id=BY, action="privacy.export", data={"calls": done.calls}))
    typer.echo(f"{done.calls} calls and {done.recordings} recordings written to {out}")
    for uri in done.missing:
        typer.echo(f"missing: {uri}")
    if done.missing:
        raise typer.Exit(1)


@privacy_app.command("erase")
def erase_command(
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    db: Database = "out/huawu.db",
    recordings: Recordings = Path("out/recordings"),
) -> None:
    """Erase what is kept about a person: number, sound, words, comments, cases. This cannot be undone.

    That calls took place stays, with their queues, outcomes and points, so that figures remain true.
    """
    from analytics.privacy.erasure import erase
    from analytics.privacy.person import asked_number, calls_of

    asked = asked_number(number)
    with _centre(db, recordings) as (store, folder), _index(db) as forget:
        calls = calls_of(store, asked)
        running = [call for call in calls if call.ended_at is None]
        over = [call for call in calls if call.ended_at is not None]
        if running:
            typer.echo(f"{len(running)} calls are still running: erase again when they are over")
        if not over:
            typer.echo("no call that is over")
            raise typer.Exit(1 if running else 0)
        if not yes:
            typer.confirm(f"erase what is kept of {len(over)} calls?", abort=True)
        done = erase(store, folder, over, by=BY, why="request", forget=forget, derived=_derived(folder))
    typer.echo(f"{done.calls} calls erased, {done.recordings} recordings deleted")
    for problem in done.failed:
        typer.echo(f"not deleted: {problem}")
    if done.failed or running:
        raise typer.Exit(1)


@privacy_app.command("retain")
def retain(
    config: Annotated[
        Path | None, typer.Option(help="YAML: days of sound, words, drafts, messages, audit.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    db: Database = "out/huawu.db",
    recordings: Recordings = Path("out/recordings"),
) -> None:
    """Delete what is older than it may be; run it daily."""
    from analytics.privacy.retention import Retention, expire, read_retention
    from calls.records import utc_now

    kept = read_retention(config) if config else Retention()
    with _centre(db, recordings) as (store, folder), _index(db) as forget:
        done = expire(
            store, folder, kept, utc_now(), by=BY, dry_run=dry_run, forget=forget, derived=_derived(folder)
        )
    typer.echo(
        f"{'would delete' if dry_run else 'deleted'}: {done.sounds} recordings older than {kept.sound} days, "
        f"what is personal in {done.calls} calls older than {kept.words} days, {done.drafts} drafts, "
        f"{done.messages} messages, {done.audit} audit entries"
    )
    for problem in done.failed:
        typer.echo(f"not deleted: {problem}")
    if done.failed:
        raise typer.Exit(1)


@contextmanager
def _centre(db: str, recordings: Path) -> Iterator[tuple[Store, RecordingFolder]]:
    from calls.recordings import RecordingFolder
    from calls.store import Store

    require_database(db, "name the database with --db")
    with Store.open(db) as store:
        yield store, RecordingFolder(recordings)


@contextmanager
def _index(db: str) -> Iterator[Callable[[Collection[str]], Any]]:
    from analytics.search.index import SearchIndex

    with SearchIndex.open(db) as index:
        yield index.forget


def _derived(folder: RecordingFolder) -> Callable[[str], None]:
    from console.callpage.recordings import outline_file

    return lambda recording_id: outline_file(folder.root, recording_id).unlink(missing_ok=True)
