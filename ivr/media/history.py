"""The last frames of both sides of every leg, which recordings and messages are cut from.

All legs write at the same place of their rings, so that a tick is one assignment for all of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from speech.g711 import ALAW_SILENCE

#: Samples of a frame.
FRAME = 160
#: Frames that are kept: 1.28 s.
KEPT = 64

_Ints = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]


class History:
    """Rings of frames of the party and of what it heard.

    Parameters
    ----------
    slots : int
        Legs.
    """

    def __init__(self, slots: int) -> None:
        # the frames of a tick lie side by side: they are written together, and read one leg at a time
        self._party = np.zeros((KEPT, slots, FRAME), np.uint8)
        self._heard = np.zeros((KEPT, slots, FRAME), np.uint8)

    def reset(self, slot: int) -> None:
        """Let another leg take the slot."""
        self._party[:, slot] = self._heard[:, slot] = ALAW_SILENCE

    def note_party(self, tick: int, span: slice, frames: _Bytes) -> None:
        """Take what came from the parties in a tick: uint8 array, shape (n, 160), A-law."""
        self._party[tick % KEPT, span] = frames

    def note_heard(self, tick: int, span: slice, frames: _Bytes) -> None:
        """Take what the parties heard in it."""
        self._heard[tick % KEPT, span] = frames

    def party(self, slots: _Ints, first: int, end: int) -> _Bytes:
        """Return what came from parties in the ticks from ``first`` to before ``end``, at most KEPT.

        Returns
        -------
        uint8 array, shape (n, ticks × 160)
            A-law, a row for each of ``slots``.
        """
        return _cut(self._party, slots, first, end)

    def heard(self, slots: _Ints, first: int, end: int) -> _Bytes:
        """Return what they heard in those ticks."""
        return _cut(self._heard, slots, first, end)


def _cut(ring: _Bytes, slots: _Ints, first: int, end: int) -> _Bytes:
    ticks = np.arange(first, end) % KEPT
    return ring[ticks, slots[:, None]].reshape(len(slots), -1)
