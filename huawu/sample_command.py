"""``huawu sample``: draw the calls that inspectors hear, and what their verdicts say of all the others."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from calls.records import SampleDraw, SamplePlan
from calls.store import Store
from huawu.places import require_database

if TYPE_CHECKING:
    from analytics.sampling.estimate import Estimate
    from analytics.sampling.report import ReviewedSample

sample_app = typer.Typer(
    help="Samples for inspectors: draw, list, estimate, yield, schema.", no_args_is_help=True
)

DatabaseOption = Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SampleArgument = Annotated[str, typer.Argument(help="Name or id of the sample.", show_default=False)]
_DATABASE = "out/huawu.db"
_NAME_IT = "name the database with --db"
_MEASURE_NAMES = {"complaint_rate": "complaint rate", "mean_score": "mean score", "fatal_rate": "fatal rate"}


@sample_app.command("draw")
def draw_sample(
    plan: Annotated[Path, typer.Argument(help="The plan, a YAML file.", show_default=False)],
    db: DatabaseOption = _DATABASE,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be drawn; store nothing.")
    ] = False,
) -> None:
    """Draw a sample by a plan."""
    from analytics.sampling.drawing import RANDOM, RISK, draw
    from analytics.sampling.frame import candidates
    from analytics.sampling.plan import read_plan

    require_database(db, _NAME_IT)
    wanted = read_plan(plan)
    with Store.open(db) as store:
        made, draws = draw(candidates(store, wanted.frame), wanted)
        if not dry_run:
            store.add(made, *draws)
    of_risk = sum(each.part == RISK for each in draws)
    typer.echo(
        f"{made.name}: {len(draws)} of {made.frame_size} calls, {of_risk} for their risk, "
        f"{len(draws) - of_risk} by chance{' (not stored)' if dry_run else ''}"
    )
    table = _table("STRATUM", "CALLS", "DRAWN", "PROBABILITY")
    for name, stratum in made.frame["strata"].items():
        chance = stratum["drawn"] / stratum["size"]
        table.add_row(name, str(stratum["size"]), str(stratum["drawn"]), f"{chance:.4f}")
    Console().print(table)
    if made.frame[RANDOM] == 0 and made.budget < made.frame_size:
        typer.echo("nothing is drawn by chance: no average of all calls can be estimated", err=True)


@sample_app.command("list")
def list_samples(db: DatabaseOption = _DATABASE) -> None:
    """List the samples and how far their review has come."""
    from analytics.sampling.report import load_sample

    require_database(db, _NAME_IT)
    table = _table("NAME", "DRAWN AT", "FRAME", "CALLS", "REVIEWED", "ID")
    with Store.open(db) as store:
        for plan in store.find(SamplePlan, order_by=("-created_at", "-id")):
            sample = load_sample(store, plan.id)
            table.add_row(
                plan.name,
                f"{plan.created_at.astimezone():%Y-%m-%d %H:%M}",
                str(plan.frame_size),
                str(len(sample.draws)),
                str(_done(sample.draws, sample)),
                plan.id,
            )
    Console().print(table)


@sample_app.command("estimate")
def estimate_sample(
    sample: SampleArgument,
    by: Annotated[
        str | None, typer.Option(help="A line for each agent, team or queue.", show_default=False)
    ] = None,
    db: DatabaseOption = _DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Estimate complaint rate, mean score and fatal rate of all calls of the frame, with 95 % intervals."""
    from analytics.sampling.report import load_sample, quality

    require_database(db, _NAME_IT)
    if by not in (None, "agent", "team", "queue"):
        raise typer.BadParameter(f"--by: {by!r} is not agent, team or queue")
    with Store.open(db) as store:
        found = load_sample(store, sample)
        lines = quality(store, found, by)  # type: ignore[arg-type]
    if as_json:
        rows = [
            {
                "group": each.group,
                "measure": each.measure,
                "estimate": each.estimate and asdict(each.estimate),
                "refused": each.refused,
            }
            for each in lines
        ]
        typer.echo(_json(rows))
        return
    typer.echo(
        f"{found.plan.name}: {_done(found.draws, found)} of {len(found.draws)} drawn calls reviewed, "
        f"frame of {found.plan.frame_size}"
    )
    table = _table(by.upper() if by else "", "MEASURE", "ESTIMATE", "95 % INTERVAL", "REVIEWED")
    for line in lines:
        shown = _shown(line.estimate, line.measure) if line.estimate else ("–", line.refused, "")
        table.add_row(line.group, _MEASURE_NAMES[line.measure], *shown)
    Console().print(table)


@sample_app.command("yield")
def yield_of_sample(
    sample: SampleArgument, db: DatabaseOption = _DATABASE, as_json: JsonOption = False
) -> None:
    """Show how many complaints hearing the riskiest calls finds: precision, recall and lift."""
    from analytics.sampling.report import load_sample
    from analytics.sampling.yields import yields

    require_database(db, _NAME_IT)
    with Store.open(db) as store:
        found = load_sample(store, sample)
    rows = yields(found.plan, found.draws, found.verdicts)
    if as_json:
        typer.echo(_json([asdict(each) for each in rows]))
        return
    table = _table("RISKIEST", "CALLS", "REVIEWED", "PRECISION", "RECALL", "LIFT")
    for each in rows:
        table.add_row(
            f"{each.share:.0%}",
            str(each.calls),
            str(each.judged),
            _span(each.precision, each.precision_interval, ".0%"),
            _span(each.recall, each.recall_interval, ".0%"),
            _span(each.lift, each.lift_interval, ".1f"),
        )
    Console().print(table)


@sample_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a plan."""
    from analytics.sampling.plan import SamplingPlan

    typer.echo(json.dumps(SamplingPlan.model_json_schema(), ensure_ascii=False, indent=2))


def _done(draws: Sequence[SampleDraw], sample: ReviewedSample) -> int:
    return sum(each.call_id in sample.reviews for each in draws)


def _shown(found: Estimate, measure: str) -> tuple[str, str, str]:
    form = ".1f" if measure == "mean_score" else ".1%"
    bounded = not (math.isinf(found.low) or math.isnan(found.low))
    interval = f"{found.low:{form}} – {found.high:{form}}" if bounded else "too few calls"
    return f"{found.value:{form}}", interval, f"{found.judged} of {found.drawn}"


def _span(value: float, interval: tuple[float, float], form: str) -> str:
    return f"{value:{form}} ({interval[0]:{form}} – {interval[1]:{form}})"


def _json(value: Any) -> str:
    def finite(each: Any) -> Any:
        if isinstance(each, float) and not math.isfinite(each):
            return None
        if isinstance(each, dict):
            return {key: finite(inner) for key, inner in each.items()}
        return [finite(inner) for inner in each] if isinstance(each, list | tuple) else each

    return json.dumps(finite(value), ensure_ascii=False, indent=2)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
