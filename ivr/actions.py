"""What the dialog asks for. Whoever carries it out answers with :mod:`ivr.events` of the same id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from calls.records import EventKind, Outcome
from ivr.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Answer:
    """Take the call."""


@dataclass(frozen=True, slots=True)
class Play:
    """Say a prompt; a :class:`~ivr.events.PromptEnded` must follow unless it is stopped."""

    id: int
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Fall silent at once."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Recognise the caller's next utterance, once.

    Parameters
    ----------
    id : int
        For the answers.
    phrases : tuple of str
        What a menu waits for.
    digits : bool
        Wait for a number said digit by digit instead.
    """

    id: int
    phrases: tuple[str, ...] = ()
    digits: bool = False


@dataclass(frozen=True, slots=True)
class StopListening:
    """Drop the utterance."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Tell after so many seconds with :class:`~ivr.events.TimerEnded`; ``name`` is for people."""

    id: int
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Do not tell."""

    id: int


@dataclass(frozen=True, slots=True)
class Record:
    """Take a message, after a beep; tell when the caller has been silent for ``silence_seconds``."""

    silence_seconds: float


@dataclass(frozen=True, slots=True)
class StopRecording:
    """The message is complete."""


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Look for an agent of ``queue`` and connect the caller when one answers."""

    queue: str


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """Stop looking."""


@dataclass(frozen=True, slots=True)
class Note:
    """Keep in the call's trace; the clock of the call gives the time."""

    kind: EventKind
    node: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call, whatever is under way; always the last action."""

    cause: str
    outcome: Outcome


Action = (
    Answer
    | Play
    | StopPlaying
    | Listen
    | StopListening
    | StartTimer
    | CancelTimer
    | Record
    | StopRecording
    | Enqueue
    | LeaveQueue
    | Note
    | HangUp
)
