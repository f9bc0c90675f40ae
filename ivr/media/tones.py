"""Keys as tones, for many legs: only those whose line is not quiet are listened to.

:class:`speech.dtmf.DtmfDetector` hears a fixed number of calls at once. Here a leg gets a place in one of
several when its line becomes loud enough for a key, and gives it back when it was quiet for a while. A
detector without anybody costs nothing, and one that fits the processor's cache costs least for each leg.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from speech.dtmf import DigitStart, DtmfDetector

#: Legs of a detector.
PLACES = 64
#: Quiet frames after which a place is given back; more than any pause within a key.
LINGER = 8

# Mean square of a frame: a tone pair of -40 dBm0 each, speech.tonepair.LEAST_DBM0, that fills a twentieth.
_LOUD = 10 ** (-50 / 10) * 32768**2 / 2
_FRAME = 160
_RATE = 8000


@dataclass(frozen=True, slots=True)
class Tone:
    """A key of a leg went down, or up after ``seconds``."""

    slot: int
    key: str
    what: Literal["down", "up"]
    seconds: float = 0.0


class _Detector:
    """A detector and who has its places."""

    def __init__(self) -> None:
        self.detector = DtmfDetector(PLACES)
        self.slots = np.full(PLACES, -1, np.int64)
        self.quiet = np.zeros(PLACES, np.int64)
        self.down = np.zeros(PLACES, np.bool_)
        self._sound = np.zeros((PLACES, _FRAME), np.int16)

    def feed(self, frames: npt.NDArray[np.int16], loud: npt.NDArray[np.bool_], first: int) -> list[Tone]:
        used = np.flatnonzero(self.slots >= 0)
        rows = self.slots[used] - first
        self._sound[used] = frames[rows]
        self.quiet[used] = np.where(loud[rows], 0, self.quiet[used] + 1)
        told = []
        for event in self.detector.feed(self._sound):
            slot = int(self.slots[event.call])
            if slot < 0:
                continue
            if isinstance(event, DigitStart):
                told.append(Tone(slot, event.digit, "down"))
            else:
                told.append(Tone(slot, event.digit, "up", event.end - event.start))
            self.down[event.call] = isinstance(event, DigitStart)
        return told

    def drop(self, place: int) -> None:
        self.slots[place] = -1
        self._sound[place] = 0
        self.down[place] = False


class ToneWatch:
    """Feed it the next frame of the legs of a span, it tells which keys go down and up.

    Parameters
    ----------
    slots : int
        Legs.
    """

    def __init__(self, slots: int) -> None:
        self._place = np.full(slots, -1, np.int64)
        self._detector: dict[int, _Detector] = {}  # by slot
        self._detectors: dict[int, list[_Detector]] = {}  # by the first slot of a span

    @property
    def listening(self) -> int:
        """How many legs are listened to."""
        return int((self._place >= 0).sum())

    def leave(self, slot: int) -> None:
        """Listen to a leg no more: it is over."""
        if self._place[slot] >= 0:
            self._detector[slot].drop(int(self._place[slot]))
            self._place[slot] = -1

    def feed(self, span: slice, frames: npt.NDArray[np.int16], power: npt.NDArray[np.float32]) -> list[Tone]:
        """Take the next frame of the slots of ``span``.

        Parameters
        ----------
        frames : int16 array, shape (n, 160)
        power : float32 array, shape (n,)
            Mean square of each.
        """
        loud = power > _LOUD
        place = self._place[span]
        new = loud & (place < 0)
        if np.count_nonzero(new):
            for row in np.flatnonzero(new).tolist():
                self._enter(span.start + row, span)
        told: list[Tone] = []
        for each in self._detectors.get(span.start, ()):
            if (each.slots < 0).all():
                continue
            told += each.feed(frames, loud, span.start)
            leaving = (each.quiet > LINGER) & ~each.down & (each.slots >= 0)
            if np.count_nonzero(leaving):
                for slot in each.slots[leaving].tolist():
                    self.leave(slot)
        return told

    def _enter(self, slot: int, span: slice) -> None:
        detectors = self._detectors.setdefault(span.start, [])
        for each in detectors:
            free = np.flatnonzero(each.slots < 0)
            if len(free):
                break
        else:
            each, free = _Detector(), np.arange(PLACES)
            detectors.append(each)
        place = int(free[0])
        each.detector.reset(place)
        each.slots[place], each.quiet[place] = slot, 0
        self._place[slot], self._detector[slot] = place, each
