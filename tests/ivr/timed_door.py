"""A door that does what a test says, frame by frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ivr.doors import FRAME, RATE, Exchange, PlayedOut, Samples, Signal
from ivr.events import AgentAnswered, CallbackKept, QueueMoved, TransferAnswered


class TimedDoor:
    """A caller who presses keys and leaves at fixed times, in seconds; agents take who waits then."""

    name = "timed"
    realtime = False

    def __init__(self, signals: dict[float, Signal], voice: int = 0) -> None:
        self._voice = np.full(FRAME, voice, np.int16)
        self._signals = {round(at * RATE): signal for at, signal in signals.items()}
        self._now = 0
        self._prompt_left = 0
        self._enqueue = 0
        self.done: list[str] = []

    def answer(self) -> None:
        self.done.append("answer")

    def play(self, sound: Samples) -> None:
        self._prompt_left = len(sound)

    def stop(self) -> None:
        self._prompt_left = 0

    def enqueue(self, enqueue: int, queue: str) -> None:
        self._enqueue = enqueue
        self.done.append(f"enqueue {queue}")

    def leave_queue(self) -> None:
        self.done.append("leave queue")

    def transfer(self, transfer: int, to: str, timeout_seconds: float) -> None:
        self.done.append(f"transfer to {to}")
        self._signals[self._now + RATE] = TransferAnswered(transfer)

    def stop_transfer(self) -> None:
        self.done.append("stop transfer")

    def callback(self, callback: int, number: str, queue: str) -> None:
        self.done.append(f"callback {number} {queue}")
        self._signals[self._now + FRAME] = CallbackKept(callback)

    def hang_up(self) -> None:
        self.done.append("hang up")

    def exchange(self, longest: int) -> Exchange:
        silence = np.zeros(FRAME, np.int16)
        self._now += FRAME
        found: list[Signal] = []
        if self._prompt_left:
            self._prompt_left -= min(FRAME, self._prompt_left)
            found += [] if self._prompt_left else [PlayedOut()]
        signal = self._signals.get(self._now)
        if isinstance(signal, AgentAnswered | QueueMoved):
            signal = replace(signal, enqueue=self._enqueue)
        return Exchange(self._voice, silence, (*found, signal) if signal else tuple(found))
