"""What the demo prints: the calls, what was heard and found, the sample, the time it took."""

from __future__ import annotations

import sys
from pathlib import Path
from shlex import quote

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analytics.labels import TOPICS
from huawu.demo import DemoResult
from huawu.report import OUTCOME_NAMES, SENTIMENT_NAMES, SEVERITY_NAMES
from huawu.scoring import CallScore, Verdict

STAGES = {
    "load": "load model and judge",
    "calls": "play calls (speak, listen, record)",
    "transcribe": "transcribe and judge recordings",
    "telephone": "wait for the calls over SIP, and judge them",
    "sample": "draw the sample",
    "report": "write the report",
}
SYNTHETIC = (
    "All voices here are synthetic, and the built-in model hears only such voices: "
    "these figures say nothing about accuracy on people."
)


def print_summary(result: DemoResult, console: Console, *, brief: bool = False) -> None:
    """Print the demo's result.

    Parameters
    ----------
    result : DemoResult
        A finished run.
    console : Console
        Where to.
    brief : bool, optional
        Leave the table of the calls and the sample out.
    """
    if not brief:
        console.print(_calls(result))
        console.print(_sample(result))
    console.print(_figures(result))
    over_sip = sum(call.door == "sip" for _, _, call in result.played)
    if over_sip:
        console.print(f"☎        {over_sip} of the calls came over real SIP and RTP on this machine")
    if result.no_telephone:
        console.print(f"[yellow]no call came over SIP: {escape(result.no_telephone)}[/]", soft_wrap=True)
    for scenario, error in result.failed:
        console.print(f"[red]failed[/]   {escape(scenario.title)}: {escape(str(error))}", soft_wrap=True)
    if result.model.builtin:
        console.print(f"[yellow]{SYNTHETIC}[/]")
    console.print(f"report   {result.report}", markup=False, highlight=False, soft_wrap=True)
    if not brief:
        console.print(
            f"desk     {program()} console --db {quote(result.shown_database)} "
            f"--recordings {quote(str(result.recordings))}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def program() -> str:
    """Return how this command line was called, so that what is printed can be pasted back."""
    called = Path(sys.argv[0])
    return quote(str(called)) if called.name == "huawu" and called.is_file() else "huawu"


def _marked(verdict: Verdict, names: dict[str, str]) -> str:
    found = names.get(verdict.found, verdict.found)
    if verdict.right:
        return f"{found} [green]✓[/]"
    wanted = "/".join(names.get(each, each) for each in verdict.truth.split("/"))
    return f"[red]{found} ✗[/] [dim]{wanted}[/]"


def _calls(result: DemoResult) -> Table:
    table = Table(title="Calls: what was heard and found, beside the script's truth", title_justify="left")
    for name, justify in (("#", "right"), ("scenario", "left"), ("s", "right"), ("outcome", "left")):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    table.add_column("CER", justify="right")
    for name in ("topic", "complaint", "sentiment"):
        table.add_column(name)
    drawn = {each.call_id for each in result.draws}
    for number, ((scenario, _, call), score) in enumerate(
        zip(result.played, result.score.calls, strict=True)
    ):
        table.add_row(
            f"{'●' if call.id in drawn else ' '} {number + 1}",
            ("☎ " if call.door == "sip" else "") + escape(scenario.title),
            f"{result.call_seconds(call):.0f}",
            OUTCOME_NAMES[call.outcome] if call.outcome else "—",
            *_row(score),
        )
    return table


def _row(score: CallScore) -> tuple[str, str, str, str]:
    return (
        f"{score.errors.rate:.1%}" if score.errors.reference_length else "—",
        _marked(score.topic, {**TOPICS, "none": "无"}),
        _marked(score.complaint, SEVERITY_NAMES),
        _marked(score.sentiment, SENTIMENT_NAMES),
    )


def _sample(result: DemoResult) -> Table:
    plan = result.plan
    frame = plan.frame_size if plan else 0
    seed = plan.seed if plan else 0
    table = Table(
        title=f"QA sample: {len(result.draws)} of {frame} calls (● above), seed {seed}", title_justify="left"
    )
    table.add_column("#", justify="right")
    table.add_column("scenario", overflow="fold")
    table.add_column("drawn by")
    table.add_column("P(drawn)", justify="right")
    table.add_column("risk", justify="right")
    table.add_column("why", overflow="fold")
    titles = {call.id: scenario.title for scenario, _, call in result.played}
    for number, each in enumerate(result.draws, start=1):
        table.add_row(
            str(number),
            escape(titles[each.call_id]),
            {"risk": "risk", "random": "chance"}.get(each.part, each.part),
            f"{each.inclusion_probability:.2f}",
            f"{each.risk:.2f}",
            escape("；".join(each.reasons)),
        )
    return table


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.2%}"


def _figures(result: DemoResult) -> Table:
    score = result.score
    table = Table(title="Figures", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("value", justify="right")
    minutes = result.audio_seconds / 60
    table.add_row("model", result.model.name)
    table.add_row("calls, minutes of sound", f"{len(result.played)}, {minutes:.1f} min")
    table.add_row("character error rate, caller and agent", _percent(score.error_rate()))
    table.add_row("  scenarios kept out of all training text", _percent(score.error_rate(heldout=True)))
    table.add_row("  the others", _percent(score.error_rate(heldout=False)))
    for kind in ("topic", "complaint", "sentiment"):
        right, all_of_them = score.agreement(kind)
        table.add_row(f"{kind} as in the script", f"{right} of {all_of_them}")
    for stage, seconds in result.seconds.items():
        table.add_row(f"time to {STAGES[stage]}", f"{seconds:.1f} s")
    return table
