"""RTP (RFC 3550) of one party that sends G.711: packets, and where they lie in time."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.gateway.sound import FRAME
from ivr.media import rtp

#: Hertz of the timestamps.
RATE = 8000
#: Samples by which a frame may be behind its time. What stays behind for longer is no delay: between it
#: and the frame before it there was nothing.
LATE = 800
#: Seconds that frames must have been late for that.
LATE_SECONDS = 0.2
#: Samples by which a frame may be before its time; more would only be kept waiting by the media process.
EARLY = 1600
_KEYS = "0123456789*#ABCD"


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that came."""

    payload_type: int
    timestamp: int
    payload: bytes


def read_packet(data: bytes) -> Packet | None:
    """Return the packet in a datagram, or ``None`` where it is not RTP (RFC 3550, 5.1)."""
    packet = rtp.parse_packet(data)
    return None if packet is None else Packet(packet.payload_type, packet.timestamp, packet.payload)


def event_key(payload: bytes) -> str:
    """Return the key of a telephone-event (RFC 4733, 2.3 and 3.2), empty where it is none."""
    return _KEYS[payload[0]] if len(payload) >= 4 and payload[0] < len(_KEYS) else ""


class Stream:
    """Makes the packets of one stream.

    Frames that come over TCP come in bursts after a stall, or not at all while the other end is suspended.
    A burst keeps its timestamps, so that the media process plays what is not too late and the call gets no
    delay; after a real gap the timestamps jump to the present and the marker is set (RFC 3551, 4.1).

    Parameters
    ----------
    ssrc, sequence, timestamp : int
        Where to begin; at random in a real call.
    """

    def __init__(self, ssrc: int, sequence: int, timestamp: int) -> None:
        self._ssrc = ssrc
        self._sequence = sequence
        self._first = timestamp
        self._begun: float | None = None
        self._samples = 0
        self._late_since: float | None = None
        self._marker = True
        #: Frames that came too early to be sent.
        self.dropped = 0

    def packet(self, frame: bytes, payload_type: int, now: float) -> bytes | None:
        """Return the packet with a frame that came at ``now`` seconds, ``None`` where there are too many."""
        if self._begun is None:
            self._begun = now
        behind = round((now - self._begun) * RATE) - self._samples
        if behind <= LATE:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now
        elif now - self._late_since >= LATE_SECONDS:
            self._samples += behind // FRAME * FRAME
            self._late_since = None
            self._marker = True
        if behind < -EARLY:
            self.dropped += 1
            return None
        timestamp = self._first + self._samples
        packet = rtp.packed(payload_type, self._sequence, timestamp, self._ssrc, frame, marker=self._marker)
        self._sequence += 1
        self._samples += FRAME
        self._marker = False
        return packet
