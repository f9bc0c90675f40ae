"""``huawu report``: what a centre reports to those who pay for it."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from calls.errors import HuawuError
from calls.store import Store
from huawu.places import require_database

if TYPE_CHECKING:
    from analytics.kpi.report import KpiLine, KpiReport

report_app = typer.Typer(help="Reports: kpi, words.", no_args_is_help=True)


@report_app.callback()
def _reports() -> None:
    """Report what a centre did."""


@report_app.command("kpi")
def kpi(
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD; today without it.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day; the first one without it.")] = "",
    by: Annotated[str, typer.Option(help="A line for each: centre, team, agent or queue.")] = "centre",
    interval: Annotated[
        int | None, typer.Option(help="Minutes: 15, 30, 60, or 1440 for days.", show_default=False)
    ] = None,
    within: Annotated[float, typer.Option(min=0, help="Promised seconds to answer within.")] = 20.0,
    sample: Annotated[
        str | None,
        typer.Option(help="Name of a sample: add accuracy, estimated from its reviews.", show_default=False),
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of the days.")] = "Asia/Shanghai",
    db: Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Print the definitions instead.")] = False,
) -> None:
    """Print the key figures of queues, agents and menus."""
    from analytics.kpi.report import kpi_report

    if explain:
        _explain()
        return
    require_database(db, "name the database with --db")
    start = _day("--from", first, date.today())
    with Store.open(db) as store:
        report = kpi_report(
            store, start, _day("--to", last, start), by=by, interval=interval, within=within, zone=zone
        )
        accuracy = _accuracy(store, sample) if sample else None
    if as_json:
        whole = asdict(report) | {"accuracy": accuracy}
        typer.echo(json.dumps(whole, ensure_ascii=False, indent=2, default=str))
    elif as_csv:
        _write_csv(report)
    else:
        _show(report, accuracy)


@report_app.command("words")
def words(
    last: Annotated[
        str, typer.Option("--to", help="Last day of the week, YYYY-MM-DD; today without it.")
    ] = "",
    zone: Annotated[str, typer.Option(help="Time zone of the days.")] = "Asia/Shanghai",
    db: Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the hot words and new themes of a week against the four weeks before."""
    from analytics.judge import Judge
    from analytics.overview.hotlist import hot_list

    require_database(db, "name the database with --db")
    with Store.open(db) as store:
        found = hot_list(store, _day("--to", last, date.today()), zone, {}, Judge.load().model("topic")[0])
    if as_json:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2, default=str))
        return
    console, discovery = Console(), found.discovery
    console.print(
        f"{found.first} – {found.last}: {found.calls} calls, {found.calls_before} in the four weeks before",
        highlight=False,
    )
    if found.calls > discovery.calls or found.calls_before > discovery.calls_before:
        console.print(f"read of them: {discovery.calls} and {discovery.calls_before}", highlight=False)
    for heading, rows in (
        ("WORD", [(each.term, each) for each in discovery.terms]),
        ("NEW THEME", [("、".join(each.names), each) for each in discovery.themes]),
    ):
        if not rows:
            console.print(f"no {heading.lower()} rises significantly")
            continue
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in (heading, "CALLS", "BEFORE", "LIFT", "AT LEAST", "Q", "EXAMPLE"):
            table.add_column(column, justify="left" if column in (heading, "EXAMPLE") else "right")
        for name, each in rows:
            example = (
                f"{each.examples[0].call_id} {each.examples[0].evidence.start:.0f} s" if each.examples else ""
            )
            counts = (f"{each.calls} ({each.share:.1%})", f"{each.calls_before} ({each.share_before:.1%})")
            lift = (f"×{each.lift:.1f}", f"×{each.lift_low:.1f}", f"{each.q_value:.2g}")
            table.add_row(name, *counts, *lift, example)
        console.print(table)


def _day(option: str, text: str, default: date) -> date:
    if not text:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HuawuError(f"{option}: {text!r} is not a day", "write it as 2026-11-23") from None


def _accuracy(store: Store, name: str) -> dict[str, Any]:
    """Return fatal and non-fatal accuracy, two estimates that are never mixed."""
    from analytics.sampling.report import load_sample, quality

    lines = {line.measure: line for line in quality(store, load_sample(store, name))}
    fatal, score = lines["fatal_rate"], lines["mean_score"]
    return {
        "fatal_accuracy": {
            "value": 1 - fatal.estimate.value,
            "low": 1 - fatal.estimate.high,
            "high": 1 - fatal.estimate.low,
        }
        if fatal.estimate
        else {"refused": fatal.refused},
        "non_fatal_accuracy": {
            "value": score.estimate.value / 100,
            "low": max(score.estimate.low / 100, 0.0),
            "high": min(score.estimate.high / 100, 1.0),
        }
        if score.estimate
        else {"refused": score.refused},
    }


