"""``huawu train``: learn from the verdicts of inspectors."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from calls.errors import AnalyticsError, HuawuError
from calls.store import Store
from huawu.places import require_database


def train_command(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(help="risk, topic, sentiment; all of them without it.", show_default=False),
    ] = None,
    db: Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    models: Annotated[
        Path | None,
        typer.Option(help="Folder of trained models; the user's own without it.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a model by a worse one.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Train and compare; replace nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Train models on the reviews in the database; a model is replaced only by one that is no worse.

    One call in five is held out of training; both models are compared on those. Exit code 1 where a model
    was not replaced.
    """
    from analytics.judge import Judge
    from analytics.training.shelf import KINDS, ModelShelf
    from analytics.training.trainer import train
    from analytics.training.verdicts import judged_calls

    for kind in kinds or ():
        if kind not in KINDS:
            raise HuawuError(f"nothing called {kind!r} can be trained", f"known: {', '.join(KINDS)}")
    require_database(db, "name the database with --db")
    with Store.open(db) as store:
        calls = judged_calls(store)
    if not calls:
        raise AnalyticsError(f"{db}: no reviewed call has a transcript", "review calls first: huawu console")
    shelf = ModelShelf(models)
    judge = Judge.load(trained=shelf)
    rows, refused = [], []
    for kind in kinds or KINDS:
        try:
            trained = train(kind, calls, *judge.model(kind))
        except AnalyticsError as error:
            refused.append(str(error))
            continue
        kept = trained.better or force
        if kept and not dry_run:
            trained = trained if trained.better else trained.by_force()
            shelf.put(trained.model, trained.manifest)
        elif not kept:
            told = trained.manifest
            refused.append(
                f"{kind}: {told.figure} {told.value:.3f} on {told.held_out} held-out calls, "
                f"{told.before:.3f} by the current model → review more, or --force"
            )
        rows.append((trained.manifest, kept and not dry_run))
    if as_json:
        shown = [{**asdict(manifest), "in_place": kept} for manifest, kept in rows]
        told_all = {"models": shown, "refused": refused}
        typer.echo(json.dumps(told_all, ensure_ascii=False, indent=2, default=str))
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("KIND", "LEARNT FROM", "HELD OUT", "FIGURE", "NEW", "CURRENT", ""):
            table.add_column(column)
        for manifest, kept in rows:
            table.add_row(
                manifest.kind,
                str(manifest.learnt_from),
                str(manifest.held_out),
                manifest.figure,
                f"{manifest.value:.3f}",
                f"{manifest.before:.3f}",
                f"in place as {manifest.version}" if kept else "not replaced",
            )
        if rows:
            Console().print(table)
        for reason in refused:
            Console(stderr=True).print(escape(reason), highlight=False, soft_wrap=True)
    if refused:
        raise typer.Exit(1)
