"""`huawu console`: the QA desk in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from huawu.places import require_database


def console_command(
    db: Annotated[str, typer.Option(help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    recordings: Annotated[Path, typer.Option(help="Folder of the recordings.")] = Path("out/recordings"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 0,
    host: Annotated[str, typer.Option(help="Only 127.0.0.1 until the desk has accounts.")] = "127.0.0.1",
) -> None:
    """Open the QA desk: listen to calls, read them, judge them. Ends with Ctrl-C."""
    from calls.store import Store
    from console.app import create_app
    from console.server import serve

    require_database(db, "run huawu demo first, or name it with --db")
    # A database that cannot be used is better told here than on every page.
    Store.open(db).close()
    serve(create_app(db, recordings), host, port)
