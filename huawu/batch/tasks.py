"""What a job hands to those who do the work, and what comes back: plain values that can be pickled.

The job owns the database; who does a task never sees it. A task that cannot be done is an answer too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from calls.records import Role, Transcript

if TYPE_CHECKING:  # who only transcribes needs nothing of it, and it takes seconds to import
    from analytics.judge import Context, Judgement


class Kind(StrEnum):
    """Why a task was not done."""

    ERROR = "error"  # it was refused, with a message for people
    CRASH = "crash"  # the process that did it died
    TIMEOUT = "timeout"  # it took longer than allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribe:
    """Write down what is said in one recording.

    ``place`` is a path, or a URL that fsspec reads; ``sealed`` ones are opened with the keys that the
    environment names. ``roles`` are those of the channels, first channel first.
    """

    key: str
    place: str
    call_id: str
    recording_id: str
    roles: tuple[Role, ...] = (Role.CALLER, Role.AGENT)
    #: Sound that is to be expected, in seconds, for the time limit; 0 where it is not known.
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyse:
    """Judge some calls together."""

    keys: tuple[str, ...]
    transcripts: tuple[Transcript, ...]
    contexts: tuple[Context, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribed:
    """The transcript, its utterances with their levels; what the sound was, and what it cost, in seconds."""

    transcript: Transcript
    seconds: float
    channels: int
    rate: int
    flags: tuple[str, ...] = ()
    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """The judgements, in the order of the task's calls."""

    judgements: tuple[Judgement, ...]
    scored_by: str
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDone:
    """Why there is no result; ``reason`` is for people."""

    kind: Kind
    reason: str


Task = Transcribe | Analyse
Result = Transcribed | Analysed | NotDone


class Executor(Protocol):
    """Does tasks elsewhere, several at a time. One thread uses it."""

    @property
    def room(self) -> int:
        """How many more tasks it takes now; nobody submits more than that."""

    def submit(self, task: Task) -> None:
        """Begin a task as soon as somebody is free for it."""

    def wait(self, seconds: float) -> Sequence[tuple[Task, Result]]:
        """Return what is done, as soon as there is anything, or nothing after so many seconds."""

    def close(self) -> None:
        """End all who work; tasks that are going on are given up. Idempotent."""
