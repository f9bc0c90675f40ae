"""``huawu calls``: the calls of a running centre."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from calls.errors import ServeError

calls_app = typer.Typer(help="The calls of a running centre.", no_args_is_help=True)

#: Columns where there is no terminal to ask.
WIDTH_OF_FILES = 120
#: Seconds between two looks, and that the engine has to answer.
PAUSE, PATIENCE = 1.0, 5.0
#: Columns, and the fields of the engine's answer that they show.
_SHOWN = {
    "call": "id",
    "door": "door",
    "caller": "caller",
    "number": "callee",
    "flow": "flow",
    "node": "node",
    "state": "state",
    "queue": "queue",
    "agent": "agent",
}


@calls_app.command("live")
def live_command(
    config: Annotated[
        Path | None,
        typer.Option(help="The huawu.yaml that huawu serve was given.", show_default=False),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every second, until Ctrl-C.")] = False,
) -> None:
    """Show the calls that are going on: where each one is, and for how long."""
    console = Console()
    if not console.is_terminal:
        if watch:
            raise ServeError("--watch needs a terminal", "leave it out")
        console = Console(width=WIDTH_OF_FILES)
    address, token = _engine(config)
    calls = running_calls(address, token)
    if not watch:
        console.print(table_of(calls) if calls else "no calls", highlight=False)
        return
    with Live(table_of(calls), console=console, auto_refresh=False, screen=True) as screen:
        while True:
            screen.update(_seen(address, token), refresh=True)
            time.sleep(PAUSE)


def running_calls(address: str, token: str = "") -> list[dict[str, Any]]:
    """Ask an engine for its calls.

    Parameters
    ----------
    address : str
        ``host:port`` of its pages.
    token : str
        Empty where none is needed.

    Raises
    ------
    ServeError
        It does not answer, or not with calls.
    """
    import httpx

    headers = {"authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx.get(f"http://{address}/calls", headers=headers, timeout=PATIENCE, trust_env=False)
    except httpx.HTTPError as error:
        raise ServeError(
            f"engine: {address} does not answer: {error}", "if it was just started, try again in a moment"
        ) from None
    if answer.status_code in (401, 403):
        raise ServeError(
            f"engine: {address} refuses to tell", "name the configuration with --config and set its token_env"
        )
    try:
        calls = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        calls = None
    if not isinstance(calls, list):
        raise ServeError(f"engine: {address} answered with status {answer.status_code}, not with its calls")
    return calls


def table_of(calls: Sequence[dict[str, Any]]) -> Table:
    """Return running calls as a table, the longest first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (*_SHOWN, "TIME"):
        table.add_column(name.upper(), justify="right" if name == "TIME" else "left")
    for call in sorted(calls, key=lambda each: -each["seconds"]):
        minutes, seconds = divmod(int(call["seconds"]), 60)
        texts = [escape(str(call.get(field) or "–")) for field in _SHOWN.values()]
        table.add_row(*texts, f"{minutes}:{seconds:02d}")
    return table


def _seen(address: str, token: str) -> Table | str:
    try:
        calls = running_calls(address, token)
    except ServeError as error:
        return escape(str(error))
    return table_of(calls) if calls else "no calls"


def _engine(config: Path | None) -> tuple[str, str]:
    """Return where the engine of a running centre answers, and the token for it."""
    from huawu.centre.config import load_centre
    from huawu.centre.run_folder import read_state

    centre = load_centre(config)
    state = read_state(centre.run)
    if state is None:
        raise ServeError(
            f"no huawu serve works in {centre.run}", "start it, or name its configuration with --config"
        )
    variable = centre.file.engine.token_env
    return state["http"], os.environ.get(variable, "") if variable else ""
