"""``huawu evaluate asr``: how right recognisers are on recordings whose words are known, side by side."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from analytics.evaluation.bootstrap import Measure
    from huawu.asr.scores import Comparison

#: Files in the table on the screen; JSON and the page have all.
MOST_FILES = 20
#: Columns where there is no terminal to ask.
WIDTH_OF_FILES = 140
SYNTHETIC = (
    "the built-in model hears huawu's own synthetic voices only: "
    "its figures say nothing about people, and nothing about Vosk"
)


def asr_command(
    ref: Annotated[
        Path,
        typer.Option(
            help="Folder with a.wav beside a.txt, or a manifest (.csv, .tsv, .jsonl: file, text).",
            show_default=False,
        ),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="Model to judge: a folder, a name, or 'builtin'; give it again to compare. "
            "Without it: the one that would be used.",
            show_default=False,
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            help="Step of the normaliser to leave out: width, case, numbers, fillers, punctuation, spaces.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write a page (HTML) here.", show_default=False)] = None,
    worst: Annotated[int, typer.Option(help="Files whose alignments the page shows.", min=0)] = 30,
    seed: Annotated[int, typer.Option(help="Of the intervals.", min=0)] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Recognisers, side by side: character errors with alignment, speed, memory.

    Files that cannot be judged are listed and the others go on; then the exit code is 1.
    """
    from calls.errors import HuawuError
    from huawu.asr.document import as_json as document
    from huawu.asr.hearing import hear
    from huawu.asr.page import page
    from huawu.asr.references import read_references
    from huawu.asr.scores import Comparison, score
    from speech.engines import find_recogniser
    from speech.spoken import STEPS, normaliser

    same = normaliser(without or ())
    folders = [find_recogniser(each) for each in model] if model else [find_recogniser()]
    names = [folder.name for folder in folders]
    if double := sorted({name for name in names if names.count(name) > 1}):
        raise HuawuError(f"two models are called {', '.join(double)}", "name each once, or rename a folder")
    references, problems = read_references(ref)
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    scores = []
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        for folder in folders:
            task = progress.add_task(folder.name, total=len(references))
            heard = hear(
                "builtin" if getattr(folder, "builtin", False) else os.path.abspath(folder.path),
                [each.sound for each in references],
                tick=lambda task=task: progress.advance(task),  # type: ignore[misc]
            )
            scores.append(score(references, heard, same))
    steps = {name: name not in (without or ()) for name in STEPS}
    found = Comparison(tuple(scores), steps, tuple(problems), seed)
    if out is not None:
        try:
            out.write_text(page(found, worst), encoding="utf-8")
        except OSError as error:
            raise HuawuError(f"--out {out}: {error.strerror}", "name another file") from error
        typer.echo(f"{out} written", err=True)
    if as_json:
        typer.echo(json.dumps(document(found), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        console = Console()
        _print(found, console if console.is_terminal else Console(width=WIDTH_OF_FILES))
    if not found.complete:
        raise typer.Exit(1)


def _print(found: Comparison, console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("MODEL", no_wrap=True)
    for name in ("CER", "95 % INTERVAL", "SUB", "DEL", "INS", "CHARACTERS", "FILES", "RTF", "MEMORY"):
        table.add_column(name, justify="right", no_wrap=True)
    for score in found.scores:
        errors, factor = score.errors, score.real_time_factor
        rate = found.rate(score)
        table.add_row(
            score.name,
            "-" if rate is None else f"{rate.value:.2%}",
            _interval(rate),
            *map(str, (errors.substitutions, errors.deletions, errors.insertions, errors.reference_length)),
            f"{len(score.files) - len(score.failed)} of {len(score.files)}",
            "-" if factor is None else f"{factor:.3f}",
            f"{score.heard.peak_mb:,.0f} MiB",
        )
    console.print(table)
    for score in found.scores[1:]:
        apart = found.difference(score)
        if apart is not None:
            console.print(
                f"{score.name} less {found.scores[0].name}: {100 * apart.value:+.2f} points, "
                f"95 % interval {_interval(apart)}; {len(found.common)} files that both heard",
                highlight=False,
            )
    applied = ", ".join(name for name, on in found.steps.items() if on) or "nothing"
    left = ", ".join(name for name, on in found.steps.items() if not on) or "nothing"
    console.print(f"made alike before counting: {applied}; left as it is: {left}", highlight=False)
    for score in found.scores:
        if score.heard.synthetic:
            console.print(f"{score.name}: {SYNTHETIC}", style="yellow", highlight=False)
    _print_files(found, console)
    for each in found.problems:
        console.print(f"not judged: {each.name}: {each.reason}", highlight=False, markup=False)
    for score in found.scores:
        for failed in score.failed:
            console.print(
                f"{score.name} did not hear {failed.reference.name}: {failed.hearing.reason}",
                highlight=False,
                markup=False,
            )


def _print_files(found: Comparison, console: Console) -> None:
    worst = found.worst(MOST_FILES)
    if not worst:
        return
    table = Table(box=None, pad_edge=False, header_style="bold", title="worst files", title_justify="left")
    table.add_column("FILE", overflow="fold")
    for score in found.scores:
        table.add_column(f"CER {score.name}", justify="right")
    for place in worst:
        cells = []
        for score in found.scores:
            errors = score.files[place].errors
            cells.append("-" if errors is None or not math.isfinite(errors.rate) else f"{errors.rate:.1%}")
        table.add_row(found.scores[0].files[place].reference.name, *cells)
    console.print(table)


def _interval(found: Measure | None) -> str:
    if found is None or not math.isfinite(found.low):
        return "too few files"
    return f"{100 * found.low:.2f} to {100 * found.high:.2f}"
