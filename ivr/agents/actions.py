"""What the distributor asks for, and what it tells for the records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from calls.records import AgentState, AgentStateChange, EventKind


class LogKind(StrEnum):
    """Entries of the queue log, named as in Asterisk's ``queue_log``; ``WRAPUP`` is ours.

    Those that belong to a call are :class:`~calls.records.EventKind` of the same value; the last five are
    an agent's alone.
    """

    ENTERQUEUE = "ENTERQUEUE"
    CONNECT = "CONNECT"
    ABANDON = "ABANDON"
    RINGNOANSWER = "RINGNOANSWER"
    RINGCANCELED = "RINGCANCELED"
    COMPLETEAGENT = "COMPLETEAGENT"
    COMPLETECALLER = "COMPLETECALLER"
    BLINDTRANSFER = "BLINDTRANSFER"
    EXITWITHKEY = "EXITWITHKEY"
    EXITWITHTIMEOUT = "EXITWITHTIMEOUT"
    EXITEMPTY = "EXITEMPTY"
    AGENTLOGIN = "AGENTLOGIN"
    AGENTLOGOFF = "AGENTLOGOFF"
    PAUSE = "PAUSE"
    UNPAUSE = "UNPAUSE"
    WRAPUP = "WRAPUP"

    @property
    def event(self) -> EventKind | None:
        """As which event it stands in the trace of its call; ``None`` for an agent's own."""
        return _EVENTS.get(self.value)


_EVENTS = {kind.value: kind for kind in EventKind}


@dataclass(frozen=True, slots=True)
class RingAgent:
    """Ring an agent's phone for a call, for ``seconds`` at most.

    :class:`~ivr.agents.events.AgentAnsweredCall` or :class:`~ivr.agents.events.AgentRefused` with the same
    ``ring`` must follow, unless it is stopped. No two rings have the same number.
    """

    agent: str
    call: str
    address: str
    seconds: float
    ring: int


@dataclass(frozen=True, slots=True)
class StopRinging:
    """End the agent's side of a call in whatever state it is: somebody else has it, or nobody needs it."""

    agent: str
    call: str
    ring: int


@dataclass(frozen=True, slots=True)
class Connect:
    """Let caller and agent talk: this ``ring`` was answered."""

    call: str
    agent: str
    ring: int


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The agent to whom a caller was to be handed on did not answer; ``code`` is the SIP status."""

    call: str
    code: int


@dataclass(frozen=True, slots=True)
class NoAgentLeft:
    """Tell the caller's dialog that no agent will answer: nobody works for the queue."""

    call: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Tell the caller's dialog the place in the queue, 1 is next; the first time at once."""

    call: str
    position: int


@dataclass(frozen=True, slots=True)
class StateChanged:
    """An agent does something else now; ``at`` is on the distributor's clock."""

    agent: str
    state: AgentState
    reason: str
    at: float

    def record(self, epoch: datetime) -> AgentStateChange:
        """Return it for the store; ``epoch`` is the time of day at which the distributor's clock was 0."""
        return AgentStateChange(
            agent_id=self.agent,
            state=self.state,
            reason=self.reason,
            at=epoch + timedelta(seconds=self.at),
        )


@dataclass(frozen=True, slots=True)
class Log:
    """An entry for the queue log: of a ``call`` in a ``queue``, of an ``agent``, or of all of them.

    ``data`` has the figures that Asterisk has: seconds as ``…_seconds``, places as ``position`` and
    ``original_position``; docs/agents.md lists them.
    """

    kind: LogKind
    call: str = ""
    queue: str = ""
    agent: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def figures(self) -> dict[str, Any]:
        """What stands in the trace of the call: queue and agent, where there are any, and the data."""
        named = {name: value for name, value in (("queue", self.queue), ("agent", self.agent)) if value}
        return named | self.data


Action = RingAgent | StopRinging | Connect | NotTaken | NoAgentLeft | Moved | StateChanged | Log
