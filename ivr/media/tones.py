"""Keys as tones, for many legs, at a small part of what it costs to listen to all of them.

:class:`speech.dtmf.DtmfDetector` is exact and dear. Here each frame that is not quiet passes a sieve first:
is a good part of its power in one tone of either group of keys? Every key has such a frame, since 40 ms of
tone fill one in any case; of speech about one frame in two hundred is like that. Only then a detector hears
the leg's last 80 ms, at the next frames; where that begins a digit, it goes on with the leg until the digit
is over. So no key is told later than if every leg had a detector all the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from speech.dtmf import DigitStart, DtmfDetector
from speech.g711 import ALAW_SILENCE, alaw_decode
from speech.keytones import HIGH_GROUP, LOW_GROUP
from speech.tonepair import PairFinder

#: Least share of a frame's power in the strongest tones of both groups, and of the weaker one in that: a key
#: of 40 ms that is 1.8 % off and 8 dB twisted has 0.85 and 0.13 in its best frame.
SHARE, WEAKER = 0.55, 0.08
#: Frames that a detector hears at once, 80 ms; and frames, from a suspicious one on, at which it may.
WINDOW, LOOKS = 4, 3
#: Mean square of a frame that holds no key: a pair of -40 dBm0 each, speech.tonepair.LEAST_DBM0, that fills a
#: twentieth of it has more.
QUIET = 10 ** (-50 / 10) * 32768**2 / 2
#: Legs that are looked at in a tick; more have to wait for the next one.
MOST = 64
#: Frames after a digit for which its detector stays, in case another follows.
LINGER = 6

_Floats = npt.NDArray[np.float32]

_FRAME = 160
_LINEAR = alaw_decode(bytes(range(256)))
_OFFSETS = (0.986, 1.0, 1.014)  # of each tone: within 2 % little is lost in 20 ms


def _waves() -> _Floats:
    """Return cosines and sines of all tones, shape (160, 48): low group first, of either kind."""
    tones = np.outer([*LOW_GROUP, *HIGH_GROUP], _OFFSETS).ravel()
    angles = 2 * np.pi * np.outer(np.arange(_FRAME), tones) / 8000
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


_WAVES = _waves()
_TONES = _WAVES.shape[1] // 2


@dataclass(frozen=True, slots=True)
class Tone:
    """A key of a leg went down, or up after ``seconds``."""

    slot: int
    key: str
    what: Literal["down", "up"]
    seconds: float = 0.0


class _Follower:
    """A detector that goes on with the legs whose digits it has found."""

    def __init__(self, slots: npt.NDArray[np.int64]) -> None:
        self.slots = slots.copy()  # -1 where a leg has left
        self._detector = DtmfDetector(len(slots))
        self._down = np.zeros(len(slots), np.bool_)
        self._rest = np.zeros(len(slots), np.int64)  # frames since the last digit

    def feed(self, sound: npt.NDArray[np.uint8]) -> list[Tone]:
        """Take the next sound of its legs, A-law, shape (legs, n)."""
        told = []
        for event in self._detector.feed(_LINEAR[sound]):
            slot = int(self.slots[event.call])
            if slot < 0:
                continue
            begun = isinstance(event, DigitStart)
            self._down[event.call], self._rest[event.call] = begun, 0
            if isinstance(event, DigitStart):
                told.append(Tone(slot, event.digit, "down"))
            else:
                told.append(Tone(slot, event.digit, "up", event.end - event.start))
        return told

    def keep(self, slots: set[int]) -> None:
        """Go on with these legs only."""
        self.slots[[slot not in slots for slot in self.slots.tolist()]] = -1

    def leave(self, slot: int) -> None:
        """Go on without a leg."""
        self.slots[self.slots == slot] = -1

    def rested(self) -> list[int]:
        """Let a frame pass; return the legs that have had no digit for long enough."""
        self._rest += 1
        over = ~self._down & (self._rest > LINGER) & (self.slots >= 0)
        return self.slots[over].tolist() if np.count_nonzero(over) else []


class ToneWatch:
    """Feed it the next frame of the legs of a span, it tells which keys go down and up.

    Parameters
    ----------
    slots : int
        Legs.

    Attributes
    ----------
    waited : int
        Times that a leg had to wait because more than :data:`MOST` were suspicious, since the start.
    """

    def __init__(self, slots: int) -> None:
        self.waited = 0
        self._last = np.full((WINDOW, slots, _FRAME), ALAW_SILENCE, np.uint8)
        self._tick: dict[int, int] = {}  # by the first slot of a span
        self._looks = np.zeros(slots, np.int64)
        self._followed = np.zeros(slots, np.bool_)
        self._followers: dict[int, list[_Follower]] = {}

    @property
    def followed(self) -> int:
        """How many legs a detector goes on with."""
        return int(self._followed.sum())

    def leave(self, slot: int) -> None:
        """Forget a leg: it is over, or another takes the slot."""
        if self._followed[slot]:
            self._followed[slot] = False
            for followers in self._followers.values():
                for each in followers:
                    each.leave(slot)
        self._looks[slot] = 0
        self._last[:, slot] = ALAW_SILENCE

    def feed(self, span: slice, frames: npt.NDArray[np.uint8], linear: _Floats, power: _Floats) -> list[Tone]:
        """Take the next frame of the slots of ``span``.

        Parameters
        ----------
        frames : uint8 array, shape (n, 160)
            A-law.
        linear : float32 array, shape (n, 160)
            The same as samples of int16's range.
        power : float32 array, shape (n,)
            Mean square of each frame's samples.
        """
        tick = self._tick[span.start] = self._tick.get(span.start, -1) + 1
        self._last[tick % WINDOW, span] = frames
        told = self._follow(span)
        looks = self._looks[span]
        before = looks > 0
        loud = (power > QUIET).nonzero()[0]
        if len(loud):
            looks[loud[_suspicious(linear[loud], power[loud])]] = LOOKS
        rows = (looks > 0).nonzero()[0]
        if len(rows):
            rows = rows[~self._followed[span][rows]]
            self.waited += max(len(rows) - MOST, 0)
            rows = rows[:MOST]
            looks[rows] -= 1
            # A tone that fills no more than the newest frame is too young to be a digit.
            rows = rows[before[rows]]
        if len(rows):
            told += self._look(span, rows + span.start, tick)
        return told

    def _look(self, span: slice, slots: npt.NDArray[np.int64], tick: int) -> list[Tone]:
        """Let a new detector hear the last frames of some legs, and go on with those that press a key."""
        ticks = np.arange(tick - WINDOW + 1, tick + 1) % WINDOW
        sound = self._last[ticks[:, None], slots].transpose(1, 0, 2).reshape(len(slots), -1)
        # Most are no keys, which the first half of a detector tells by itself.
        if not any(pairs.evidence.any() for pairs in PairFinder(len(slots)).feed(_LINEAR[sound])):
            return []
        follower = _Follower(slots)
        told = follower.feed(sound)
        pressing = {tone.slot for tone in told}
        if pressing:
            follower.keep(pressing)
            self._followed[list(pressing)] = True
            self._followers.setdefault(span.start, []).append(follower)
        return told

    def _follow(self, span: slice) -> list[Tone]:
        followers = self._followers.get(span.start)
        if not followers:
            return []
        told: list[Tone] = []
        newest = self._last[self._tick[span.start] % WINDOW]
        for each in followers:
            told += each.feed(newest[each.slots])
            for slot in each.rested():
                each.leave(slot)
                self._followed[slot] = False
        followers[:] = [each for each in followers if (each.slots >= 0).any()]
        return told


def _suspicious(frames: _Floats, power: _Floats) -> npt.NDArray[np.bool_]:
    """Tell in which frames a good part of the power is in one tone of either group."""
    parts = frames @ _WAVES
    parts *= parts
    found = parts[:, :_TONES] + parts[:, _TONES:]
    half = _TONES // 2
    # A tone of amplitude a that fills the frame gives (a·160/2)², and a mean square of a²/2.
    unit = power * (_FRAME * _FRAME / 2)
    low, high = found[:, :half].max(axis=1), found[:, half:].max(axis=1)
    both = low + high
    return np.asarray((both >= SHARE * unit) & (np.minimum(low, high) >= WEAKER * both))
