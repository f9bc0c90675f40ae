"""What ``huawu rules`` shows: verdicts with the words they rest on, notices, and what a change would do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from analytics.rules.inspector import RuleResult
from analytics.rules.lint import Notice
from analytics.rules.ruleset import RuleSet
from analytics.rules.scoring import FormScore
from analytics.rules.simulation import Example, RuleChange, Simulation
from calls.records import Evidence, Transcript, Utterance

VERDICT_STYLES = {
    "passed": "green",
    "failed": "bold red",
    "not-applicable": "dim",
    "not-available": "yellow",
}
_SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_HIGHLIGHT = "bold reverse"
#: Around cited words where a screen cannot show them otherwise.
_MARKS = "【】"


def print_results(
    console: Console, rules: RuleSet, transcript: Transcript, results: Iterable[RuleResult]
) -> None:
    """Show verdicts, each with the words it rests on."""
    utterances = {each.number: each for each in transcript.utterances}
    for result in results:
        rule = rules.rules[result.rule]
        verdict = result.verdict.value
        mark = "!" if rule.severity == "fatal" and verdict == "failed" else " "
        title = " / ".join(rule.name.values())
        line = Text(f"  {mark} ")
        line.append(f"{verdict:<14}", VERDICT_STYLES[verdict])
        line.append(f"  {result.rule}")
        line.append(f"  {title}" if title else "", "dim")
        line.append(f"  {result.reason}" if result.reason else "", "yellow")
        console.print(line)
        for number, cited in _by_utterance(result.evidence).items():
            console.print(_cited(console, utterances[number], cited))
        if result.hits > len(result.evidence):
            console.print(f"        ... and {result.hits - len(result.evidence)} more", style="dim")


def _by_utterance(evidence: Iterable[Evidence]) -> dict[int, list[Evidence]]:
    found: dict[int, list[Evidence]] = {}
    for each in evidence:
        found.setdefault(each.utterance, []).append(each)
    return found


def _cited(console: Console, utterance: Utterance, evidence: Sequence[Evidence]) -> Text:
    timed = utterance.end > utterance.start
    line = Text(f"        {_clock(evidence[0].start) if timed else '':>6}  {utterance.role.value:<7}  ")
    line.append_text(_marked(console, utterance.text, evidence))
    for each in evidence:
        if each.span is None and timed:
            line.append(f"  [{each.start:.1f}-{each.end:.1f} s]", "dim")
    return line


def print_transcript(console: Console, transcript: Transcript, results: Sequence[RuleResult]) -> None:
    """Show a conversation, cited words marked."""
    cited = _by_utterance(each for result in results for each in result.evidence)
    for utterance in transcript.utterances:
        line = Text(f"      {_clock(utterance.start):>6}  {utterance.role.value:<7}  ", "dim")
        line.append_text(_marked(console, utterance.text, cited.get(utterance.number, ())))
        console.print(line)


def _marked(console: Console, text: str, evidence: Iterable[Evidence]) -> Text:
    # a line of the screen is one utterance, whatever is in it
    text = " ".join(text.split("\n"))
    spans = sorted({each.span for each in evidence if each.span is not None})
    shown = Text(text)
    if console.is_terminal:
        for start, end in spans:
            shown.stylize(_HIGHLIGHT, start, end)
        return shown
    places = sorted([(end, 0, _MARKS[1]) for _, end in spans] + [(start, 1, _MARKS[0]) for start, _ in spans])
    for place, _, mark in reversed(places):
        text = text[:place] + mark + text[place:]
    return Text(text)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def print_counts(console: Console, rules: RuleSet, counts: Counter[tuple[str, str]], calls: int) -> None:
    """Show how many calls came to what, rule by rule."""
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"{calls} calls", title_justify="left")
    table.add_column("RULE", no_wrap=True)
    for verdict in VERDICT_STYLES:
        table.add_column(verdict.upper(), justify="right", no_wrap=True)
    for rule in rules.rules:
        table.add_row(rule, *(str(counts[rule, verdict] or "") for verdict in VERDICT_STYLES))
    console.print(table)


def results_as_json(results: Iterable[RuleResult]) -> dict[str, Any]:
    """Return results as plain values."""
    return {
        result.rule: {
            "verdict": result.verdict.value,
            "reason": result.reason,
            "hits": result.hits,
            "evidence": [_evidence_as_json(each) for each in result.evidence],
        }
        for result in results
    }


def _evidence_as_json(evidence: Evidence) -> dict[str, Any]:
    return {
        "utterance": evidence.utterance,
        "start": evidence.start,
        "end": evidence.end,
        "text": evidence.text,
        "span": list(evidence.span) if evidence.span else None,
    }


def form_as_json(form: FormScore) -> dict[str, Any]:
    """Return a form as plain values."""
    return {
        "score": form.score,
        "points": form.points,
        "automatic_fail": form.automatic_fail,
        "complete": form.complete,
        "items": {item.item: item.points for item in form.items.values()},
    }


def print_notices(found: Sequence[Notice], files: int) -> None:
    """Show what is wrong with rule files."""
    console = Console(highlight=False, soft_wrap=True)
    for notice in found:
        style = _SEVERITY_STYLES[notice.severity]
        console.print(
            f"[bold]{escape(f'{notice.file}:{notice.line}')}:[/] [{style}]{notice.severity}[/] "
            f"{escape(notice.message)} [dim]{escape(f'[{notice.code}]')}[/]"
        )
        if notice.field:
            console.print(f"    [dim]at[/] {escape(notice.field)}")
        if notice.hint:
            console.print(f"    [dim]→[/] {escape(notice.hint)}")
    counts = Counter(notice.severity.value for notice in found)
    told = ", ".join(f"{n} {each}{'s' if n > 1 and each != 'info' else ''}" for each, n in counts.items())
    console.print(f"{files} {'file' if files == 1 else 'files'}: {told or 'nothing found'}")


def print_simulation(done: Simulation) -> None:
    """Show what a changed rule file would have done."""
    terminal = Console(highlight=False, soft_wrap=True)
    console = terminal if terminal.is_terminal else Console(highlight=False, width=160)
    console.print(f"{done.calls} calls, {done.old} → {done.new}", markup=False)
    changed = [change for change in done.rules.values() if change.changes]
    if not changed:
        console.print("no rule comes to anything else in any call")
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("RULE", "BROKEN BEFORE", "AFTER", "APPEAR", "DISAPPEAR", "OTHER CHANGES"):
            table.add_column(column, justify="left" if column == "RULE" else "right", no_wrap=True)
        for change in changed:
            table.add_row(
                change.rule, str(change.broken_before), str(change.broken_after),
                str(change.appear or ""), str(change.disappear or ""), str(_others(change) or ""),
            )  # fmt: skip
        console.print(table)
    for change in changed:
        for what, examples in (("appears", change.appeared), ("disappears", change.disappeared)):
            for example in examples:
                cited = "、".join(f"“{each.text}”" for each in example.evidence if each.text)
                console.print(f"  {change.rule} {what} in call {example.call_id}  {cited}", markup=False)
    _print_scores(console, done)


def _others(change: RuleChange) -> int:
    """Count the calls whose verdict changes between others than broken and not broken."""
    moved = sum(count for (before, after), count in change.verdicts.items() if before != after)
    return moved - change.appear - change.disappear


def _print_scores(console: Console, done: Simulation) -> None:
    if not any(each.calls for each in done.scores.values()):
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (
        "SCORECARD",
        "GROUP",
        "NAME",
        "CALLS",
        "BEFORE",
        "AFTER",
        "CHANGE",
        "FAILS BEFORE",
        "AFTER",
    ):
        left = column in ("SCORECARD", "GROUP", "NAME")
        table.add_column(column, justify="left" if left else "right", no_wrap=True)
    for (card, group, name), change in sorted(done.scores.items()):
        before, after = change.mean_before, change.mean_after
        if before is None or after is None or (group != "all" and not name):
            continue
        table.add_row(
            card, group, name, str(change.calls), f"{before:.1f}", f"{after:.1f}", f"{after - before:+.1f}",
            str(change.fails_before), str(change.fails_after),
        )  # fmt: skip
    console.print(table)


def simulation_as_json(done: Simulation) -> dict[str, Any]:
    """Return a simulation as plain values."""
    return {
        "old": done.old,
        "new": done.new,
        "calls": done.calls,
        "rules": {
            name: {
                "broken_before": change.broken_before,
                "broken_after": change.broken_after,
                "appear": change.appear,
                "disappear": change.disappear,
                "verdicts": [
                    {"before": before, "after": after, "calls": count}
                    for (before, after), count in sorted(change.verdicts.items())
                ],
                "appeared": [_example_as_json(each) for each in change.appeared],
                "disappeared": [_example_as_json(each) for each in change.disappeared],
            }
            for name, change in done.rules.items()
        },
        "scores": [
            {
                "scorecard": card,
                "group": group,
                "name": name,
                "calls": change.calls,
                "mean_before": change.mean_before,
                "mean_after": change.mean_after,
                "fails_before": change.fails_before,
                "fails_after": change.fails_after,
            }
            for (card, group, name), change in sorted(done.scores.items())
        ],
    }


def _example_as_json(example: Example) -> dict[str, Any]:
    return {"call": example.call_id, "evidence": [_evidence_as_json(each) for each in example.evidence]}
