"""``huawu serve``: a running centre."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from huawu import __version__

if TYPE_CHECKING:
    from huawu.centre.config import Centre

#: Columns where there is no terminal to ask.
WIDTH_OF_FILES = 120


def serve_command(
    config: Annotated[
        Path | None,
        typer.Option(
            help="huawu.yaml; without one, the flow main answers 127.0.0.1:5060.", show_default=False
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only look whether it could start, and say what is wrong.")
    ] = False,
) -> None:
    """Answer calls: SIP, sound, recognition, menus and the QA desk, each in a process of its own.

    A process that dies is started again alone. Ctrl-C or SIGTERM: no new calls, and those that there are
    may end within engine.drain_minutes; twice: at once. SIGHUP reads the flows again.
    """
    from huawu.centre.check import faults, warnings
    from huawu.centre.config import load_centre
    from huawu.centre.run_folder import locked
    from huawu.centre.settings import plan_of

    centre = load_centre(config)
    if not check:
        with locked(centre.run):  # another huawu serve is better told than the ports that it has
            pass
    found = faults(centre, os.environ)
    for fault in found[:-1]:
        typer.echo(f"huawu: {fault}", err=True)
    if found:
        raise found[-1]
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH_OF_FILES)
    console.print(_summary(centre, config), highlight=False)
    for warning in warnings(centre):
        console.print(f"[yellow]![/] {escape(warning)}", highlight=False)
    if not check:
        _become_supervisor(plan_of(centre, os.environ).as_json())


def _summary(centre: Centre, config: Path | None) -> Table:
    """Return what listens where, and what answers."""
    from huawu.centre.check import scheduling
    from speech.models import find_model

    file, sip, gateway = centre.file, centre.file.sip, centre.gateway
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row(f"huawu {__version__}", str(config or "without a configuration"))
    if sip.enabled:
        table.add_row("telephones", f"sip:{sip.host}:{sip.port} over UDP, {sip.max_calls} calls at a time")
    for what, port in (
        ("WebSocket", gateway.web_port if gateway else 0),
        ("AudioSocket", gateway.audiosocket_port if gateway else 0),
    ):
        if gateway and port:
            table.add_row(what, f"{gateway.host}:{port}")
    for pattern, flow in centre.flows:
        table.add_row("all numbers" if len(centre.flows) == 1 else f"number {pattern}", escape(str(flow)))
    media = file.media
    clock = scheduling() if media.realtime else "normal"
    table.add_row(
        "sound",
        f"{centre.media_host}:{media.port_min}-{media.port_max} over UDP, {centre.slots} legs,"
        f" scheduling: {clock}",
    )
    model = f"{find_model(file.ears.model or None).name}, {centre.ears} at work" if centre.ears else "none"
    table.add_row("recognition", model)
    table.add_row("engine", f"http://{file.engine.http_host}:{file.engine.http_port}/metrics")
    if file.console.enabled:
        table.add_row("QA desk", f"http://127.0.0.1:{file.console.port}/")
    table.add_row("calls in", f"{_without_password(file.database)}, {file.recordings.folder}")
    table.add_row("run folder", escape(str(centre.run)))
    return table


def _without_password(database: str) -> str:
    from calls.store.engine import database_url

    return escape(database_url(database).render_as_string()) if "://" in database else escape(database)


def _become_supervisor(plan: str) -> NoReturn:
    """Go on as the supervisor, which needs nothing of what was loaded here."""
    sys.stdout.flush()
    file = os.memfd_create("plan", 0)
    os.write(file, plan.encode())
    os.lseek(file, 0, os.SEEK_SET)
    os.dup2(file, 0)
    os.execv(sys.executable, [sys.executable, "-P", "-m", "huawu.centre.supervisor"])
