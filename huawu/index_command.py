"""`huawu index`: bring the index that searching uses up to the calls, or make it anew."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from huawu.places import require_database

#: Seconds between two steps of the bar.
_STEP = 0.5


def index_command(
    db: Annotated[str, typer.Option(help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Empty the index first: after a restore from a backup.")
    ] = False,
) -> None:
    """Read what the calls of the database say into the index that the desk searches.

    The desk does so by itself while it runs; this is for the first time, when there is much to read, and for
    the night. It may be interrupted, and goes on where it was.
    """
    from analytics.search.index import SearchIndex
    from calls.store import Store

    require_database(db, "name the database with --db")
    Store.open(db).close()
    with SearchIndex.open(db) as index:
        if rebuild:
            index.empty()
        total = index.backlog()
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        ) as progress:
            task = progress.add_task("reading calls", total=total)
            while not index.catch_up(_STEP):
                left = index.backlog()
                total = max(total, left)
                progress.update(task, total=total, completed=total - left)
        typer.echo(f"{index.name}: {index.size()} calls, up to date")
