"""What happens to a call, as the dialog is told. Ids are those of the actions they answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Arrived:
    """Someone rings."""


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """What the :class:`~ivr.actions.Play` or :class:`~ivr.actions.Replay` asked for was played to its end."""

    play: int


@dataclass(frozen=True, slots=True)
class PromptFailed:
    """The prompt of the :class:`~ivr.actions.Play` with this id cannot be said; nobody has heard it."""

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
        The phrase, or the canonical value, that it stands for; ``None`` where it is not an answer.
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
class QueueMoved:
    """The caller of the :class:`~ivr.actions.Enqueue` with this id is now at this place, 1 is next."""

    enqueue: int
    position: int


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    """An agent answered the :class:`~ivr.actions.Enqueue` with this id; the caller is connected."""

    enqueue: int
    agent: str


@dataclass(frozen=True, slots=True)
class NoAgent:
    """No agent will answer the :class:`~ivr.actions.Enqueue` with this id."""

    enqueue: int


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """The caller fell silent for as long as the :class:`~ivr.actions.Record` with this id allows."""

    record: int


@dataclass(frozen=True, slots=True)
class TransferAnswered:
    """The number of the :class:`~ivr.actions.Transfer` with this id answered; the caller is connected."""

    transfer: int


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """It did not answer."""

    transfer: int
    reason: Literal["busy", "no-answer", "failed"]


@dataclass(frozen=True, slots=True)
class CallbackKept:
    """The number of the :class:`~ivr.actions.Callback` with this id will be rung."""

    callback: int


@dataclass(frozen=True, slots=True)
class CallbackRefused:
    """It will not."""

    callback: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """A web service answered the :class:`~ivr.actions.Fetch` with this id; ``data`` is its JSON."""

    fetch: int
    status: int
    data: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """It gave no usable answer; ``reason`` is a word or two for the trace."""

    fetch: int
    reason: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """A party left: the caller's leaving ends the call, an agent's ends the conversation."""

    by: Literal["caller", "agent"]


Event = (
    Arrived
    | PromptEnded
    | PromptFailed
    | Digit
    | SpeechStarted
    | Heard
    | TimerEnded
    | QueueMoved
    | AgentAnswered
    | NoAgent
    | MessageEnded
    | TransferAnswered
    | TransferFailed
    | CallbackKept
    | CallbackRefused
    | Fetched
    | FetchFailed
    | HungUp
)
