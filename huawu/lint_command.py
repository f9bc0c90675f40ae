"""``huawu flow lint``: what is not right about flows, though they load."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.markup import escape

from calls.errors import HuawuError

if TYPE_CHECKING:
    from ivr.lint import Finding
    from speech.recogniser import VoskModel

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}


def lint_command(
    files: Annotated[list[Path], typer.Argument(help="Flow files (YAML).", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Write the findings as JSON.")] = False,
    model: Annotated[
        str | None,
        typer.Option(
            help="Model that will listen: a folder, a name, or 'builtin'. Default: the one installed.",
            show_default=False,
        ),
    ] = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Do not look at any model's words.")] = False,
    today: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Look as on this day.", show_default=False),
    ] = None,
    min_severity: Annotated[
        Literal["error", "warning", "info"], typer.Option(help="Leave out what is less severe.")
    ] = "info",
) -> None:
    """Find faults in flows: dead ends, missing prompts, homophones, unset variables and some fifty more.

    docs/lint.md explains every rule. Exit code 0: no error and no warning; 1: some are shown; 2: a file
    cannot be read, or the model is none.
    """
    from ivr.calendar import shipped_calendar
    from ivr.lint import Severity, lint

    if model is not None and no_model:
        raise HuawuError("--model and --no-model contradict each other", "choose one")
    for file in files:
        if not file.is_file():
            raise HuawuError(f"{file}: there is no such file", "check the path")
    listener = None if no_model else _listener(model)
    calendar = shipped_calendar("china")
    day = (today or datetime.now()).date()
    # a part that several flows enter is looked at with each of them, and told of once
    found = dict.fromkeys(
        finding
        for file in files
        for finding in lint(file, today=day, calendar=calendar, model=listener)
        if finding.severity.is_at_least(Severity(min_severity))
    )
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in found], ensure_ascii=False, indent=2))
    else:
        _print([*found], len(files))
    if any(finding.severity.is_at_least(Severity.WARNING) for finding in found):
        raise typer.Exit(1)


def _listener(model: str | None) -> VoskModel | None:
    """Return the model that will listen; the built-in one, which hears no people, only where it is named."""
    import structlog

    from speech.models import find_model
    from speech.recogniser import load

    folder = find_model(model)
    if folder.builtin:
        if model is None:
            return None
        # that it hears no people is news to those who let it answer calls, not to who asks for its words
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    return load(folder)


def _print(findings: Sequence[Finding], files: int) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        style = _STYLES[finding.severity]
        console.print(
            f"[bold]{escape(str(finding.file))}:{finding.line}:[/] [{style}]{finding.severity}[/] "
            f"{escape(finding.message)} [dim]{escape(f'[{finding.rule.code}]')}[/]"
        )
        if finding.field:
            console.print(f"    [dim]at[/] {escape(finding.field)}")
        if finding.hint:
            console.print(f"    [dim]→[/] {escape(finding.hint)}")
    counts = Counter(finding.severity for finding in findings)
    told = ", ".join(f"{n} {each}{'s' if n > 1 and each != 'info' else ''}" for each, n in counts.items())
    console.print(f"{files} {'file' if files == 1 else 'files'}: {told or 'nothing found'}")
