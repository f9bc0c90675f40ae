"""``huawu flow try``: be the caller of a flow, in a terminal or from a pipe, without sound."""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

TIMES = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]


def flow_try_command(
    file: Annotated[Path, typer.Argument(help="A flow file (YAML).", show_default=False)],
    fast: Annotated[bool, typer.Option("--fast", help="Do not wait: turn by turn, in virtual time.")] = False,
    world: Annotated[
        Path | None,
        typer.Option(help="Agents, web services and numbers around the call (YAML).", show_default=False),
    ] = None,
    caller: Annotated[str, typer.Option(help="Number of the caller.")] = "19900010001",
    callee: Annotated[str, typer.Option(help="Number that was called.")] = "",
    at: Annotated[
        datetime | None,
        typer.Option(
            help="When the call arrives, in Beijing. A Monday at 10 by default.",
            formats=TIMES,
            show_default=False,
        ),
    ] = None,
) -> None:
    """Be the caller of a flow: press keys, say things by typing them, see timers run.

    Without --world an agent answers in every queue after five seconds, and no web service can be reached.
    """
    from huawu.callview import CallView
    from huawu.telephone import LINES_LEGEND, LIVE_LEGEND, call_by_lines, call_live
    from ivr.dialog import CallFacts
    from ivr.flow import load_flow
    from ivr.simulation import AgentStub, Simulation, World
    from ivr.trialfile import ARRIVAL, ZONE, load_world, queues_of

    flow = load_flow(file)
    if world is not None:
        around = load_world(world, flow)
    else:
        around = World(agents={queue: AgentStub() for queue in queues_of(flow)})
    started = at.replace(tzinfo=ZONE) if at is not None else ARRIVAL
    console = Console(highlight=False, soft_wrap=True)
    terminal = sys.stdin.isatty() and console.is_terminal and not console.is_dumb_terminal
    simulation = Simulation(flow, CallFacts(started=started, caller=caller, callee=callee), around)
    view = CallView(simulation, console)
    try:
        if terminal:
            console.print(LINES_LEGEND if fast else LIVE_LEGEND, style="dim")
        if terminal and not fast:
            call_live(simulation, view, console)
        else:
            call_by_lines(simulation, view, (lambda _: None) if fast else time.sleep)
    except KeyboardInterrupt:
        interrupted = True
        simulation.hang_up()
    else:
        interrupted = False
    view.catch_up()
    view.outcome()
    if interrupted:
        raise typer.Exit(130)
