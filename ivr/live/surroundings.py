"""What a call needs of the engine around it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from calls.recordings import RecordingFolder
from calls.store import Store
from ivr import actions
from ivr.live.othercall import Concerned, OtherCall
from ivr.live.sounds import LoadedSound, SoundShelf

if TYPE_CHECKING:
    from ivr.live.livecall import LiveCall


class Hearing(Protocol):
    """The ears, as a call uses them: :class:`ivr.ears.pool.EarPool`."""

    def attach(self, call: str, slot: int) -> None:
        """Say where a call's sound is."""

    def listen(self, call: str, listen: actions.Listen) -> bool:
        """Recognise the next utterance; ``False`` where there is no ear for it."""

    def stop(self, call: str) -> None:
        """Drop it."""

    def await_silence(self, call: str, record: int, seconds: float) -> None:
        """Tell when the caller has been silent for so long."""

    def stop_awaiting(self, call: str) -> None:
        """Do not tell."""

    def detach(self, call: str) -> None:
        """Forget a call that is over."""


class Waiting(Protocol):
    """Where callers wait for agents: :class:`ivr.live.desk.AgentDesk`."""

    def enqueue(self, call: LiveCall, queue: str, enqueue: int) -> None:
        """Look for an agent."""

    def hand_on(self, call: LiveCall, target: str) -> str | int | None:
        """Say what becomes of a caller whom an agent wants to be connected to ``target`` (blind transfer).

        Returns
        -------
        str or int or None
            ``None``: another agent is being rung, who is told to the caller's partner as who answered from
            a queue is. Else the URI to dial, or the SIP status of what cannot be.
        """

    def leave(self, call: LiveCall, by: str = "caller") -> None:
        """Stop looking, or take in that the conversation is over; ``by`` says who or what ended it."""


class Surroundings(Protocol):
    """What a call needs of the engine around it."""

    loop: asyncio.AbstractEventLoop
    store: Store
    sounds: SoundShelf
    hearing: Hearing
    waiting: Waiting
    folder: RecordingFolder
    fsync_seconds: float
    allow_web: list[str]
    trunk: str

    def address(self, to: str) -> str | None:
        """Return the URI to dial for a number, ``None`` where there is no way to it."""

    def load(self, sound: LoadedSound) -> str:
        """Have the media process know a sound; return its name there."""

    def other_call(self, call: LiveCall, concerned: Concerned) -> OtherCall:
        """Return a call to someone else for this one's caller, and tell ``concerned`` what becomes of it."""

    def refers(self, to: str) -> str | None:
        """Return the URI that a caller is sent to by REFER, where that is how ``to`` is reached."""

    def over(self, call: LiveCall) -> None:
        """Take in that nothing more comes of the call."""
