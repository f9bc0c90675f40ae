"""``huawu rules``: quality rules and scorecards, tried, checked and compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from calls.errors import AnalyticsError, HuawuError
from huawu.places import require_database

if TYPE_CHECKING:
    from analytics.rules.cases import CaseResult
    from analytics.rules.inspector import RuleResult
    from analytics.rules.ruleset import RuleSet
    from analytics.rules.scoring import FormScore
    from analytics.rules.subject import Subject

rules_app = typer.Typer(
    help="Quality rules and scorecards: test, check, simulate, show, schema.", no_args_is_help=True
)

RulesArgument = Annotated[
    str, typer.Argument(metavar="RULES", help="Rule file (YAML), or 'service': the one that ships.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write the results as JSON.")]
#: Calls shown of a database at most.
_SHOWN = 50


def rules_path(name: str) -> Path:
    """Return the file that is meant: a path, or the name of a rule set that ships.

    Raises
    ------
    AnalyticsError
        There is neither.
    """
    from analytics.rules.loading import shipped_path

    path = Path(name)
    if path.is_file():
        return path
    shipped = shipped_path(name)
    if name.isidentifier() and shipped.is_file():
        return shipped
    raise AnalyticsError(f"{name}: there is no such rule file", "check the path, or say 'service'")


@rules_app.command("test")
def rules_test(
    rules: RulesArgument,
    transcripts: Annotated[
        list[Path] | None,
        typer.Argument(help="Transcripts (JSON, of huawu transcribe) to try them on.", show_default=False),
    ] = None,
    cases: Annotated[
        Path | None,
        typer.Option(
            help="File of tests (YAML); RULES.test.yaml beside the rules without it.", show_default=False
        ),
    ] = None,
    db: Annotated[
        str | None,
        typer.Option(help="Database to try them on: a file, or a PostgreSQL URL.", show_default=False),
    ] = None,
    call: Annotated[
        list[str] | None,
        typer.Option(help="Only this call of the database; may be given again.", show_default=False),
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="Calls of the last days of the database.")] = 7,
    name: Annotated[
        str, typer.Option("-k", help="Only tests with this in their name.", show_default=False)
    ] = "",
    hits: Annotated[
        bool, typer.Option("--hits", help="Show what was found in tests that passed, too.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the tests of a rule file, or show what it finds in transcripts or in calls of a database.

    Exit code 0: all tests passed, or the calls were shown; 1: some tests failed; 2: a file is wrong.
    """
    from analytics.rules.loading import load_rules

    path = rules_path(rules)
    loaded = load_rules(path)
    if not transcripts and db is None:
        if call:
            raise HuawuError("--call names a call of a database", "name the database with --db")
        _run_cases(cases or path.with_suffix(".test.yaml"), loaded, name, hits, as_json)
        return
    if cases is not None or name:
        raise HuawuError("--cases and -k belong to tests, not to transcripts or a database", "leave them out")
    subjects = [*_subjects(transcripts or [], db, call or [], days)]
    _show_calls(loaded, subjects, as_json)


def _subjects(
    transcripts: Sequence[Path], db: str | None, ids: Sequence[str], days: int
) -> Iterator[Subject]:
    from analytics.rules.stored import read_transcript, stored_subjects
    from analytics.rules.subject import Subject
    from calls.records import utc_now
    from calls.store import Store

    for path in transcripts:
        yield Subject(transcript=read_transcript(path))
    if db is not None:
        require_database(db, "name the database with --db")
        first = None if ids else utc_now() - timedelta(days=days)
        with Store.open(db) as store:
            yield from stored_subjects(store, first, ids=ids)


# -- tests ------------------------------------------------------------------------------------------------


def _run_cases(path: Path, rules: RuleSet, name: str, hits: bool, as_json: bool) -> None:
    from analytics.rules.cases import run_cases, untested

    results = [*run_cases(path, rules, name)]
    if not results:
        raise HuawuError(f"-k {name}: no test has this in its name", "leave -k out to run all")
    failed = sum(bool(result.problems) for result in results)
    missing = untested(rules, [result.case for result in results]) if not name else []
    if as_json:
        report = {
            "rules": rules.label,
            "passed": len(results) - failed,
            "failed": failed,
            "untested": missing,
            "tests": [_case_as_json(result) for result in results],
        }
        typer.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print_cases(path, rules, results, hits)
        console = Console(highlight=False, soft_wrap=True)
        for each in missing:
            console.print(f"[yellow]untested[/]  {escape(each)}")
        style = "red" if failed else "green"
        console.print(f"{len(results) - failed} passed, {failed} failed", style=style)
    if failed:
        raise typer.Exit(1)


def _print_cases(path: Path, rules: RuleSet, results: Sequence[CaseResult], hits: bool) -> None:
    from huawu.rules_view import print_results, print_transcript

    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{path}: rules {rules.label}", markup=False)
    for result in results:
        mark = "[bold red]FAILED[/]" if result.problems else "[green]passed[/]"
        console.print(f"  {mark}  {escape(result.case.name)}")
        for problem in result.problems:
            console.print(f"    {path}:{result.line}: {problem}", style="bold", markup=False)
        if result.problems or hits:
            wanted = {**result.case.expect, **result.case.evidence}
            shown = [each for each in result.results.values() if each.rule in wanted]
            print_results(console, rules, result.subject.transcript, shown)
            print_transcript(console, result.subject.transcript, shown)


