"""The callers' sound of the last seconds, in memory that media process and ears share.

A file of fixed size, mapped by everyone: for each slot a counter of frames written and a ring of A-law
frames. The media process writes a frame first and then the counter; a reader that fell behind by more than
the ring holds learns how much it missed. Nothing is ever waited for.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calls.errors import LinkError

#: Samples of a frame: 20 ms at 8 kHz.
FRAME = 160
#: Frames that a slot holds: 10.24 s.
FRAMES = 512
#: Frames next to the one being written that a reader does not trust.
_MARGIN = 4
_MAGIC = np.frombuffer(b"huawu-ring-0001\0", np.int64)
_PAGE = 4096


class SoundRing:
    """The shared memory; make it with :meth:`create` or :meth:`open`.

    Attributes
    ----------
    counters : int64 array, shape (slots,)
        Frames written in each slot since the ring was made; never goes back.
    frames : uint8 array, shape (slots, FRAMES, FRAME)
        A-law; frame ``n`` of a slot lies at ``n % FRAMES``.
    """

    def __init__(self, memory: mmap.mmap, slots: int) -> None:
        self._memory = memory
        head = _head_size(slots)
        self.counters = np.frombuffer(memory, np.int64, slots, 64)
        self.frames = np.frombuffer(memory, np.uint8, slots * FRAMES * FRAME, head).reshape(
            slots, FRAMES, FRAME
        )

    @property
    def slots(self) -> int:
        """How many calls there is room for."""
        return len(self.counters)

    @classmethod
    def create(cls, path: str | Path, slots: int) -> SoundRing:
        """Make the ring in a file on a memory file system, replacing what is there."""
        Path(path).unlink(missing_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, _head_size(slots) + slots * FRAMES * FRAME)
            memory = mmap.mmap(descriptor, 0)
        finally:
            os.close(descriptor)
        ring = cls(memory, slots)
        np.frombuffer(memory, np.int64, 3, 0)[:] = [*_MAGIC, slots]
        return ring

    @classmethod
    def open(cls, path: str | Path) -> SoundRing:
        """Map a ring that the media process has made, for reading.

        Raises
        ------
        LinkError
            There is none.
        """
        try:
            with Path(path).open("rb") as file:
                memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        except (OSError, ValueError) as error:
            raise LinkError(f"ring {path}: {error}", "is the media process running?") from None
        head = np.frombuffer(memory, np.int64, 3, 0)
        slots = int(head[2])
        if not np.array_equal(head[:2], _MAGIC) or len(memory) != _head_size(slots) + slots * FRAMES * FRAME:
            raise LinkError(f"ring {path}: not a ring of this version", "restart all processes")
        return cls(memory, slots)

    def read(self, slot: int, since: int) -> tuple[npt.NDArray[np.uint8], int]:
        """Return what was written to a slot since frame number ``since``.

        Returns
        -------
        sound : uint8 array, shape (n,)
            A-law; n is a multiple of :data:`FRAME`, 0 where there is nothing new.
        missed : int
            Frames before it that are overwritten already.
        """
        written = int(self.counters[slot])
        first = max(since, written - (FRAMES - _MARGIN))
        sound = self.frames[slot, np.arange(first, written) % FRAMES].reshape(-1)
        overtaken = int(self.counters[slot]) - (FRAMES - _MARGIN) - first
        if overtaken > 0:  # the writer came round while this was copied
            sound = sound[overtaken * FRAME :]
            first = min(first + overtaken, written)
        return sound, first - since


def _head_size(slots: int) -> int:
    return -(-(64 + 8 * slots) // _PAGE) * _PAGE
