"""Who works: every agent's seat, and what is being done at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from calls.errors import NotFound
from calls.records import Agent, AgentState, Queue


@dataclass(slots=True)
class Seat:
    """An agent and what the agent is doing; times are seconds on the distributor's clock.

    What counts is in the fields; :attr:`state` follows from them.

    Parameters
    ----------
    agent : Agent
        Who sits there.
    logged_in : bool
        Whether the agent works.
    paused : str or None
        Why the agent takes no calls; ``None`` while calls are taken.
    ringing, talking : str or None
        The call that the phone rings for, or that is talked in; never both.
    wrap_up_until : float or None
        When the time after the last call is over.
    rests_until : float
        Not rung before: the phone has just not been answered.
    idle_since : float
        When the last conversation ended, or when the agent logged in: who idles longest is rung first.
    unanswered : int
        Rings in a row that were not answered.
    logged_in_at : float
        When the agent logged in.
    since : float
        Since when :attr:`state` has been what was told last.
    told : tuple of AgentState and str
        State and reason that were told last.
    """

    agent: Agent
    logged_in: bool = False
    paused: str | None = None
    ringing: str | None = None
    talking: str | None = None
    wrap_up_until: float | None = None
    rests_until: float = 0.0
    idle_since: float = 0.0
    unanswered: int = 0
    logged_in_at: float = 0.0
    since: float = 0.0
    told: tuple[AgentState, str] = (AgentState.OFFLINE, "")

    @property
    def state(self) -> AgentState:
        """What the agent is doing: a call before everything else, a pause before the time after a call."""
        if self.talking is not None:
            return AgentState.TALKING
        if self.ringing is not None:
            return AgentState.RINGING
        if not self.logged_in:
            return AgentState.OFFLINE
        if self.paused is not None:
            return AgentState.PAUSED
        return AgentState.AVAILABLE if self.wrap_up_until is None else AgentState.WRAP_UP

    @property
    def reason(self) -> str:
        """Why the agent is paused; empty in other states."""
        return (self.paused or "") if self.state is AgentState.PAUSED else ""

    @property
    def staffs(self) -> bool:
        """Whether callers may hope for this agent: at work, and not paused."""
        return self.logged_in and self.paused is None and bool(self.agent.address)

    def described(self, at: float) -> dict[str, Any]:
        """Return it in plain values, for people and programs; ``seconds`` in its state at a time."""
        return {
            "id": self.agent.id,
            "name": self.agent.name,
            "team": self.agent.team,
            "skills": list(self.agent.skills),
            "state": self.state.value,
            "reason": self.reason,
            "seconds": round(max(at - self.since, 0.0), 1),
            "call": self.talking or self.ringing,
        }

    def is_free(self, at: float) -> bool:
        """Return whether the phone may ring at a time."""
        return self.state is AgentState.AVAILABLE and bool(self.agent.address) and self.rests_until <= at

    def serves(self, queue: Queue) -> bool:
        """Return whether the agent has all skills that a queue asks for."""
        return set(queue.skills) <= set(self.agent.skills)


class Roster:
    """All agents by id, in that order."""

    def __init__(self, agents: Iterable[Agent] = ()) -> None:
        self._seats = {agent.id: Seat(agent) for agent in sorted(agents, key=lambda each: each.id)}

    def __iter__(self) -> Iterator[Seat]:
        return iter(self._seats.values())

    def find(self, agent: str) -> Seat | None:
        """Return an agent's seat, ``None`` where there is no such agent."""
        return self._seats.get(agent)

    def seat(self, agent: str) -> Seat:
        """Return an agent's seat; :class:`~calls.errors.NotFound` where there is no such agent."""
        seat = self.find(agent)
        if seat is None:
            known = ", ".join([*self._seats][:10]) or "there is none"
            raise NotFound(f"agent {agent!r} does not exist", f"known: {known}")
        return seat

    def put(self, agent: Agent) -> Seat:
        """Take in an agent, new or with other particulars than before."""
        seat = self._seats.get(agent.id)
        if seat is not None:
            seat.agent = agent
            return seat
        seat = Seat(agent)
        self._seats = dict(sorted([*self._seats.items(), (agent.id, seat)]))
        return seat

    def drop(self, agent: str) -> None:
        """Forget an agent who does nothing any more."""
        del self._seats[agent]
