"""Where calls come from. A door moves sound and signals; it never knows menus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ivr.events import (
    AgentAnswered,
    CallbackKept,
    CallbackRefused,
    Digit,
    HungUp,
    NoAgent,
    QueueMoved,
    TransferAnswered,
    TransferFailed,
)

#: Samples per second on every door: the telephone's.
RATE = 8000
#: Samples in 20 ms, the step in which sound moves.
FRAME = 160

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class PlayedOut:
    """Everything given to :meth:`Door.play` has been played."""


Signal = (
    Digit
    | HungUp
    | QueueMoved
    | AgentAnswered
    | NoAgent
    | TransferAnswered
    | TransferFailed
    | CallbackKept
    | CallbackRefused
    | PlayedOut
)


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """A stretch of a call.

    Parameters
    ----------
    caller, far : int16 array, shape (n,)
        What the caller said, and what the caller heard (system or agent), at 8 kHz; n is a positive
        multiple of :data:`FRAME`.
    signals : tuple
        What happened at its end, in order.
    """

    caller: Samples
    far: Samples
    signals: tuple[Signal, ...]


class Door(Protocol):
    """A line with a caller on it."""

    #: As it stands in call records.
    name: str
    #: Whether its time passes by itself, as on a live line.
    realtime: bool

    def answer(self) -> None:
        """Take the call."""

    def play(self, sound: Samples) -> None:
        """Say ``sound`` to the caller; :class:`PlayedOut` follows."""

    def stop(self) -> None:
        """Stop playing at once."""

    def enqueue(self, enqueue: int, queue: str) -> None:
        """Look for an agent; ``QueueMoved``, and ``AgentAnswered`` or ``NoAgent`` may follow."""

    def leave_queue(self) -> None:
        """Stop looking."""

    def transfer(self, transfer: int, to: str, timeout_seconds: float) -> None:
        """Dial another number; ``TransferAnswered`` or ``TransferFailed`` follows."""

    def stop_transfer(self) -> None:
        """Stop dialling."""

    def callback(self, callback: int, number: str, queue: str) -> None:
        """Have the caller rung back; ``CallbackKept`` or ``CallbackRefused`` follows."""

    def hang_up(self) -> None:
        """End the call."""

    def exchange(self, longest: int) -> Exchange:
        """Let the call go on until something happens, for ``longest`` samples at most (≥ one frame)."""
