"""The ``mic`` door: one person with a headset at this machine, who presses keys on its keyboard.

It takes real time. Headphones are needed: with loudspeakers the microphone hears the prompts, and nothing
here takes their echo away. Nobody else is on the line, so queues and transfers ring and are not answered.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol

import numpy as np

from ivr.doors import FRAME, RATE, Exchange, PlayedOut, Samples, Signal
from ivr.events import CallbackKept, Digit, HungUp, NoAgent, TransferFailed
from ivr.tones import ring

#: The key that ends the call.
HANG_UP = "q"
#: How long a queue or a transfer rings, in seconds: one ring of the Chinese tone and the pause after it.
RING_SECONDS = 5.0


class Card(Protocol):
    """What the door needs of :class:`~ivr.doors.soundcard.SoundCard`."""

    def play(self, sound: Samples) -> None:
        """Play ``sound`` instead of what is being played."""

    def stop(self) -> None:
        """Play nothing more."""

    def exchange(self) -> tuple[Samples, Samples, bool]:
        """Wait for the next frame: what was heard, what was played, whether a sound has ended."""


class Keys(Protocol):
    """Where the caller presses keys."""

    def pressed(self) -> str:
        """Return the keys since the last time, ``0``–``9``, ``*``, ``#`` and :data:`HANG_UP`; never wait."""


class MicrophoneDoor:
    """A call from this machine's headset.

    Parameters
    ----------
    card : SoundCard
        Running.
    keys : Keys
        The keyboard.
    """

    name = "mic"
    realtime = True

    def __init__(self, card: Card, keys: Keys) -> None:
        self._card = card
        self._keys = keys
        self._now = 0
        self._prompt = False
        self._due: deque[tuple[int, Signal]] = deque()

    def answer(self) -> None:
        """Take the call: the caller is there already."""

    def play(self, sound: Samples) -> None:
        """Say ``sound`` to the caller; :class:`~ivr.doors.PlayedOut` follows."""
        self._prompt = True
        self._card.play(sound)

    def stop(self) -> None:
        """Stop playing: the card's own buffer, about 40 ms, is all that is still heard."""
        self._prompt = False
        self._card.stop()

    def enqueue(self, enqueue: int, queue: str) -> None:
        """Ring, and then find no agent."""
        self._ring(NoAgent(enqueue))

    def leave_queue(self) -> None:
        """Stop ringing."""
        self._stop_ringing(NoAgent)

    def transfer(self, transfer: int, to: str, timeout_seconds: float) -> None:
        """Ring, and then fail: nothing is dialled."""
        self._ring(TransferFailed(transfer, "failed"), min(timeout_seconds, RING_SECONDS))

    def stop_transfer(self) -> None:
        """Stop ringing."""
        self._stop_ringing(TransferFailed)

    def callback(self, callback: int, number: str, queue: str) -> None:
        """Promise it: nobody will be rung."""
        self._due.append((self._now, CallbackKept(callback)))

    def hang_up(self) -> None:
        """End the call."""
        self._due.clear()
        self.stop()

    def exchange(self, longest: int) -> Exchange:
        """Let the call go on, in real time, until something happens, for ``longest`` samples at most."""
        heard: list[Samples] = []
        played: list[Samples] = []
        signals: list[Signal] = []
        while not heard or (not signals and (len(heard) + 1) * FRAME <= longest):
            caller, far, ended = self._card.exchange()
            heard.append(caller)
            played.append(far)
            self._now += FRAME
            signals += self._happened(ended)
        return Exchange(np.concatenate(heard), np.concatenate(played), tuple(signals))

    def _happened(self, ended: bool) -> list[Signal]:
        found: list[Signal] = []
        if ended and self._prompt:
            self._prompt = False
            found.append(PlayedOut())
        found += [HungUp("caller") if key == HANG_UP else Digit(key) for key in self._keys.pressed()]
        found += [signal for at, signal in self._due if at <= self._now]
        self._due = deque(item for item in self._due if item[0] > self._now)
        return found

    def _ring(self, then: Signal, seconds: float = RING_SECONDS) -> None:
        self._prompt = False
        self._card.play(ring())
        self._due.append((self._now + round(seconds * RATE), then))

    def _stop_ringing(self, awaited: type[Signal]) -> None:
        self._due = deque(item for item in self._due if not isinstance(item[1], awaited))
        if not self._prompt:
            self._card.stop()
