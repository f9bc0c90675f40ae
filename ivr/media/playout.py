"""What each party hears: a position in the bank of sounds for each leg, moved on by a frame at a time.

A leg without anything to hear stands at frame 0, which is silence. Prompts lie in the bank whole. What is
still being made (speech synthesis), and what is not kept for long (messages, key tones), is brought there in
stretches of :data:`STAGE` frames, to a place that each leg has for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ivr.media.sounds import FRAME, SoundBank
from speech.g711 import ALAW_SILENCE

#: Frames that a leg's own place holds: 0.64 s.
STAGE = 32
#: Bytes of a stream that may wait to be played: 2 min; synthesis is faster than speech.
MOST_WAITING = 960_000

_SILENCE = bytes([ALAW_SILENCE])


@dataclass(slots=True)
class Stream:
    """Sound that is played as it comes.

    Parameters
    ----------
    play : int or None
        As in :class:`ivr.wire.media.PlayStream`; none for what has no end to tell.
    most : int
        Bytes that may wait.
    """

    play: int | None
    most: int = MOST_WAITING
    complete: bool = False
    dropped: int = 0
    _waiting: bytearray = field(default_factory=bytearray)

    def feed(self, sound: bytes, *, last: bool = False) -> None:
        """Take the next piece, A-law; what exceeds ``most`` is dropped and counted."""
        room = self.most - len(self._waiting)
        self.dropped += max(len(sound) - room, 0)
        self._waiting += sound[:room]
        self.complete |= last

    def fetch(self) -> bytes:
        """Return what there is of the next stretch, whole frames; the last one is padded."""
        size = min(len(self._waiting), STAGE * FRAME)
        if not self.complete or size < len(self._waiting):
            size -= size % FRAME
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken + _SILENCE * (-size % FRAME)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.complete and not self._waiting


class Playout:
    """Positions of all legs in the bank.

    Parameters
    ----------
    slots : int
        Legs.
    bank : SoundBank
        Made with :meth:`reserved` frames that are not for sounds.
    ended : callable
        Called with slot and play when the last frame of it was given.
    """

    def __init__(self, slots: int, bank: SoundBank, ended: Callable[[int, int], None]) -> None:
        self._bank = bank
        self._ended = ended
        #: Frame of the bank that each leg hears next, 0 where it hears nothing.
        self.at = np.zeros(slots, np.int64)
        self._step = np.zeros(slots, np.int64)
        self._end = np.full(slots, -1, np.int64)
        self._loop: dict[int, int] = {}  # slot → first frame
        self._play: dict[int, int] = {}  # slot → play of a sound
        self._sound: dict[int, str] = {}  # slot → sound held
        self._streams: dict[int, Stream] = {}

    @staticmethod
    def reserved(slots: int) -> int:
        """Return how many frames of the bank are not for sounds."""
        return 1 + slots * STAGE

    def busy(self, slot: int) -> bool:
        """Tell whether a leg has something to hear, even if it has not come yet."""
        return bool(self._step[slot]) or slot in self._streams

    def play(self, slot: int, sound: str, play: int, *, loop: bool = False) -> None:
        """Let a leg hear a sound of the bank from its beginning, instead of what it hears."""
        self.stop(slot)
        first, end = self._bank.hold(sound)
        self._sound[slot] = sound
        if loop:
            self._loop[slot] = first
        else:
            self._play[slot] = play
        self._go(slot, first, end)

    def play_stream(self, slot: int, stream: Stream) -> None:
        """Let a leg hear a stream, instead of what it hears."""
        self.stop(slot)
        self._streams[slot] = stream
        self._refill(slot)

    def feed(self, slot: int, play: int, sound: bytes, *, last: bool) -> int:
        """Take a piece of a stream; return how many bytes there was no room for."""
        stream = self._streams.get(slot)
        if stream is None or stream.play != play:
            return 0
        before = stream.dropped
        stream.feed(sound, last=last)
        if not self._step[slot]:
            self._refill(slot)
        return stream.dropped - before

    def stop(self, slot: int) -> None:
        """Let a leg hear nothing from the next frame on."""
        self.at[slot] = self._step[slot] = 0
        self._end[slot] = -1
        self._loop.pop(slot, None)
        self._play.pop(slot, None)
        self._streams.pop(slot, None)
        sound = self._sound.pop(slot, None)
        if sound is not None:
            self._bank.release(sound)

    def take(self, span: slice) -> npt.NDArray[np.uint8]:
        """Return the frames that the slots of ``span`` hear now, uint8, shape (n, 160), and go on."""
        at = self.at[span]
        frames = self._bank.frames.take(at, axis=0)
        at += self._step[span]
        over = at == self._end[span]
        if np.count_nonzero(over):
            for row in np.flatnonzero(over).tolist():
                self._over(span.start + row)
        return frames

    def _go(self, slot: int, first: int, end: int) -> None:
        self.at[slot], self._step[slot], self._end[slot] = first, 1, end

    def _over(self, slot: int) -> None:
        if slot in self._loop:
            self.at[slot] = self._loop[slot]
        elif slot in self._streams:
            self._refill(slot)
        else:
            play = self._play[slot]
            self.stop(slot)
            self._ended(slot, play)

    def _refill(self, slot: int) -> None:
        stream = self._streams[slot]
        sound = stream.fetch()
        if sound:
            first = 1 + slot * STAGE
            stretch = np.frombuffer(sound, np.uint8).reshape(-1, FRAME)
            self._bank.frames[first : first + len(stretch)] = stretch
            self._go(slot, first, first + len(stretch))
            return
        self.at[slot] = self._step[slot] = 0
        self._end[slot] = -1
        if stream.over:
            self.stop(slot)
            if stream.play is not None:
                self._ended(slot, stream.play)
