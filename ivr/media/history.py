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

    def note(self, tick: int, span: slice, party: _Bytes, heard: _Bytes) -> None:
        """Take the frames of a tick: uint8 arrays, shape (n, 160), A-law."""
        self._party[tick % KEPT, span] = party
        self._heard[tick % KEPT, span] = heard

    def before(self, tick: int, slots: npt.NDArray[np.int64], frames: int) -> _Bytes:
        """Return what came from the party in the last frames before a tick, shape (n, frames × 160)."""
        ticks = np.arange(tick - frames, tick) % KEPT
        return self._party[ticks, slots[:, None]].reshape(len(slots), -1)

    def party(self, slot: int, first: int, end: int) -> bytes:
        """Return the party's sound of the ticks from ``first`` to before ``end``, at most KEPT."""
        return _cut(self._party, slot, first, end)

    def heard(self, slot: int, first: int, end: int) -> bytes:
        """Return what the party heard in those ticks."""
        return _cut(self._heard, slot, first, end)


def _cut(ring: _Bytes, slot: int, first: int, end: int) -> bytes:
    begin, stop = first % KEPT, end % KEPT
    if first < end and stop <= begin:
        return ring[begin:, slot].tobytes() + ring[:stop, slot].tobytes()
    return ring[begin:stop, slot].tobytes()