def _show(report: KpiReport, accuracy: dict[str, Any] | None) -> None:
    from analytics.kpi.definitions import KPIS

    console = Console()
    console.print(
        f"{report.first} – {report.last}, promised: answered within {report.within:g} s", highlight=False
    )
    if not report.lines:
        console.print("no call entered a queue")
    several = len(report.lines) > 1
    if several:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("GROUP", "FROM", "OFFERED", "ANSWERED", "ABAND.", "≤T/OFF.", "SL", "SL2"):
            table.add_column(column, justify="left" if column in ("GROUP", "FROM") else "right")
        for column in ("ASA", "TALK", "HOLD", "WRAP", "AHT", "TRANS.", "FCR", "SAT."):
            table.add_column(column, justify="right")
        for line in report.lines:
            table.add_row(line.group or "centre", _clock(line.start), *_row(line))
        console.print(table)
    for line in report.lines if not several else ():
        table = Table(box=None, pad_edge=False, show_header=False)
        for each in KPIS:
            table.add_row(each.zh, each.en, _figure(line.figures[each.name], each.unit))
        told, again = line.satisfaction, line.resolution
        table.add_row("一次解决率", "FCR (no repeat in 7 days)", _figure(again.rate, "share"))
        table.add_row("满意度", "Satisfaction (1–5)", _figure(told.mean, "score"))
        table.add_row("参评率", "Survey response rate", _figure(told.response_rate, "share"))
        console.print(table)
    for name, value in (accuracy or {}).items():
        shown = value.get("refused") or f"{value['value']:.1%} ({value['low']:.1%} – {value['high']:.1%})"
        console.print(f"{name.replace('_', ' ')}: {shown}", highlight=False)
    _show_menus(console, report)


def _show_menus(console: Console, report: KpiReport) -> None:
    menus = report.menus
    if not menus.calls:
        return
    console.print(
        f"menus: {menus.calls} calls, {menus.contained} contained ({_figure(menus.containment, 'share')}), "
        f"{menus.queued} queued",
        highlight=False,
    )
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("FLOW", "NODE", "CALLS", "GAVE UP", "RATE"):
        table.add_column(column, justify="left" if column in ("FLOW", "NODE") else "right")
    for node in menus.nodes[:8]:
        if node.dropped:
            table.add_row(node.flow, node.node, str(node.visits), str(node.dropped), f"{node.rate:.0%}")
    if table.row_count:
        console.print(table)


def _row(line: KpiLine) -> list[str]:
    figures = line.figures
    shown = [
        _figure(figures[name], unit)
        for name, unit in (
            ("offered", "calls"),
            ("answered", "calls"),
            ("abandonment_rate", "share"),
            ("answer_rate_within_t", "share"),
            ("service_level", "share"),
            ("service_level_2", "share"),
            ("average_speed_of_answer", "seconds"),
            ("average_talk", "seconds"),
            ("average_hold", "seconds"),
            ("average_wrap_up", "seconds"),
            ("average_handle_time", "seconds"),
            ("transfer_rate", "share"),
        )
    ]
    return [*shown, _figure(line.resolution.rate, "share"), _figure(line.satisfaction.mean, "score")]


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return {
        "calls": f"{value:.0f}",
        "share": f"{value:.1%}",
        "seconds": f"{value:.1f} s",
        "score": f"{value:.2f}",
    }[unit]


def _clock(start: datetime | None) -> str:
    return f"{start:%m-%d %H:%M}" if start else ""


def _write_csv(report: KpiReport) -> None:
    from analytics.kpi.definitions import KPIS

    writer = csv.writer(sys.stdout, lineterminator="\n")
    more = ["first_call_resolution", "satisfaction", "survey_response_rate"]
    writer.writerow(["group", "from", *(each.name for each in KPIS), *more])
    for line in report.lines:
        told = (line.resolution.rate, line.satisfaction.mean, line.satisfaction.response_rate)
        values = [*(line.figures[each.name] for each in KPIS), *told]
        begun = line.start.isoformat() if line.start else ""
        writer.writerow([line.group, begun, *("" if value is None else f"{value:.6g}" for value in values)])


def _explain() -> None:
    from analytics.kpi.definitions import KPIS

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("NAME", "名称", "UNIT", "DEFINITION"):
        table.add_column(column, overflow="fold")
    for each in KPIS:
        table.add_row(each.name, each.zh, each.unit, each.definition)
    Console().print(table)
