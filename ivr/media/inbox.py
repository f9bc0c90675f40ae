"""Packets as they are fetched from the sockets, and read many at once.

All sockets are drained every 5 ms; a packet of the common form, 12 bytes of header and 160 of
sound, stays where the system put it, in a row of an array. Everything else is handed on at once.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ivr.media.rtp import HEADER, PCMA, PCMU
from speech.g711 import alaw_encode, ulaw_decode

#: Bytes that are read of a packet: 60 ms of sound, and room for extensions. No power of two: rows of that
#: length would meet in the same few lines of the processor's cache.
LARGEST = 1088
#: Packets that may wait to be read together.
MOST = 4096
#: Times that every socket is asked in one go: no party gets more attention than this.
PASSES = 3

_COMMON = HEADER + 160
_HEADS = np.dtype(
    {
        "names": ["first", "second", "sequence", "timestamp", "source"],
        "formats": ["u1", "u1", ">u2", ">u4", ">u4"],
        "offsets": [0, 1, 2, 4, 8],
        "itemsize": HEADER,
    }
)
_ULAW_TO_ALAW = np.frombuffer(alaw_encode(ulaw_decode(bytes(range(256)))), np.uint8)

#: Puts a packet into a row and returns its length; 0 where there is nothing more to do with it.
Receive = Callable[[memoryview], int]


@dataclass(frozen=True, slots=True, eq=False)
class Packets:
    """Packets of one frame, one at most of each leg; ``frames`` are A-law, shape (n, 160)."""

    slots: npt.NDArray[np.int64]
    sequences: npt.NDArray[np.int64]
    timestamps: npt.NDArray[np.int64]
    frames: npt.NDArray[np.uint8]


class Inbox:
    """The sockets of all legs.

    Parameters
    ----------
    slots : int
        Legs.
    odd : callable
        Called with slot and packet where it is not of the common form or not of the known source.

    Attributes
    ----------
    source : int64 array, shape (slots,)
        SSRC that each leg's packets are expected from, −1 where none is.
    """

    def __init__(self, slots: int, odd: Callable[[int, bytes], None]) -> None:
        self.source = np.full(slots, -1, np.int64)
        self._odd = odd
        self._epoll = select.epoll()
        self._rows = np.zeros((MOST, LARGEST), np.uint8)
        self._views = [row.data for row in self._rows]
        self._receive: dict[int, Receive] = {}
        self._slot: dict[int, int] = {}
        self._who: list[int] = []
        self._first = np.zeros(slots, np.int64)

    def watch(self, descriptor: int, slot: int, receive: Receive) -> None:
        """Fetch packets from a socket, from now on by ``receive``."""
        if descriptor not in self._receive:
            self._epoll.register(descriptor, select.EPOLLIN)
        self._receive[descriptor] = receive
        self._slot[descriptor] = slot

    def forget(self, descriptor: int) -> None:
        """Fetch no more from a socket."""
        if self._receive.pop(descriptor, None):
            self._epoll.unregister(descriptor)

    def close(self) -> None:
        """Fetch no more at all."""
        self._epoll.close()

    def fetch(self) -> None:
        """Fetch what has come. A party that sends too much loses the rest of it."""
        views, who = self._views, self._who
        receivers, slots = self._receive, self._slot
        for _ in range(PASSES):
            ready = self._epoll.poll(0, MOST // 2)
            if not ready:
                return
            row = len(who)
            if row + len(ready) > MOST:
                return
            for descriptor, _events in ready:
                try:
                    size = receivers[descriptor](views[row])
                except OSError:  # an earlier packet was refused: the party is gone, or not there yet
                    continue
                if size == _COMMON:
                    who.append(slots[descriptor])
                    row += 1
                elif size:
                    self._odd(slots[descriptor], bytes(views[row][:size]))

    def read(self) -> Iterator[Packets]:
        """Yield the packets of one frame fetched since this was last called, one of each leg at a time."""
        if not self._who:
            return
        count = len(self._who)
        slots = np.array(self._who)
        self._who.clear()
        heads = self._rows[:count, :HEADER].copy().view(_HEADS).reshape(-1)
        kind = heads["second"] & 0x7F
        source = heads["source"].astype(np.int64)
        common = (heads["first"] == 0x80) & (source == self.source[slots])
        common &= (kind == PCMA) | (kind == PCMU)
        frames = self._rows[:count, HEADER:_COMMON]
        if not common.all():
            for row in np.flatnonzero(~common).tolist():
                self._odd(int(slots[row]), self._rows[row, :_COMMON].tobytes())
            which = np.flatnonzero(common)
            slots, heads, frames, kind = slots[which], heads[which], frames[which], kind[which]
        sequences = heads["sequence"].astype(np.int64)
        timestamps = heads["timestamp"].astype(np.int64)
        other = kind == PCMU
        if np.count_nonzero(other):
            frames = frames.copy()
            frames[other] = _ULAW_TO_ALAW[frames[other]]
        while len(slots):
            # The first packet of each leg; what a second one writes over it is put right by the order.
            order = np.arange(len(slots))
            self._first[slots[::-1]] = order[::-1]
            first = self._first[slots] == order
            if first.all():
                yield Packets(slots, sequences, timestamps, frames)
                return
            yield Packets(slots[first], sequences[first], timestamps[first], frames[first])
            rest = ~first
            slots, sequences, timestamps, frames = (
                slots[rest],
                sequences[rest],
                timestamps[rest],
                frames[rest],
            )