def _case_as_json(result: CaseResult) -> dict[str, Any]:
    from huawu.rules_view import results_as_json

    return {
        "name": result.case.name,
        "line": result.line,
        "passed": not result.problems,
        "problems": list(result.problems),
        "results": results_as_json(result.results.values()),
    }


# -- calls ------------------------------------------------------------------------------------------------


def _show_calls(rules: RuleSet, subjects: Sequence[Subject], as_json: bool) -> None:
    from analytics.rules.inspector import RuleInspector
    from huawu.rules_view import form_as_json, print_counts, print_results, results_as_json

    inspector = RuleInspector(rules)
    console = Console(highlight=False, soft_wrap=True)
    counts: Counter[tuple[str, str]] = Counter()
    written = []
    for number, subject in enumerate(subjects):
        results = inspector.inspect(subject)
        forms = _forms(rules, results, subject.transcript.call_id)
        counts.update((result.rule, result.verdict.value) for result in results.values())
        if as_json:
            written.append(
                {
                    "call": subject.transcript.call_id,
                    "scores": {form.scorecard: form_as_json(form) for form in forms},
                    "results": results_as_json(results.values()),
                }
            )
        elif number < _SHOWN:
            scores = ", ".join(f"{form.scorecard} {_score(form)}" for form in forms)
            console.print(f"call {subject.transcript.call_id}  {scores}", style="bold", markup=False)
            print_results(console, rules, subject.transcript, [*results.values()])
    if as_json:
        typer.echo(json.dumps({"rules": rules.label, "calls": written}, ensure_ascii=False, indent=2))
        return
    if len(subjects) > _SHOWN:
        console.print(f"... and {len(subjects) - _SHOWN} more calls; --json has them all")
    if not subjects:
        console.print("there are no calls with a transcript")
    elif len(subjects) > 1:
        print_counts(console, rules, counts, len(subjects))


def _forms(rules: RuleSet, results: dict[str, RuleResult], call_id: str) -> list[FormScore]:
    from analytics.rules.scoring import form_score, machine_scores

    return [
        form_score(rules, card, machine_scores(rules, card, results, call_id)) for card in rules.scorecards
    ]


def _score(form: FormScore) -> str:
    if form.score is None:
        return "no score"
    return f"{form.score:.1f}{' (automatic fail)' if form.automatic_fail else ''}"


# -- check ------------------------------------------------------------------------------------------------


@rules_app.command("check")
def rules_check(
    files: Annotated[list[str], typer.Argument(metavar="RULES...", help="Rule files.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Say what is wrong with rule files, and what will surprise.

    Exit code 0: no error and no warning; 1: some are shown; 2: a file is missing.
    """
    from analytics.rules.lint import lint
    from huawu.rules_view import print_notices

    paths = [rules_path(file) for file in files]
    found = [notice for path in paths for notice in lint(path)]
    if as_json:
        typer.echo(json.dumps([notice.as_json() for notice in found], ensure_ascii=False, indent=2))
    else:
        print_notices(found, len(files))
    if any(notice.severity != "info" for notice in found):
        raise typer.Exit(1)


# -- simulate ---------------------------------------------------------------------------------------------


@rules_app.command("simulate")
def rules_simulate(
    old: RulesArgument,
    new: RulesArgument,
    db: Annotated[str, typer.Option(help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    days: Annotated[int, typer.Option(min=1, help="How many days of calls.")] = 7,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="Calls before this day; without it, up to now.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a changed rule file would have done to the calls of the last days."""
    from analytics.rules.loading import load_rules
    from analytics.rules.simulation import simulate
    from analytics.rules.stored import stored_subjects
    from calls.records import utc_now
    from calls.store import Store
    from huawu.rules_view import print_simulation, simulation_as_json

    before, after = load_rules(rules_path(old)), load_rules(rules_path(new))
    require_database(db, "name the database with --db")
    end = until.astimezone() if until is not None else utc_now()
    with Store.open(db) as store:
        done = simulate(before, after, stored_subjects(store, end - timedelta(days=days), end))
    if as_json:
        typer.echo(json.dumps(simulation_as_json(done), ensure_ascii=False, indent=2))
    else:
        print_simulation(done)


# -- files ------------------------------------------------------------------------------------------------


@rules_app.command("show")
def rules_show(
    rules: RulesArgument = "service",
    tests: Annotated[bool, typer.Option("--tests", help="Its tests instead.")] = False,
) -> None:
    """Print a rule file that ships, to begin one's own with."""
    path = rules_path(rules)
    typer.echo((path.with_suffix(".test.yaml") if tests else path).read_text("utf-8"), nl=False)


@rules_app.command("schema")
def rules_schema_command(
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File; printed without it.", show_default=False)
    ] = None,
    tests: Annotated[bool, typer.Option("--tests", help="The schema of files of tests.")] = False,
) -> None:
    """Print the JSON Schema of rule files, with which editors complete and explain their fields."""
    from analytics.rules.schema import cases_schema, rules_schema

    text = json.dumps(cases_schema() if tests else rules_schema(), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(str(out))
