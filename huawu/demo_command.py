"""`huawu demo`: scripted calls through the whole house, and what came of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from calls.errors import HuawuError

#: Columns of the tables where there is no terminal to ask.
WIDTH_OF_FILES = 120
CALLS_HELP = "How many calls; by default each scenario once. More than that vary voices and noise."


def demo_command(
    calls: Annotated[int | None, typer.Option(min=1, max=100_000, help=CALLS_HELP)] = None,
    out: Annotated[Path, typer.Option(help="Folder for database, recordings and report.")] = Path("out"),
    model: Annotated[
        str | None, typer.Option(help="Vosk model: a folder or a name; default: built in.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="Seed of noise, variations and sample.")
    ] = 20260302,
    sip: Annotated[
        bool | None,
        typer.Option(
            "--sip/--no-sip",
            help="Whether some calls come over real SIP and RTP; default: where all scenarios are played.",
            show_default=False,
        ),
    ] = None,
    db: Annotated[
        str,
        typer.Option(help="Database without calls: a file, or a PostgreSQL URL; default: huawu.db in --out."),
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the summary.")] = False,
) -> None:
    """Play scripted calls, record, transcribe, judge and sample them, and show what came of it."""
    from huawu.demo import Demo
    from huawu.summary import print_summary

    if out.exists() and not out.is_dir():
        raise HuawuError(f"--out: {out} is a file", "name a folder")
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_FILES)
    demo = Demo(out, model=model, seed=seed, console=Console(quiet=quiet), telephone=sip, database=db)
    try:
        result = demo.run(calls)
    except KeyboardInterrupt:
        typer.echo(f"interrupted: what was finished is kept in {out}", err=True)
        raise typer.Exit(130) from None
    print_summary(result, console, brief=quiet)
    if result.failed:
        raise typer.Exit(1)
