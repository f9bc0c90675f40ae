"""Microphone and headphones in steps of 20 ms at the telephone's rate, whatever the card's own rate is.

Between the threads of the sound system, which only move bytes, and the call, which may take its time,
stand two queues: :class:`Capture` and :class:`Playback`. The microphone is the clock of the call; what
the headphones played is told in its step.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from queue import Empty, SimpleQueue

import numpy as np
import soxr

from calls.errors import SoundCardError
from ivr.doors import FRAME, RATE, Samples

#: Steps in a second; a card's rate is a multiple of it.
STEPS = RATE // FRAME
#: Blocks from the microphone that may wait for the call: a recogniser takes its time over a long word.
BACKLOG = 10 * STEPS
#: Seconds without a sign of life after which the card counts as gone.
PATIENCE = 5.0

_LEAD = 5  # steps that the headphones may be ahead of the microphone: two clocks are never the same
_SILENCE = np.zeros(FRAME, np.int16)
_QUALITY = "LQ"  # of soxr: exact to 16 bits; its better ones hold sound back for up to 160 ms


class Capture:
    """From the microphone: blocks of the card go in, frames of the telephone come out.

    Parameters
    ----------
    rate : int
        Of the card, in hertz, a multiple of :data:`STEPS`.
    """

    def __init__(self, rate: int) -> None:
        #: As given.
        self.rate = rate
        self._resampler = (
            soxr.ResampleStream(rate, RATE, 1, dtype="int16", quality=_QUALITY) if rate != RATE else None
        )
        self._blocks: SimpleQueue[bytes] = SimpleQueue()
        self._ready = np.zeros(0, np.int16)
        #: Blocks that were lost: the card reported it, or nobody fetched them in time.
        self.lost = 0

    def put(self, block: bytes, *, after_loss: bool = False) -> None:
        """Take what the card recorded: int16, one channel. Called in the sound system's thread."""
        self.lost += after_loss
        if self._blocks.qsize() < BACKLOG:
            self._blocks.put(block)
        else:
            self.lost += 1

    def take(self, patience: float) -> Samples:
        """Return the next frame, int16, shape (160,); wait ``patience`` seconds for a block at most.

        Raises
        ------
        queue.Empty
            None came.
        """
        while len(self._ready) < FRAME:
            block = np.frombuffer(self._blocks.get(timeout=patience), np.int16)
            sound = self._resampler.resample_chunk(block) if self._resampler else block
            self._ready = np.concatenate([self._ready, sound])
        frame, self._ready = self._ready[:FRAME], self._ready[FRAME:]
        return frame

    def forget(self) -> None:
        """Drop what waits."""
        while not self._blocks.empty():
            self._blocks.get()
        self.lost = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """20 ms on their way out: for the card, for the recording, and the sound whose last ones they are."""

    card: bytes
    telephone: Samples
    ends: object = None


class Playback:
    """To the headphones: sounds of the telephone go in, blocks of the card come out.

    Parameters
    ----------
    rate : int
        Of the card, in hertz, a multiple of :data:`STEPS`.
    """

    def __init__(self, rate: int) -> None:
        #: As given.
        self.rate = rate
        self._size = rate // STEPS
        self._silence = _Step(bytes(2 * self._size), _SILENCE)
        self._waiting: deque[_Step] = deque()
        self._played: deque[_Step] = deque()
        self._sound: object = None
        #: Steps, up to now, for which there was a sound that the card did not take.
        self.stalled = 0
        #: Gaps that the card reported.
        self.gaps = 0

    def play(self, sound: Samples) -> None:
        """Play ``sound``, int16 at 8 kHz, shape (n,), instead of what is being played."""
        self.stop()
        count = max(-(-len(sound) // FRAME), 1)
        telephone = np.pad(sound, (0, count * FRAME - len(sound)))
        card = telephone if self.rate == RATE else soxr.resample(telephone, RATE, self.rate)
        card = np.resize(card, count * self._size)  # where rounding made it a sample shorter or longer
        self._sound = object()
        steps = zip(np.split(card, count), np.split(telephone, count), strict=True)
        *first, last = [_Step(block.tobytes(), frame) for block, frame in steps]
        self._waiting.extend([*first, _Step(last.card, last.telephone, ends=self._sound)])

    def stop(self) -> None:
        """Hand nothing more to the card: what it holds in its own buffer is all that is still heard."""
        self._sound = None
        self._waiting.clear()

    def next_block(self, *, after_gap: bool = False) -> bytes:
        """Return what the card plays next. Called in the sound system's thread."""
        self.gaps += after_gap
        try:
            step = self._waiting.popleft()
        except IndexError:
            step = self._silence
        self._played.append(step)
        return step.card

    def take(self) -> tuple[Samples, bool]:
        """Return the frame that was played, int16, shape (160,), and whether a sound has ended."""
        if not self._played:
            self.stalled = self.stalled + 1 if self._waiting else 0
            return _SILENCE, False
        self.stalled = 0
        steps = [self._played.popleft() for _ in range(max(len(self._played) - _LEAD, 1))]
        ended = self._sound is not None and any(step.ends is self._sound for step in steps)
        return steps[-1].telephone, ended

    def forget(self) -> None:
        """Drop the account of what was played."""
        self._played.clear()
        self.gaps = 0


class SoundCard:
    """An open microphone and open headphones; :func:`ivr.doors.portaudio.open_sound_card` makes it.

    Parameters
    ----------
    capture, playback : Capture, Playback
        Served by the sound system.
    """

    def __init__(self, capture: Capture, playback: Playback) -> None:
        self._capture = capture
        self._playback = playback

    @property
    def lost(self) -> int:
        """Blocks of 20 ms that the microphone recorded and the call never got."""
        return self._capture.lost

    @property
    def gaps(self) -> int:
        """Times that the headphones ran out of sound."""
        return self._playback.gaps

    def start(self) -> None:
        """Wait until the microphone runs, and begin with what it hears from then on.

        Raises
        ------
        SoundCardError
            It does not run.
        """
        self.exchange()
        self._capture.forget()
        self._playback.forget()

    def play(self, sound: Samples) -> None:
        """Play ``sound``, int16 at 8 kHz, shape (n,), instead of what is being played."""
        self._playback.play(sound)

    def stop(self) -> None:
        """Play nothing more."""
        self._playback.stop()

    def exchange(self) -> tuple[Samples, Samples, bool]:
        """Wait for the next 20 ms; return what was heard, what was played, and whether a sound has ended.

        Raises
        ------
        SoundCardError
            The card has stopped.
        """
        try:
            heard = self._capture.take(PATIENCE)
        except Empty:
            raise _gone("the microphone has given no sound") from None
        played, ended = self._playback.take()
        if self._playback.stalled > PATIENCE * STEPS:
            raise _gone("the headphones have taken no sound")
        return heard, played, ended


def _gone(what: str) -> SoundCardError:
    return SoundCardError(
        f"{what} for {PATIENCE:.0f} s", "is the headset still plugged in? huawu call --list-devices shows it"
    )
