"""What holds for queues: how long and whom to ring first, when to give up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ivr.agents.line import Caller
from ivr.agents.roster import Seat

#: Of the agents who may be rung for a caller the one with the least key is.
Strategy = Callable[[Caller, Seat], Any]


def longest_idle(caller: Caller, seat: Seat) -> tuple[int, float, str]:
    """Prefer agents who were rung least often for this caller, and of those who has idled longest."""
    return caller.tries[seat.agent.id], seat.idle_since, seat.agent.id


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for all queues that do not say otherwise.

    Parameters
    ----------
    ring_seconds : float
        How long a phone rings (Asterisk ``timeout``).
    wrap_up_seconds : float
        How long an agent is left alone after a conversation (``wrapuptime``).
    retry_seconds : float
        How long an agent is left alone whose phone was not answered (``retry``, 5 s).
    most_no_answers : int
        Unanswered rings in a row after which an agent is paused (``autopause``); 0 never pauses.
    empty_seconds : float
        How long nobody must have worked for a queue before its callers are sent on
        (``leavewhenempty``): the one agent there may have paused for a moment.
    """

    ring_seconds: float = 20.0
    wrap_up_seconds: float = 10.0
    retry_seconds: float = 5.0
    most_no_answers: int = 3
    empty_seconds: float = 10.0
