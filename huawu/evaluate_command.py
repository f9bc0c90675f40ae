"""``huawu evaluate``: how right the models are on labelled files, beside a plain baseline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from huawu.evaluate_asr_command import asr_command

if TYPE_CHECKING:
    from analytics.evaluation.bootstrap import Measure
    from analytics.evaluation.contest import Evaluation
    from analytics.evaluation.metrics import Measures
    from analytics.evaluation.tasks import Task

evaluate_app = typer.Typer(help="How right the models are, on labelled files.", no_args_is_help=True)
evaluate_app.command("asr")(asr_command)

#: Columns where there is no terminal to ask.
WIDTH_OF_FILES = 120

#: What a row of the table shows, and the field of the measures that it shows.
_SHOWN = {
    "average precision": "average_precision",
    "precision at recall 0.5": "precision_at_recall_50",
    "correlation": "pearson",
    "macro-F1": "macro_f1",
    "accuracy": "accuracy",
    "calibration error (15 bins of equal width)": "ece",
    "Brier score": "brier",
}
_CONDITIONS = {
    "clean": "clean text",
    "noisy": "learnt from clean, judged on corrupted text",
    "trained-noisy": "learnt from and judged on corrupted text",
}

TrainOption = Annotated[
    Path | None, typer.Option("--train", help="File to learn from.", show_default=False, dir_okay=False)
]
TestOption = Annotated[
    Path | None, typer.Option("--test", help="File to judge.", show_default=False, dir_okay=False)
]
CvOption = Annotated[
    str | None,
    typer.Option("--cv", help="Cross-validate: folds x repeats (5x3 if no --test).", show_default=False),
]
GroupOption = Annotated[
    str | None,
    typer.Option(
        "--group-by",
        help="opening: rows that begin alike stay on one side. none: every row for itself.",
        show_default="opening with --cv",
    ),
]
NoiseOption = Annotated[
    float, typer.Option("--noise", help="Character error rate of a recogniser's errors to add.", min=0.0)
]
UntrainedOption = Annotated[
    bool, typer.Option("--untrained", help="Judge with the built-in model, trained on none of the rows.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Of folds, noise and intervals.", min=0)]
JsonOption = Annotated[bool, typer.Option("--json", help="Write one JSON object.")]


@evaluate_app.command("complaints")
def complaints_command(
    train: TrainOption = None,
    test: TestOption = None,
    cv: CvOption = None,
    group_by: GroupOption = None,
    noise: NoiseOption = 0.0,
    untrained: UntrainedOption = False,
    lockbox: Annotated[
        bool,
        typer.Option(
            "--lockbox",
            help="Judge the fifth of the rows that is otherwise left out. Do it once, at the end.",
        ),
    ] = False,
    without_shape: Annotated[
        bool,
        typer.Option(
            "--without-shape", help="Leave out turns, lengths and who speaks last: the words alone."
        ),
    ] = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Dissatisfied dialogues (JSON lines: id, turns, satisfaction_mean)."""
    from analytics.evaluation.models import COMPLAINTS, COMPLAINTS_BY_TEXT

    task = COMPLAINTS_BY_TEXT if without_shape else COMPLAINTS
    _run(task, train, test, cv, group_by, noise, untrained, seed, as_json, lockbox=lockbox)


