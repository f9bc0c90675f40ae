"""Who makes sound: energy above the noise of each line, for many legs at once.

The noise of a line is the least power of a frame over the last two to four seconds, which speech does not
hold for so long without a pause between two words (minimum statistics, as in :mod:`speech.gate`). What is
told is sound, not speech: recognisers have a gate of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: Frames of sound, of which only the last may be missing, that make an onset (60 ms); frames without that
#: make an end (300 ms).
ONSET, END = 3, 15

_ABOVE = 10 ** (10 / 10)  # power over the noise
_LEAST = 10 ** (-50 / 10) * 32768**2 / 2  # nothing below -50 dBm0 or so is anybody
_FIRST_NOISE = 10 ** (-60 / 10) * 32768**2 / 2
_WINDOW = 100  # frames

_Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Change:
    """A leg began (``on``) or ceased to make sound, ``ago`` frames ago."""

    slot: int
    on: bool
    ago: int


class Activity:
    """Feed it the power of a frame of each leg, it tells who begins and who ceases.

    Parameters
    ----------
    slots : int
        Legs.
    """

    def __init__(self, slots: int) -> None:
        self._noise = np.full(slots, _FIRST_NOISE, np.float32)
        self._least = np.full(slots, np.inf, np.float32)
        self._watched = np.zeros(slots, np.int16)
        self._run = np.zeros(slots, np.int16)  # frames of the other kind than the state
        self._on = np.zeros(slots, np.bool_)

    def reset(self, slot: int) -> None:
        """Let another leg take the slot."""
        self._noise[slot] = _FIRST_NOISE
        self._least[slot] = np.inf
        self._watched[slot] = self._run[slot] = self._on[slot] = 0

    def feed(self, span: slice, power: _Floats, there: npt.NDArray[np.bool_]) -> list[Change]:
        """Take the next frame of the slots of ``span``.

        Parameters
        ----------
        power : float32 array, shape (n,)
            Mean square of int16 samples.
        there : bool array, shape (n,)
            Rows without a frame are silent and teach nothing of the line.
        """
        noise, least, watched = self._noise[span], self._least[span], self._watched[span]
        sound = (power > _ABOVE * noise) & (power > _LEAST) & there
        np.minimum(least, power, out=least, where=there)
        np.minimum(noise, np.maximum(power, 1.0), out=noise, where=there)
        watched += there
        over = watched >= _WINDOW
        if np.count_nonzero(over):
            noise[over] = np.maximum(least[over], 1.0)
            least[over] = np.inf
            watched[over] = 0
        run, on = self._run[span], self._on[span]
        differs = sound != on
        run += 1
        run *= differs
        turned = run >= np.where(on, END, ONSET)
        if not np.count_nonzero(turned):
            return []
        first = span.start
        told = [Change(first + int(row), not on[row], int(run[row])) for row in np.flatnonzero(turned)]
        on ^= turned
        run[turned] = 0
        return told
