"""RTP packets, one at a time: those that are not of the common form that is read many at once.

Source: RFC 3550, 5.1; payload types of RFC 3551, 6.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

#: Payload types of RFC 3551; comfort noise is RFC 3389's.
PCMU, COMFORT_NOISE, PCMA = 0, 13, 8
#: Bytes of a header without extensions.
HEADER = 12
#: Second bytes that RTCP uses and no RTP packet does where both share a port: RFC 5761, 4.
RTCP_TYPES = range(192, 224)

_FIXED = struct.Struct(">BBHII")


class Packet(NamedTuple):
    """An RTP packet without what huawu has no use for: contributors, extensions, padding."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    source: int
    payload: bytes


def parse_packet(data: bytes) -> Packet | None:
    """Return the packet that ``data`` is, ``None`` where it is none."""
    if len(data) < HEADER:
        return None
    first, second, sequence, timestamp, source = _FIXED.unpack_from(data)
    if first >> 6 != 2 or second in RTCP_TYPES:
        return None
    start, end = HEADER + 4 * (first & 15), len(data)
    if first & 0x10:
        if start + 4 > end:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        padding = data[-1]
        if not padding:
            return None
        end -= padding
    if start > end:
        return None
    return Packet(second & 0x7F, second > 0x7F, sequence, timestamp, source, data[start:end])


def packed(
    payload_type: int, sequence: int, timestamp: int, source: int, payload: bytes, *, marker: bool = False
) -> bytes:
    """Return a packet; numbers beyond their width go round."""
    return (
        _FIXED.pack(
            0x80,
            payload_type | marker << 7,
            sequence & 0xFFFF,
            timestamp & 0xFFFFFFFF,
            source & 0xFFFFFFFF,
        )
        + payload
    )


def is_rtcp(data: bytes) -> bool:
    """Tell whether a packet on a shared port is RTCP (RFC 5761, 4)."""
    return len(data) >= 8 and data[0] >> 6 == 2 and data[1] in RTCP_TYPES
