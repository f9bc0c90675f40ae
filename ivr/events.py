"""What happens to a call, as the dialog is told. Ids are those of the actions they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Arrived:
    """Someone rings."""


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """The prompt of the :class:`~ivr.actions.Play` with this id was played to its end."""

    play: int


@dataclass(frozen=True, slots=True)
class Digit:
    """The caller pressed a key: one of ``0``–``9``, ``*``, ``#``."""

    key: str


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak while listened to."""

    listen: int


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller stopped speaking.

    Parameters
    ----------
    listen : int
        Id of the :class:`~ivr.actions.Listen`.
    text : str
        What was recognised; empty where it was no speech.
    answer : str or None
        The phrase, or the digits, that it stands for; ``None`` where it is not an answer.
    confidence : float
        0 to 1.
    """

    listen: int
    text: str
    answer: str | None
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class TimerEnded:
    """The time of the :class:`~ivr.actions.StartTimer` with this id is over."""

    timer: int


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    """An agent took the call from the queue."""

    agent: str


@dataclass(frozen=True, slots=True)
class NoAgent:
    """No agent of the queue will answer."""


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """The caller fell silent for as long as the :class:`~ivr.actions.Record` allows."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """A party left; the call is over."""

    by: Literal["caller", "agent"]


Event = (
    Arrived
    | PromptEnded
    | Digit
    | SpeechStarted
    | Heard
    | TimerEnded
    | AgentAnswered
    | NoAgent
    | MessageEnded
    | HungUp
)
