"""Agents and queues as the store has them: read at the start, told as they are now, brought in by file."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from pathlib import Path

from calls.errors import AgentError
from calls.records import Agent, AgentState, AgentStateChange, Queue
from calls.store import Store
from ivr.agents.distributor import Distributor
from ivr.agents.rules import Rules

#: Columns of a file of agents, the first of which must be there.
COLUMNS = ("id", "name", "team", "skills", "address")
#: Agents that a file may hold: more is a mistake.
MOST_AGENTS = 10_000
#: Faults of a file that are told; the others are counted.
MOST_TOLD = 20

_ID = re.compile(r"[\w.-]{1,64}")
#: A URI that can be dialled (RFC 3261, 25.1; RFC 3966), as far as typing errors go.
_ADDRESS = re.compile(r"sips?:[^\s@;<>]+@[\w.\[\]:-]+(;[^\s<>]+)?|tel:\+?[\d.()-]+(;[^\s<>]+)?", re.ASCII)
_BETWEEN_SKILLS = re.compile(r"[\s,;，；、]+")


def load(store: Store, epoch: datetime, rules: Rules | None = None) -> Distributor:
    """Return a distributor with the agents and queues of a store, logged in and paused as they were.

    Parameters
    ----------
    store : Store
        With the history of the agents' states.
    epoch : datetime
        The time of day at which the distributor's clock was 0; aware.
    rules : Rules, optional
        Of the centre.
    """
    distributor = Distributor(store.find(Agent), store.find(Queue), rules)
    for seat in distributor.roster:
        changes = store.find(AgentStateChange, agent_id=seat.agent.id, order_by=("-at", "-id"), limit=1)
        for last in changes:
            seat.told = last.state, last.reason
            seat.since = seat.idle_since = seat.logged_in_at = (last.at - epoch).total_seconds()
            seat.logged_in = last.state is not AgentState.OFFLINE
            seat.paused = last.reason if last.state is AgentState.PAUSED else None
    return distributor


def agent_of(fields: dict[str, str]) -> Agent:
    """Return an agent from texts as people write them, by the names of :data:`COLUMNS`.

    Raises
    ------
    AgentError
        The id or the address cannot be one.
    """
    values = {name: text.strip() for name, text in fields.items()}
    if not _ID.fullmatch(values.get("id", "")):
        raise AgentError(
            f"id: {values.get('id', '')!r} is no agent's id", "use letters, digits, - _ and ., 64 at most"
        )
    address = values.get("address", "")
    if address and not _ADDRESS.fullmatch(address):
        raise AgentError(
            f"address: {address!r} is no address of a phone",
            "write sip:NUMBER@HOST, sip:NUMBER@HOST:PORT or tel:NUMBER",
        )
    return Agent(
        id=values["id"],
        name=values.get("name", ""),
        team=values.get("team", ""),
        skills=skills_of(values.get("skills", "")),
        address=address,
    )


def skills_of(text: str) -> tuple[str, ...]:
    """Return skills that are written with spaces or commas between them, each once."""
    return tuple(dict.fromkeys(skill for skill in _BETWEEN_SKILLS.split(text) if skill))


def read_agents(path: Path) -> list[Agent]:
    """Read agents from a CSV file with a line of column names.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a byte order mark; columns are :data:`COLUMNS` in any order.

    Raises
    ------
    AgentError
        All that is wrong with it, each with its line; nothing of it is to be used.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise AgentError(f"{path}: it is no UTF-8", "save it as CSV UTF-8") from None
    rows = csv.reader(text.splitlines(keepends=True), strict=True)
    agents: dict[str, Agent] = {}
    faults: list[str] = []
    try:
        names = _columns(path, next(rows, []))
        for row in rows:
            if len(agents) + len(faults) >= MOST_AGENTS:
                raise AgentError(f"{path}:{rows.line_num}: more than {MOST_AGENTS} agents", "split the file")
            if not row:
                continue
            try:
                if len(row) != len(names):
                    raise AgentError(f"it has {len(row)} fields, and line 1 has {len(names)}")
                agent = agent_of(dict(zip(names, row, strict=True)))
                if agent.id in agents:
                    raise AgentError(f"id: {agent.id!r} stands there twice")
            except AgentError as error:
                faults.append(f"{path}:{rows.line_num}: {error}")
            else:
                agents[agent.id] = agent
    except csv.Error as error:
        faults.append(f"{path}:{rows.line_num}: {error}")
    if faults:
        more = [f"… and {len(faults) - MOST_TOLD} more"] if len(faults) > MOST_TOLD else []
        raise AgentError("\n".join([*faults[:MOST_TOLD], *more]))
    return list(agents.values())


def _columns(path: Path, header: list[str]) -> list[str]:
    names = [name.strip().lower() for name in header]
    unknown = [name for name in names if name not in COLUMNS]
    if "id" not in names or unknown or len(set(names)) < len(names):
        what = f"unknown column {unknown[0]!r}" if unknown else "the columns are not named"
        raise AgentError(f"{path}:1: {what}", f"the first line names columns: {', '.join(COLUMNS)}")
    return names
