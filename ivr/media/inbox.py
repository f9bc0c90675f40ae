"""Packets as they are fetched from the sockets, and read many at once.

A packet of the common form, 12 bytes of header and 160 of sound, stays where the system put it, in a row of
an array, until the next are fetched. Everything else is handed on at once.

Where :mod:`ivr.media.uring` works, packets of all settled parties are received by one call; else, and where
it is not settled yet who sends, by one call each.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import structlog

from ivr.media.readiness import Readiness
from ivr.media.rtp import HEADER, PCMA, PCMU
from ivr.media.uring import Uring, receives
from speech.g711 import ULAW_TO_ALAW

#: Bytes that are read of a packet: 60 ms of sound, and room for extensions. No power of two: rows of that
#: length would meet in the same few lines of the processor's cache.
LARGEST = 1088
#: Packets of a socket that are fetched at once: a party that sends one every 10 ms may catch up with a burst.
ROUNDS = 4
#: Packets that are fetched together; more wait for the next time.
MOST = 2048

_COMMON = HEADER + 160
_DESCRIPTORS = 4096  # that there is room for at first
# the first two bytes of a packet, of which the marker does not matter
_KIND, _ALAW, _ULAW = 0xFF7F0000, (0x8000 | PCMA) << 16, (0x8000 | PCMU) << 16
_ULAW_TO_ALAW = np.frombuffer(ULAW_TO_ALAW, np.uint8)

_Ints = npt.NDArray[np.int64]
_log = structlog.get_logger()

#: Puts a packet into a row and returns its length; 0 where there is nothing more to do with it.
Receive = Callable[[memoryview], int]


@dataclass(frozen=True, slots=True, eq=False)
class Packets:
    """Packets of one frame, one at most of each leg; ``frames`` are A-law, shape (n, 160)."""

    slots: _Ints
    sequences: _Ints
    timestamps: _Ints
    frames: npt.NDArray[np.uint8]

    def at(self, which: npt.NDArray[np.bool_]) -> Packets:
        """Return some of them."""
        return Packets(
            self.slots[which],
            self.sequences[which],
            self.timestamps[which],
            self.frames[which],
        )


class Inbox:
    """The sockets of all legs.

    Parameters
    ----------
    slots : int
        Legs.
    odd : callable
        Called with slot and packet where it is not of the common form or not of the known source.
    ring : Uring or None
        For receiving many packets by one call.

    Attributes
    ----------
    source : int64 array, shape (slots + 1,)
        SSRC that each leg's packets are expected from, −1 where none is, and for nobody in the end.
    """

    def __init__(self, slots: int, odd: Callable[[int, bytes], None], ring: Uring | None = None) -> None:
        self.source = np.full(slots + 1, -1, np.int64)
        self._odd = odd
        self._ring = ring
        self._readiness = Readiness(MOST)
        self._rows = np.zeros((MOST, LARGEST), np.uint8)
        self._views = [row.data for row in self._rows]
        self._heads = self._rows.view(">u4")[:, : HEADER // 4]
        self._requests = receives(self._rows)
        self._receive: dict[int, Receive] = {}
        self._slots = np.full(_DESCRIPTORS, -1, np.int64)  # by descriptor
        self._settled = np.zeros(_DESCRIPTORS, np.bool_)
        self._who = np.zeros(MOST, np.int64)  # of each row, −1 where it holds nothing more
        self._count = 0  # of the rows in use

    def watch(self, descriptor: int, slot: int, receive: Receive) -> None:
        """Fetch packets from a socket, from now on by ``receive``."""
        if descriptor >= len(self._slots):
            more = descriptor + 1
            self._slots = np.concatenate([self._slots, np.full(more, -1)])
            self._settled = np.concatenate([self._settled, np.zeros(more, np.bool_)])
        if descriptor not in self._receive:
            self._readiness.register(descriptor)
        self._receive[descriptor] = receive
        self._slots[descriptor] = slot
        self._settled[descriptor] = False

    def settle(self, sound: socket.socket, slot: int) -> None:
        """Fetch packets from a socket that hears one party only."""
        self.watch(sound.fileno(), slot, sound.recv_into)
        self._settled[sound.fileno()] = self._ring is not None

    def forget(self, descriptor: int) -> None:
        """Fetch no more from a socket."""
        if self._receive.pop(descriptor, None):
            self._readiness.unregister(descriptor)

    def close(self) -> None:
        """Fetch no more at all."""
        self._readiness.close()

    def fetch(self) -> Iterator[Packets]:
        """Fetch up to :data:`ROUNDS` packets of each socket: nobody gets more attention than others.

        What else there is of a burst is fetched the next time: it is not heard earlier in any case. A party
        that sends more than that loses what its socket does not hold.

        Yields
        ------
        Packets
            To be used before the next ones are asked for.
        """
        for _ in range(ROUNDS):
            ready = self._readiness.poll()
            if not len(ready):
                return
            self._count = 0
            if self._ring:
                ready = self._fetch_settled(self._ring, ready)
            self._fetch_singly(ready)
            packets = self._common(self._count)
            if len(packets.slots):
                yield packets

    def _fetch_singly(self, ready: npt.NDArray[np.int32]) -> None:
        row, views, receivers, who = self._count, self._views, self._receive, self._who
        for descriptor, slot in zip(ready.tolist(), self._slots[ready].tolist(), strict=True):
            try:
                size = receivers[descriptor](views[row])
            except OSError:  # an earlier packet was refused: the party is gone, or not there yet
                continue
            if size == _COMMON:
                who[row] = slot
                row += 1
            elif size:
                self._odd(slot, bytes(views[row][:size]))
        self._count = row

    def _fetch_settled(self, ring: Uring, ready: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Fetch from those that are settled by one call; return the others."""
        settled = self._settled[ready]
        singly = ready[:0]
        if not settled.all():
            ready, singly = ready[settled], ready[~settled]
        count = len(ready)
        requests = self._requests[:count]
        requests["descriptor"] = ready
        try:
            answers = ring.run(requests)
        except OSError as error:
            _log.warning("io_uring fails, packets are received one by one", reason=str(error))
            self._ring = None
            self._settled[:] = False
            return ready
        self._who[:count] = self._slots[ready]
        self._count = count
        others = answers["result"] != _COMMON
        if np.count_nonzero(others):
            for row, size, _ in answers[others].tolist():
                slot, self._who[row] = int(self._who[row]), -1
                if size > 0:
                    self._odd(slot, bytes(self._views[row][:size]))
        return singly

    def _common(self, count: int) -> Packets:
        """Return the packets in the first rows that are sound of those it is expected from."""
        slots = self._who[:count]
        heads = self._heads[:count].astype(np.int64)
        packets = Packets(slots, heads[:, 0] & 0xFFFF, heads[:, 1], self._rows[:count, HEADER:_COMMON])
        kind = heads[:, 0] & _KIND
        expected = heads[:, 2] == self.source[slots]
        usual = expected & (kind == _ALAW)
        if np.count_nonzero(usual) == count:
            return packets
        ulaw = expected & (kind == _ULAW)
        if np.count_nonzero(ulaw):
            packets.frames[ulaw] = _ULAW_TO_ALAW[packets.frames[ulaw]]
            usual |= ulaw
        for row in (~usual & (slots >= 0)).nonzero()[0].tolist():
            self._odd(int(slots[row]), self._rows[row, :_COMMON].tobytes())
        return packets.at(usual)
