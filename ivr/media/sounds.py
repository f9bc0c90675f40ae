"""Sounds for playing, in memory: one array of frames for all of them.

A sound has a stretch of whole frames, its end padded with silence. Where there is no room left, those that
were not played for longest make it; they are read again when they are asked for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from speech.g711 import ALAW_SILENCE

#: Samples of a frame.
FRAME = 160


class SoundBank:
    """The array, and which sound lies where.

    Parameters
    ----------
    frames : int
        Room for sounds.
    reserved : int
        Frames before them that are not for sounds; the first is silence and stays so.

    Attributes
    ----------
    frames : uint8 array, shape (reserved + frames, 160)
        A-law.
    """

    def __init__(self, frames: int, reserved: int = 1) -> None:
        self.frames: npt.NDArray[np.uint8] = np.empty((reserved + frames, FRAME), np.uint8)
        self.frames[0] = ALAW_SILENCE
        self._first = reserved
        self._places: dict[str, tuple[int, int]] = {}  # in the order of their last use
        self._held: dict[str, int] = {}

    def __contains__(self, sound: str) -> bool:
        return sound in self._places

    def put(self, sound: str, data: bytes) -> bool:
        """Keep a sound, A-law; tell whether there was room for it."""
        if sound in self._places:
            return True
        count = max(-(-len(data) // FRAME), 1)
        start = self._room(count)
        while start is None:
            idle = next((name for name in self._places if not self._held.get(name)), None)
            if idle is None:
                return False
            del self._places[idle]
            start = self._room(count)
        place = self.frames[start : start + count].reshape(-1)
        place[: len(data)] = np.frombuffer(data, np.uint8)
        place[len(data) :] = ALAW_SILENCE
        self._places[sound] = start, start + count
        return True

    def hold(self, sound: str) -> tuple[int, int]:
        """Return the first frame of a sound and the one after its last; it stays until :meth:`release`."""
        place = self._places.pop(sound)
        self._places[sound] = place
        self._held[sound] = self._held.get(sound, 0) + 1
        return place

    def release(self, sound: str) -> None:
        """Nobody plays the sound any more who held it."""
        held = self._held.pop(sound, 0)
        if held > 1:
            self._held[sound] = held - 1

    def forget(self) -> None:
        """Drop everything."""
        self._places.clear()
        self._held.clear()

    def _room(self, count: int) -> int | None:
        """Return the first frame of a free stretch, ``None`` where there is none so long."""
        start = self._first
        for begin, end in sorted(self._places.values()):
            if begin - start >= count:
                return start
            start = end
        return start if len(self.frames) - start >= count else None
