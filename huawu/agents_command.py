"""``huawu agents``: who answers calls, and which queues there are, as the database has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from calls.errors import NotFound
from calls.records import Agent, AgentState, AgentStateChange, Queue
from calls.store import Store
from huawu.places import require_database

agents_app = typer.Typer(
    help="Agents and queues: add, list, remove, import; queue, queues, remove-queue.", no_args_is_help=True
)

DatabaseOption = Annotated[str, typer.Option("--db", help="Database: a file, or a PostgreSQL URL.")]
_DATABASE = "out/huawu.db"
_RESTARTED = "A running centre takes it in within seconds."


@agents_app.command("add")
def add(
    agent: Annotated[str, typer.Argument(help="The agent's id; one that is there is changed.")],
    address: Annotated[
        str | None, typer.Option(help="SIP URI of the phone: sip:1001@10.0.0.5.", show_default=False)
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name.", show_default=False)] = None,
    team: Annotated[str | None, typer.Option(help="Team.", show_default=False)] = None,
    skills: Annotated[
        str | None, typer.Option(help="Skills, with commas between them.", show_default=False)
    ] = None,
    login: Annotated[
        bool, typer.Option("--login", help="Begin to work at once, where no centre runs yet.")
    ] = False,
    db: DatabaseOption = _DATABASE,
) -> None:
    """Add an agent, or change what is given of one."""
    from ivr.agents.personnel import agent_of

    with Store.open(db) as store:
        known = store.find(Agent, id=agent)
        given = {"address": address, "name": name, "team": team, "skills": skills}
        new = agent_of({"id": agent, **{field: text for field, text in given.items() if text is not None}})
        if known:
            changed = {field: getattr(new, field) for field, text in given.items() if text is not None}
            new = replace(known[0], **changed)
        at_work = [AgentStateChange(agent_id=agent, state=AgentState.AVAILABLE)] if login else []
        store.add(new, *at_work)
    typer.echo(f"agent {agent} {'changed' if known else 'added'}. {_RESTARTED}")


@agents_app.command("list")
def list_agents(db: DatabaseOption = _DATABASE) -> None:
    """List the agents and what they did last."""
    require_database(db, "name the database with --db")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("ID", "NAME", "TEAM", "SKILLS", "ADDRESS", "STATE", "SINCE"):
        table.add_column(column, no_wrap=True)
    with Store.open(db) as store:
        agents = store.find(Agent)
        for agent in agents:
            last = store.find(AgentStateChange, agent_id=agent.id, order_by=("-at", "-id"), limit=1)
            state = (
                f"{last[0].state}{f' ({last[0].reason})' if last[0].reason else ''}" if last else "offline"
            )
            since = f"{last[0].at.astimezone():%Y-%m-%d %H:%M}" if last else ""
            table.add_row(
                agent.id, agent.name, agent.team, " ".join(agent.skills), agent.address, state, since
            )
    _print(table, len(agents), "agents")


@agents_app.command("remove")
def remove(
    agents: Annotated[list[str], typer.Argument(help="Their ids.")], db: DatabaseOption = _DATABASE
) -> None:
    """Remove agents; their calls and their history stay."""
    require_database(db, "name the database with --db")
    with Store.open(db) as store:
        known = {agent.id for agent in store.find(Agent, id=agents)}
        _require_known("agent", agents, known)
        store.replace(Agent, {"id": agents})
    typer.echo(f"{len(set(agents))} agents removed. {_RESTARTED}")


@agents_app.command("import")
def import_agents(
    file: Annotated[Path, typer.Argument(help="CSV with columns id, name, team, skills, address.")],
    db: DatabaseOption = _DATABASE,
) -> None:
    """Add the agents of a CSV file, or change them to what it says; if a line is wrong, none."""
    from ivr.agents.personnel import read_agents

    agents = read_agents(file)
    with Store.open(db) as store:
        known = {agent.id for agent in store.find(Agent)}
        store.add(*agents)
    new = sum(agent.id not in known for agent in agents)
    typer.echo(f"{new} agents added, {len(agents) - new} changed. {_RESTARTED}")


@agents_app.command("queue")
def queue(
    queue: Annotated[str, typer.Argument(help="The queue's name in flows; one that is there is changed.")],
    name: Annotated[str | None, typer.Option(help="Name for people.", show_default=False)] = None,
    skills: Annotated[
        str | None,
        typer.Option(help="Skills that its agents must have, with commas between.", show_default=False),
    ] = None,
    ring_seconds: Annotated[
        float | None, typer.Option(min=1, max=300, help="How long a phone rings.", show_default=False)
    ] = None,
    wrap_up_seconds: Annotated[
        float | None,
        typer.Option(min=0, max=3600, help="How long an agent is left alone after it.", show_default=False),
    ] = None,
    db: DatabaseOption = _DATABASE,
) -> None:
    """Add a queue, or change what is given of one."""
    from ivr.agents.personnel import skills_of

    given = {
        "name": name,
        "skills": skills_of(skills) if skills is not None else None,
        "ring_seconds": ring_seconds,
        "wrap_up_seconds": wrap_up_seconds,
    }
    with Store.open(db) as store:
        known = store.find(Queue, id=queue)
        changed = {field: value for field, value in given.items() if value is not None}
        store.add(replace(known[0] if known else Queue(id=queue), **changed))  # type: ignore[arg-type]
    typer.echo(f"queue {queue} {'changed' if known else 'added'}. {_RESTARTED}")


@agents_app.command("queues")
def list_queues(db: DatabaseOption = _DATABASE) -> None:
    """List the queues; flows may name others, which ask for no skills."""
    require_database(db, "name the database with --db")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("ID", "NAME", "SKILLS", "RINGS", "WRAP-UP", "AGENTS"):
        table.add_column(column, no_wrap=True)
    with Store.open(db) as store:
        agents, queues = store.find(Agent), store.find(Queue)
    for each in queues:
        able = sum(set(each.skills) <= set(agent.skills) and bool(agent.address) for agent in agents)
        times = [
            f"{value:g} s" if value is not None else "" for value in (each.ring_seconds, each.wrap_up_seconds)
        ]
        table.add_row(each.id, each.name, " ".join(each.skills), *times, str(able))
    _print(table, len(queues), "queues")


@agents_app.command("remove-queue")
def remove_queues(
    queues: Annotated[list[str], typer.Argument(help="Their ids.")], db: DatabaseOption = _DATABASE
) -> None:
    """Remove queues; flows that name them find agents of any skills from then on."""
    require_database(db, "name the database with --db")
    with Store.open(db) as store:
        _require_known("queue", queues, {each.id for each in store.find(Queue, id=queues)})
        store.replace(Queue, {"id": queues})
    typer.echo(f"{len(set(queues))} queues removed. {_RESTARTED}")


def _require_known(what: str, wanted: list[str], known: set[str]) -> None:
    unknown = [each for each in wanted if each not in known]
    if unknown:
        raise NotFound(f"{what} {', '.join(unknown)} does not exist; nothing was removed", "see the list")


def _print(table: Table, count: int, what: str) -> None:
    if not count:
        typer.echo(f"there are no {what}")
        return
    terminal = Console()
    (terminal if terminal.is_terminal else Console(width=200)).print(table)
