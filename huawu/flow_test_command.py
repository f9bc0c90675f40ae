"""``huawu flow test``: what callers do in a flow, and what should come of it, tried in virtual time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from calls.errors import HuawuError

if TYPE_CHECKING:
    from ivr.trial import Trial, TrialResult


def flow_test_command(
    files: Annotated[list[Path], typer.Argument(help="Files of tests (YAML).", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Write the results as JSON.")] = False,
    name: Annotated[
        str, typer.Option("-k", help="Only tests with this in their name.", show_default=False)
    ] = "",
) -> None:
    """Run the tests of flows: every call in virtual time, without sound.

    Exit code 0: all passed; 1: some failed; 2: a file is wrong, and nothing was run.
    """
    from ivr.trial import run

    trials = [trial for trial in _read(files) if name in trial.script.name]
    if not trials:
        raise HuawuError(f"-k {name}: no test has this in its name", "leave -k out to run all")
    results = [run(trial) for trial in trials]
    failed = sum(not result.passed for result in results)
    if as_json:
        report = {"passed": len(results) - failed, "failed": failed, "tests": [*map(_as_json, results)]}
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print(results, failed)
    if failed:
        raise typer.Exit(1)


def _read(files: Sequence[Path]) -> list[Trial]:
    from ivr.trial import load_trials

    trials, wrong = [], 0
    for file in files:
        try:
            trials += load_trials(file)
        except HuawuError as error:
            wrong += 1
            typer.echo(str(error), err=True)
    if wrong:
        raise typer.Exit(HuawuError.exit_code)
    return trials


def _print(results: Sequence[TrialResult], failed: int) -> None:
    console = Console(highlight=False, soft_wrap=True)
    file: Path | None = None
    for result in results:
        trial = result.trial
        if trial.file != file:
            file = trial.file
            console.print(f"{file}: flow {trial.flow.name}, version {trial.flow.version}", markup=False)
        mark = "[green]passed[/]" if result.passed else "[bold red]FAILED[/]"
        console.print(f"  {mark}  {escape(trial.script.name)}  [dim]{result.seconds:.1f} s[/]")
        if not result.passed:
            _print_problems(console, result)
    console.print(f"{len(results) - failed} passed, {failed} failed", style="red" if failed else "green")


def _print_problems(console: Console, result: TrialResult) -> None:
    for problem in result.problems:
        step = f"step {problem.step}, " if problem.step is not None else ""
        place = f"{step}{result.trial.file}:{problem.line}"
        console.print(f"    {escape(place)}: [bold]{escape(problem.what)}[/]")
        console.print(f"      expected  {escape(problem.expected)}")
        console.print(f"      instead   {escape(problem.happened)}")
    console.print("    the call, in virtual time:")
    for line in result.transcript:
        style = {"node": "dim", "call": "yellow", "caller": "cyan"}.get(line.who, "")
        console.print(f"    {line}", style=style, markup=False)


def _as_json(result: TrialResult) -> dict[str, Any]:
    trial = result.trial
    return {
        "name": trial.script.name,
        "file": str(trial.file),
        "line": trial.line(),
        "flow": trial.flow.name,
        "version": trial.flow.version,
        "passed": result.passed,
        "seconds": result.seconds,
        "problems": [
            {
                "step": problem.step,
                "line": problem.line,
                "what": problem.what,
                "expected": problem.expected,
                "happened": problem.happened,
            }
            for problem in result.problems
        ],
        "conversation": [
            {"at": round(line.at, 3), "who": line.who, "text": line.text, "cut_after": line.cut}
            for line in result.transcript
        ],
    }
