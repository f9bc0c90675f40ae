"""What the dialog asks for. Whoever carries it out answers with :mod:`ivr.events` of the same id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from calls.records import EventKind, Outcome
from ivr.prompt import Prompt
from ivr.values import ValueKind


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
    value : str, optional
        Wait for a value of this kind, said aloud, instead.
    secret : bool
        What is said must not be written down anywhere, partial results included.
    """

    id: int
    phrases: tuple[str, ...] = ()
    value: ValueKind | None = None
    secret: bool = False


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
class StartRecording:
    """The caller knows of the recording: from now on the caller's voice is kept, before it is silence."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A secret is asked for: write the caller's channel as silence."""


@dataclass(frozen=True, slots=True)
class Unmask:
    """The secret is entered: ``after_seconds`` from now the caller's channel is kept again."""

    after_seconds: float


@dataclass(frozen=True, slots=True)
class Record:
    """Take a message, after a beep; tell when the caller has been silent for ``silence_seconds``."""

    id: int
    silence_seconds: float


@dataclass(frozen=True, slots=True)
class StopRecording:
    """The message is complete."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Play the message just taken; a :class:`~ivr.events.PromptEnded` must follow unless it is stopped."""

    id: int


@dataclass(frozen=True, slots=True)
class Discard:
    """Drop the message just taken."""


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Look for an agent of ``queue`` and connect the caller when one answers."""

    id: int
    queue: str


@dataclass(frozen=True, slots=True)
class LeaveQueue:
    """Stop looking."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Dial ``to`` and connect the caller when it answers within ``timeout_seconds``."""

    id: int
    to: str
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class StopTransfer:
    """Stop dialling."""


@dataclass(frozen=True, slots=True)
class Callback:
    """Keep the caller's place: ``number`` is to be rung when ``queue`` has an agent."""

    id: int
    number: str = field(repr=False)
    queue: str


@dataclass(frozen=True, slots=True)
class KeepSurvey:
    """Store the caller's satisfaction, 1 (worst) to 5 (best), with the call and its agent."""

    score: int


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask a web service; :class:`~ivr.events.Fetched` or :class:`~ivr.events.FetchFailed` must follow.

    Parameters
    ----------
    id : int
        For the answer.
    method, url : str
        HTTP method, and the whole address with its query.
    headers : dict of str to str
        Sent along.
    body : Any
        Sent as JSON; ``None`` sends none.
    timeout_seconds : float
        For one attempt.
    retries : int
        Attempts after the first that failed.
    """

    id: int
    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: Any = field(default=None, repr=False)
    timeout_seconds: float = 5.0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class StopFetching:
    """Nobody waits for the answer any more."""


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
    | StartRecording
    | Mask
    | Unmask
    | Record
    | StopRecording
    | Replay
    | Discard
    | Enqueue
    | LeaveQueue
    | Transfer
    | StopTransfer
    | Callback
    | KeepSurvey
    | Fetch
    | StopFetching
    | Note
    | HangUp
)
