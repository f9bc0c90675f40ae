"""What happens to callers who wait and to agents, as the distributor is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calls.records import Agent, Queue
from ivr.agents.actions import LogKind


@dataclass(frozen=True, slots=True)
class CallerWaits:
    """A caller begins to wait in a queue.

    Parameters
    ----------
    call : str
        Its id.
    queue : str
        A queue; one that is not known asks for no skills.
    priority : int
        Callers of a higher one stand before those of a lower one.
    """

    call: str
    queue: str
    priority: int = 0


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """A caller waits no more: hung up, or went another way of the flow; ``kind`` says which."""

    call: str
    kind: Literal[LogKind.ABANDON, LogKind.EXITWITHKEY, LogKind.EXITWITHTIMEOUT] = LogKind.ABANDON


@dataclass(frozen=True, slots=True)
class AgentAnsweredCall:
    """The phone of a :class:`~ivr.agents.actions.RingAgent` with this ``ring`` was answered."""

    agent: str
    call: str
    ring: int


@dataclass(frozen=True, slots=True)
class AgentRefused:
    """An agent's phone did not take a call: busy (486), declined (603), not there, or not in time (408)."""

    agent: str
    call: str
    code: int
    ring: int


@dataclass(frozen=True, slots=True)
class HandOn:
    """Whoever talks with the caller wants ``agent`` to do so instead (blind transfer).

    :class:`~ivr.agents.actions.Connect` or :class:`~ivr.agents.actions.NotTaken` follows, unless the caller
    leaves.
    """

    call: str
    agent: str


@dataclass(frozen=True, slots=True)
class TalkOver:
    """A conversation is over; the ``caller``, the ``agent``, or a ``transfer`` by the agent ended it."""

    call: str
    by: Literal["agent", "caller", "transfer"]


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """An agent begins to work."""

    agent: str


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """An agent goes home; a conversation goes on until it is over."""

    agent: str


@dataclass(frozen=True, slots=True)
class PauseAgent:
    """An agent takes no calls from now on; a conversation goes on until it is over."""

    agent: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UnpauseAgent:
    """An agent takes calls again; this ends the time after a call as well."""

    agent: str


@dataclass(frozen=True, slots=True)
class Staffed:
    """These are the agents and queues now; who is not among them any more is logged out."""

    agents: tuple[Agent, ...]
    queues: tuple[Queue, ...]


Event = (
    CallerWaits
    | CallerLeft
    | AgentAnsweredCall
    | AgentRefused
    | HandOn
    | TalkOver
    | LoggedIn
    | LoggedOut
    | PauseAgent
    | UnpauseAgent
    | Staffed
)
