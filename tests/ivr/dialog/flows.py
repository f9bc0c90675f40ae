"""One flow with every kind of node, and one line to place a call in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from calls.records import EventKind
from ivr.dialog import CallFacts
from ivr.flow import load_flow
from ivr.simulation import MONDAY, Simulation, World

HEAD = """
name: bank
start: {start}
languages: [zh, en]
operator: agent
variables: {{level: none}}
defaults:
  no_input: {{prompts: [没听到], max: 3, next: lost}}
  no_match: {{prompts: [没听懂], max: 3, next: lost}}
schedules:
  office: {{weekly: {{mon-fri: ["09:00-18:00"]}}, calendar: china, makeup: ["09:00-18:00"]}}
nodes:
  lost: {{type: hangup, outcome: failed, cause: lost}}
  bye: {{type: hangup}}
  done: {{type: play, prompt: 好了, next: bye}}
  agent: {{type: queue, queue: general, prompt: 请稍候, no_agent: bye}}
"""


def place(folder: Path, nodes: str, *, world: dict[str, Any] | None = None, **facts: Any) -> Simulation:
    """Call a flow whose first node is the first of ``nodes``; the others of :data:`HEAD` are there too."""
    start = nodes.strip().partition(":")[0]
    path = folder / "bank.yaml"
    path.write_text(HEAD.format(start=start) + nodes, encoding="utf-8")
    call = CallFacts(**{"started": MONDAY, "caller": "19900010001"} | facts)
    return Simulation(load_flow(path), call, World.model_validate(world or {}))


def texts(simulation: Simulation) -> list[str]:
    """Return what was said."""
    return [said.prompt.text for said in simulation.said]


def notes(simulation: Simulation, *kinds: EventKind) -> list[dict[str, Any]]:
    """Return the trace's entries of some kinds."""
    return [note.data for _, note in simulation.notes if note.kind in kinds]


def path_of(simulation: Simulation) -> list[str]:
    """Return the nodes that were entered."""
    return [note.node for _, note in simulation.notes if note.kind is EventKind.NODE]