@evaluate_app.command("sentiment")
def sentiment_command(
    train: TrainOption = None,
    test: TestOption = None,
    cv: CvOption = None,
    group_by: GroupOption = None,
    noise: NoiseOption = 0.0,
    untrained: UntrainedOption = False,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Sentiment of texts (CSV: text, label)."""
    from analytics.evaluation.models import SENTIMENT

    _run(SENTIMENT, train, test, cv, group_by, noise, untrained, seed, as_json)


@evaluate_app.command("topics")
def topics_command(
    train: TrainOption = None,
    test: TestOption = None,
    cv: CvOption = None,
    group_by: GroupOption = None,
    noise: NoiseOption = 0.0,
    untrained: UntrainedOption = False,
    least_rows: Annotated[
        int, typer.Option("--least-rows", help="Leave out topics with fewer rows to learn from.", min=1)
    ] = 10,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Topics of texts (CSV: text, and topic or domain)."""
    from analytics.evaluation.models import TOPIC

    _run(TOPIC, train, test, cv, group_by, noise, untrained, seed, as_json, least_rows=least_rows)


@evaluate_app.command("page")
def page_command(
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the data; without it the page is made of what was measured before.",
            envvar="HUAWU_DATA",
            show_default=False,
            exists=True,
            file_okay=False,
        ),
    ] = None,
    results: Annotated[Path, typer.Option(help="Where the figures are kept.")] = Path("docs/accuracy.json"),
    page: Annotated[Path, typer.Option(help="The page.")] = Path("docs/accuracy.md"),
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A section to measure, no others.", show_default=False)
    ] = None,
    again: Annotated[
        list[str] | None,
        typer.Option("--again", help="A section to measure anew, or all.", show_default=False),
    ] = None,
) -> None:
    """Measure what is missing of the accuracy page, and write it."""
    from analytics.evaluation.page import make_page

    make_page(data, results, page, only or (), again or ())
    typer.echo(f"{page} written")


def _run(
    task: Task,
    train: Path | None,
    test: Path | None,
    cv: str | None,
    group_by: str | None,
    noise: float,
    untrained: bool,
    seed: int,
    as_json: bool,
    **more: Any,
) -> None:
    from analytics.evaluation.contest import Setup
    from analytics.evaluation.folds import Plan
    from analytics.evaluation.tasks import evaluate
    from calls.errors import AnalyticsError

    if group_by not in (None, "opening", "none"):
        raise AnalyticsError(f"--group-by {group_by}", "write opening or none")
    if test is not None and (cv is not None or more.get("lockbox")):
        raise AnalyticsError("--test with --cv or --lockbox", "either a file is judged, or parts of --train")
    if cv is not None and more.get("lockbox"):
        raise AnalyticsError(
            "--cv with --lockbox", "the lockbox is left out of cross-validation: ask for one"
        )
    setup = Setup(
        plan=Plan.of(cv or "5x3"),
        by_opening=group_by == "opening" or (group_by is None and test is None),
        lockbox=more.pop("lockbox", False),
        noise=noise,
        seed=seed,
    )
    found = evaluate(
        task,
        task.read(train) if train is not None else None,
        task.read(test) if test is not None else None,
        setup,
        untrained=untrained,
        **more,
    )
    if as_json:
        typer.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
        return
    console = Console()
    _print(found, console if console.is_terminal else Console(width=WIDTH_OF_FILES))


def _print(found: Evaluation, console: Console) -> None:
    wanted = f", {found.wanted_share:.1%} {found.wanted}" if found.wanted else ""
    console.print(f"{found.task}: {found.n} rows{wanted}; {found.protocol}", highlight=False)
    if found.noise is not None:
        done = found.noise
        console.print(
            f"corrupted: character error rate {done.realised:.1%} of {done.characters} characters, "
            f"{done.substitutions} replaced ({done.alike} by sound), {done.deletions} lost, "
            f"{done.insertions} added",
            highlight=False,
        )
    for label, rows in found.left_out.items():
        console.print(f"left out: {label} ({rows} rows)", highlight=False, markup=False)
    for condition, measures in found.results.items():
        title = _CONDITIONS[condition] if len(found.results) > 1 else None
        console.print(_table(measures, title))
    console.print(
        "In brackets: 95 % interval, from 1,000 resamples of the rows.", style="dim", highlight=False
    )


def _table(measures: dict[str, Measures], title: str | None) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
    table.add_column("")
    for contender in measures:
        table.add_column(contender, no_wrap=True)
    for row, name in _SHOWN.items():
        cells = [getattr(each, name) for each in measures.values()]
        if any(cells):
            table.add_row(row, *map(_shown, cells))
        lifts = [each.lift for each in measures.values()]
        if name == "average_precision" and any(lifts):
            for share in next(each for each in lifts if each):
                table.add_row(
                    f"lift at {float(share):.0%}", *(_shown(each[share] if each else None) for each in lifts)
                )
    return table


def _shown(measure: Measure | None) -> str:
    if measure is None:
        return "-"
    return f"{measure.value:.3f} ({measure.low:.3f}, {measure.high:.3f})"
