"""Packets to the parties: an array of them, one row for each leg, sent where each leg stands."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import structlog

from ivr.media.leg import Leg
from ivr.media.rtp import HEADER, PCMA, PCMU, packed
from ivr.media.uring import Uring, sends
from speech.g711 import ALAW_TO_ULAW

_FRAME = 160
_PACKETS = np.dtype(
    [
        ("first", "u1"),
        ("second", "u1"),
        ("sequence", ">u2"),
        ("timestamp", ">u4"),
        ("source", ">u4"),
        ("sound", "u1", (_FRAME,)),
    ]
)
_ALAW_TO_ULAW = np.frombuffer(ALAW_TO_ULAW, np.uint8)
_log = structlog.get_logger()

Send = Callable[[memoryview | bytes], int]


class Outbox:
    """What is sent to each leg.

    Parameters
    ----------
    slots : int
        Legs.
    ring : Uring or None
        For sending many packets by one call.

    Attributes
    ----------
    packets, octets : int64 arrays, shape (slots,)
        Sent to each leg: packets, and bytes of sound.
    failed : int
        Packets that could not be sent, since the start.
    """

    def __init__(self, slots: int, ring: Uring | None = None) -> None:
        self._ring = ring
        self.packets = np.zeros(slots, np.int64)
        self.octets = np.zeros(slots, np.int64)
        self.failed = 0
        self._rows = np.zeros(slots, _PACKETS)
        self._rows["first"] = 0x80
        raw = self._rows.view(np.uint8).reshape(slots, HEADER + _FRAME)
        self._views = [row.data for row in raw]
        self._requests = sends(raw)
        self._sequence = np.zeros(slots, np.int64)
        self._timestamp = np.zeros(slots, np.int64)
        self._source = np.zeros(slots, np.int64)
        self._ulaw = np.zeros(slots, np.bool_)
        self._common = np.zeros(slots, np.int64)  # 1 where every frame is one packet
        self._send: list[Send] = [_nowhere] * slots
        self._marked: set[int] = set()
        self._legs: dict[int, list[Leg]] = {}  # by the first slot of a span
        self._plain: dict[int, list[int]] = {}
        # of the plain ones: those whose sockets have one party, and the others
        self._parted: dict[int, tuple[npt.NDArray[np.int64], list[int]]] = {}
        self._special: dict[int, list[Leg]] = {}

    def reset(self, slot: int) -> None:
        """Let another leg take the slot: numbers begin anywhere (RFC 3550, 5.1)."""
        self.packets[slot] = self.octets[slot] = 0
        self._sequence[slot] = random.getrandbits(15)
        self._timestamp[slot] = random.getrandbits(32)
        self._source[slot] = self._rows["source"][slot] = random.getrandbits(32)
        self._ulaw[slot] = False
        self._send[slot] = _nowhere

    def source(self, slot: int) -> int:
        """Return our SSRC towards a leg."""
        return int(self._source[slot])

    def timestamp(self, slot: int) -> int:
        """Return the timestamp of a leg's next frame."""
        return int(self._timestamp[slot]) & 0xFFFFFFFF

    def address(self, leg: Leg) -> None:
        """Send to where the leg is now."""
        self._requests["descriptor"][leg.slot] = leg.sound.fileno() if leg.learnt else -1
        self._parted.clear()
        if leg.learnt:
            self._send[leg.slot] = leg.sound.send
        elif leg.address is None:
            self._send[leg.slot] = _nowhere
        else:
            self._send[leg.slot] = _to(leg.sound, leg.address)

    def encode(self, slot: int, payload_type: int) -> None:
        """Send A-law (8) or µ-law (0) from now on; the next packet begins a stretch of sound."""
        self._ulaw[slot] = payload_type == PCMU
        self._rows["second"][slot] = (payload_type if payload_type in (PCMA, PCMU) else PCMA) | 0x80
        self._marked.add(slot)

    def arrange(self, first: int, legs: list[Leg]) -> None:
        """Take the legs of a span that are sent to; those with other packets than plain ones apart."""
        self._legs[first] = legs
        self._special[first] = [leg for leg in legs if leg.pacer or leg.events_out.busy]
        apart = {leg.slot for leg in self._special[first]}
        self._plain[first] = [leg.slot for leg in legs if leg.slot not in apart]
        for leg in legs:
            self._common[leg.slot] = leg.slot not in apart
        self._parted.pop(first, None)

    def forget(self, slot: int) -> None:
        """Send no more to a leg."""
        self._common[slot] = 0
        self._send[slot] = _nowhere
        self._requests["descriptor"][slot] = -1
        self._parted.clear()
        self._marked.discard(slot)

    def skip(self, frames: int) -> None:
        """Let the timestamps follow a clock that has left out frames."""
        self._timestamp += frames * _FRAME

    def send(self, span: slice, frames: npt.NDArray[np.uint8]) -> bool:
        """Send a frame to each leg of a span, A-law, shape (n, 160); tell whether anyone was sent to."""
        first = span.start
        plain, special = self._plain.get(first, ()), self._special.get(first, ())
        ulaw = self._ulaw[span]
        if np.count_nonzero(ulaw):
            frames[ulaw] = _ALAW_TO_ULAW[frames[ulaw]]
        rows = self._rows[span]
        rows["sound"] = frames
        rows["sequence"] = self._sequence[span]
        rows["timestamp"] = self._timestamp[span]
        self._send_singly(self._send_together(self._ring, first, plain) if self._ring else plain)
        common = self._common[span]
        self._sequence[span] += common
        self.packets[span] += common
        self.octets[span] += common * _FRAME
        for leg in special:
            self._send_special(leg, frames[leg.slot - first])
        self._timestamp[span] += _FRAME
        if self._marked:
            self._unmark(span)
        if any(not (leg.pacer or leg.events_out.busy) for leg in special):
            self.arrange(first, self._legs[first])
        return bool(plain or special)

    def _send_together(self, ring: Uring, first: int, plain: Sequence[int]) -> Sequence[int]:
        """Send to all of the plain legs that are settled by one call; return the others."""
        if first not in self._parted:
            slots = np.array(plain, np.int64)
            settled = self._requests["descriptor"][slots] >= 0
            self._parted[first] = slots[settled], slots[~settled].tolist()
        together, singly = self._parted[first]
        try:
            failed = ring.run(np.take(self._requests, together))
        except OSError as error:
            _log.warning("io_uring fails, packets are sent one by one", reason=str(error))
            self._ring = None
            return plain
        for slot in failed["tag"].tolist():
            self._again(slot, self._views[slot])
        return singly

    def _send_singly(self, slots: Sequence[int]) -> None:
        views, send = self._views, self._send
        for slot in slots:
            try:
                send[slot](views[slot])
            except OSError:
                self._again(slot, views[slot])

    def has_halves(self, first: int) -> bool:
        """Tell whether a leg of a span has packets between the ticks."""
        return any(leg.pacer for leg in self._special.get(first, ()))

    def send_halves(self, first: int) -> None:
        """Send what is due 10 ms after the tick of a span."""
        for leg in self._special.get(first, ()):
            if leg.pacer:
                self._send_paced(leg)

    def _send_special(self, leg: Leg, frame: npt.NDArray[np.uint8]) -> None:
        slot = leg.slot
        events = leg.events_out.step(self.timestamp(slot))
        if events is not None:
            assert leg.session is not None
            for each in events:
                kind = leg.session.event_type
                self._put(slot, kind or 0, each.timestamp, each.payload, marker=each.marker)
            if leg.pacer:
                leg.pacer.clear()
        elif leg.pacer:
            leg.pacer.add(frame.tobytes(), self.timestamp(slot))
            self._send_paced(leg)
        else:
            kind = int(self._rows["second"][slot]) & 0x7F
            self._put(slot, kind, self.timestamp(slot), frame.tobytes())
            self.octets[slot] += _FRAME

    def _send_paced(self, leg: Leg) -> None:
        assert leg.pacer is not None
        due = leg.pacer.take()
        if due:
            slot, (timestamp, sound) = leg.slot, due
            second = int(self._rows["second"][slot])
            self._put(slot, second & 0x7F, timestamp, sound, marker=second > 0x7F)
            self.octets[slot] += len(sound)

    def _put(self, slot: int, kind: int, timestamp: int, payload: bytes, *, marker: bool = False) -> None:
        sequence = int(self._sequence[slot])
        data = packed(kind, sequence, timestamp, self.source(slot), payload, marker=marker)
        try:
            self._send[slot](data)
        except OSError:
            self._again(slot, data)
        self._sequence[slot] = sequence + 1
        self.packets[slot] += 1

    def _again(self, slot: int, data: memoryview | bytes) -> None:
        """Send once more: a socket tells of an earlier packet's refusal instead of sending."""
        try:
            self._send[slot](data)
        except OSError:
            self.failed += 1

    def _unmark(self, span: slice) -> None:
        for slot in [slot for slot in self._marked if span.start <= slot < span.stop]:
            self._rows["second"][slot] &= 0x7F
            self._marked.discard(slot)


def _nowhere(data: memoryview | bytes) -> int:
    return len(data)


def _to(sound: socket.socket, address: tuple[str, int]) -> Send:
    return lambda data: sound.sendto(data, address)
