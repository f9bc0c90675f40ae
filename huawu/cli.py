"""The command line. Exit codes: 0 done, 1 some items failed (listed), 2 wrong request, 130 interrupted."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from calls.errors import HuawuError
from huawu import __version__, logs
from huawu.agents_command import agents_app
from huawu.analyse_command import analyse_command
from huawu.batch_command import batch_command
from huawu.call_command import call_command
from huawu.calls_command import calls_app
from huawu.console_command import console_command
from huawu.db_command import db_app
from huawu.demo_command import demo_command
from huawu.draw_command import draw_command
from huawu.dtmf_command import dtmf_command
from huawu.evaluate_command import evaluate_app
from huawu.flow_test_command import flow_test_command
from huawu.flow_try_command import flow_try_command
from huawu.import_command import import_app
from huawu.index_command import index_command
from huawu.lint_command import lint_command
from huawu.models_command import models_app
from huawu.places import require_database
from huawu.privacy_command import privacy_app
from huawu.prompts_command import prompts_app
from huawu.recordings_command import recordings_app
from huawu.report_command import report_app
from huawu.rules_command import rules_app
from huawu.sample_command import sample_app
from huawu.schema_command import schema_command
from huawu.serve_command import serve_command
from huawu.train_command import train_command
from huawu.transcribing import transcribe_command
from huawu.users_command import users_app

app = typer.Typer(
    name="huawu",
    help="话务: voice IVR and speech analytics for Chinese call centres.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo_command)
app.command("serve")(serve_command)
app.add_typer(calls_app, name="calls")
app.add_typer(agents_app, name="agents")
app.add_typer(recordings_app, name="recordings")
app.add_typer(privacy_app, name="privacy")
app.add_typer(db_app, name="db")
app.command("call")(call_command)
app.command("transcribe")(transcribe_command)
app.command("analyse")(analyse_command)
app.command("batch")(batch_command)
app.command("dtmf")(dtmf_command)
app.command("console")(console_command)
app.command("index")(index_command)
app.add_typer(import_app, name="import")
app.add_typer(users_app, name="users")
app.command("train")(train_command)
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(rules_app, name="rules")
app.add_typer(sample_app, name="sample")
app.add_typer(report_app, name="report")
app.add_typer(models_app, name="models")
app.add_typer(prompts_app, name="prompts")

flow_app = typer.Typer(help="The menus that answer calls.", no_args_is_help=True)
app.add_typer(flow_app, name="flow")
flow_app.command("lint")(lint_command)
flow_app.command("test")(flow_test_command)
flow_app.command("try")(flow_try_command)
flow_app.command("draw")(draw_command)
flow_app.command("schema")(schema_command)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"huawu {__version__}")
        raise typer.Exit


@app.callback()
def options(
    verbose: Annotated[bool, typer.Option("--verbose", help="Show debug lines in the log.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """话务: voice IVR and speech analytics for Chinese call centres."""
    logs.configure(verbose=verbose)


@app.command("recover")
def recover_command(
    db: Annotated[str, typer.Option(help="Database: a file, or a PostgreSQL URL.")] = "out/huawu.db",
    recordings: Annotated[Path, typer.Option(help="Folder of the recordings.")] = Path("out/recordings"),
) -> None:
    """Close the calls that a dead process left open; their recordings are kept."""
    from calls.recordings import RecordingFolder
    from calls.recovery import recover
    from calls.store import Store

    require_database(db, "name the database with --db")
    with Store.open(db) as store:
        closed = recover(store, RecordingFolder(recordings))
    for each in closed:
        typer.echo(f"{each.call_id}  {each.seconds:.1f} s kept{'  ' + each.problem if each.problem else ''}")
    typer.echo(f"{len(closed)} open calls closed")
    if any(each.problem for each in closed):
        raise typer.Exit(1)


@flow_app.command("check")
def flow_check(files: Annotated[list[Path], typer.Argument(help="Flow files (YAML).")]) -> None:
    """Read flows and say what is wrong with them."""
    from ivr.flow import load_flow

    wrong = 0
    for file in files:
        try:
            flow = load_flow(file)
        except HuawuError as error:
            wrong += 1
            typer.echo(str(error), err=True)
        else:
            typer.echo(f"{file}: ok, {len(flow.nodes)} nodes, version {flow.version}")
    if wrong:
        raise typer.Exit(1 if wrong < len(files) else 2)


def main() -> None:
    """Run the command line; every error that we know is one line, not a traceback."""
    # A file name may hold bytes that no encoding knows: it is shown with escapes.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = app(standalone_mode=False)
    except HuawuError as error:
        _complain(str(error))
        sys.exit(error.exit_code)
    except typer.TyperException as error:
        _complain(f"{error.format_message()} → see --help")
        sys.exit(error.exit_code)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _complain(f"{place}{error.strerror or error} → check the path, its rights and the free space")
        sys.exit(HuawuError.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("interrupted", err=True)
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _complain(message: str) -> None:
    Console(stderr=True).print(f"[bold red]huawu:[/] {escape(message)}", highlight=False, soft_wrap=True)
