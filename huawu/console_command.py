"""`huawu console`: the QA desk in the browser."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from huawu.places import require_database


def console_command(
    db: Annotated[str, typer.Option(help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    recordings: Annotated[Path, typer.Option(help="Folder of the recordings.")] = Path("out/recordings"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    host: Annotated[
        str, typer.Option(help="Address to serve at; others than 127.0.0.1 need accounts (huawu users add).")
    ] = "127.0.0.1",
    public_host: Annotated[
        list[str] | None,
        typer.Option(
            help="Name under which browsers reach the desk; may be given again.", show_default=False
        ),
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="Believe X-Forwarded-For and X-Forwarded-Proto.")
    ] = False,
    idle_minutes: Annotated[int, typer.Option(min=1, max=1440, help="Idle sessions end after that.")] = 60,
    session_hours: Annotated[int, typer.Option(min=1, max=168, help="Every session ends after that.")] = 12,
    attempts: Annotated[int, typer.Option(min=1, max=100, help="Wrong passwords that lock an account.")] = 5,
    lock_minutes: Annotated[int, typer.Option(min=1, max=1440, help="How long it stays locked.")] = 15,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="Processes that answer; one for each processor is plenty.")
    ] = 1,
    scorecards: Annotated[
        Path | None,
        typer.Option(
            help="File that says which calls are judged on which form; else $HUAWU_SCORECARDS.",
            show_default=False,
        ),
    ] = None,
    hot_words: Annotated[
        Path | None,
        typer.Option(
            help="File of words that transcripts are corrected by where they are shown.", show_default=False
        ),
    ] = None,
    allow_webhook: Annotated[
        list[str] | None,
        typer.Option(
            help="Address that webhooks may lead to, https://crm.example.cn/; may be given again.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Open the QA desk: listen to calls, read them, judge them. Ends with Ctrl-C."""
    from calls.allowlist import Address
    from calls.store import Store
    from console.app import create_app
    from console.server import serve, serve_many, settings_for
    from console.settings import Settings
    from console.work.scorecards import Scorecards

    require_database(db, "run huawu demo first, or name it with --db")
    # A database that cannot be used is better told here than on every page.
    Store.open(db).close()
    if scorecards is not None:
        Scorecards(scorecards).check()
    settings = Settings(
        hosts=tuple(name.lower() for name in public_host or ()),
        behind_proxy=behind_proxy,
        idle=timedelta(minutes=idle_minutes),
        longest=timedelta(hours=session_hours),
        attempts=attempts,
        lock=timedelta(minutes=lock_minutes),
        webhooks=tuple(Address.parse(text) for text in allow_webhook or ()),
        scorecards=scorecards,
        hot_words=hot_words,
    )
    served = settings_for(host, settings)
    if processes == 1:
        serve(create_app(db, recordings, settings=served), host, port)
    else:
        serve_many(lambda: create_app(db, recordings, settings=served), host, port, processes)
