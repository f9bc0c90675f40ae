"""RTCP: what each side reports of the other's stream.

Source: RFC 3550, 6. A compound packet of ours is a sender or receiver report and an SDES packet with a
CNAME; of those received the report blocks about our stream are read, and the times of sender reports.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

#: Seconds from one report to the next.
INTERVAL = 5.0

_SENDER, _RECEIVER, _DESCRIPTION, _BYE = 200, 201, 202, 203
_BLOCK = struct.Struct(">IB3sIIII")
_INFO = struct.Struct(">IIIII")
_NTP_OFFSET = 2_208_988_800  # seconds from 1900 to 1970


@dataclass(frozen=True, slots=True)
class Block:
    """A report on one stream (RFC 3550, 6.4.1).

    Parameters
    ----------
    source : int
        SSRC of the stream.
    fraction : float
        Share of packets lost since the last report, 0 to 1.
    lost : int
        Packets lost so far.
    highest : int
        Highest sequence number, extended.
    jitter : int
        Interarrival jitter in units of the timestamp.
    last, since : int
        Middle 32 bits of the last sender report's NTP time, and the time since then; in 1/65536 s.
    """

    source: int
    fraction: float = 0.0
    lost: int = 0
    highest: int = 0
    jitter: int = 0
    last: int = 0
    since: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What a compound packet says: who sent it, when by its own clock if it sends sound, and its blocks."""

    source: int
    ntp: int | None
    blocks: tuple[Block, ...]
    bye: bool = False


def ntp_time(unix_seconds: float) -> int:
    """Return a time as the 64-bit number of NTP."""
    return int((unix_seconds + _NTP_OFFSET) * 4_294_967_296) & 0xFFFFFFFFFFFFFFFF


def middle(ntp: int) -> int:
    """Return the middle 32 bits of an NTP time, which reports refer to it by."""
    return ntp >> 16 & 0xFFFFFFFF


def packed_report(
    source: int,
    name: str,
    *,
    sent: tuple[int, int, int, int] | None,
    block: Block | None,
    bye: bool = False,
) -> bytes:
    """Return a compound packet.

    Parameters
    ----------
    source : int
        Our SSRC.
    name : str
        Our CNAME: tells nothing of the caller.
    sent : (int, int, int, int) or None
        NTP time, RTP timestamp, packets and bytes of sound sent; none where nothing was sent.
    block : Block or None
        Of the stream received.
    bye : bool
        The stream ends here.
    """
    blocks = _packed_block(block) if block else b""
    body = struct.pack(">I", source)
    if sent:
        ntp, timestamp, packets, size = sent
        body += _INFO.pack(
            ntp >> 32,
            ntp & 0xFFFFFFFF,
            timestamp & 0xFFFFFFFF,
            packets & 0xFFFFFFFF,
            size & 0xFFFFFFFF,
        )
    kind = _SENDER if sent else _RECEIVER
    item = bytes([1, len(name)]) + name.encode("ascii") + b"\0"
    chunk = struct.pack(">I", source) + item
    data = _packet(kind, bool(block), body + blocks)
    data += _packet(_DESCRIPTION, 1, chunk + bytes(-len(chunk) % 4))
    if bye:
        data += _packet(_BYE, 1, struct.pack(">I", source))
    return data


def parse_report(data: bytes) -> Report | None:
    """Return what a compound packet says, ``None`` where it is none (RFC 3550, A.2)."""
    source, ntp, bye = None, None, False
    blocks: list[Block] = []
    while len(data) >= 4:
        size = 4 * (int.from_bytes(data[2:4], "big") + 1)
        if data[0] >> 6 != 2 or size > len(data):
            return None
        kind, count, body = data[1], data[0] & 31, data[4:size]
        data = data[size:]
        if source is None:
            if kind not in (_SENDER, _RECEIVER) or len(body) < 4:
                return None
            source = int.from_bytes(body[:4], "big")
        if kind in (_SENDER, _RECEIVER):
            start = 4
            if kind == _SENDER:
                if len(body) < 4 + _INFO.size:
                    return None
                ntp = int.from_bytes(body[4:12], "big")
                start += _INFO.size
            if len(body) < start + count * _BLOCK.size:
                return None
            blocks += [_parsed_block(body, start + place * _BLOCK.size) for place in range(count)]
        bye = bye or kind == _BYE
    if source is None or data:
        return None
    return Report(source, ntp, tuple(blocks), bye)


def round_trip(block: Block, now: int) -> float | None:
    """Return the round trip in seconds that a block about our stream tells at NTP time ``now``.

    ``None`` where the other side has not got a sender report of ours yet, or the times contradict.
    """
    if not block.last:
        return None
    units = (middle(now) - block.since - block.last) & 0xFFFFFFFF
    return units / 65536 if units < 60 * 65536 else None


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0x80 | count, kind, len(body) // 4) + body


def _packed_block(block: Block) -> bytes:
    lost = max(-0x800000, min(block.lost, 0x7FFFFF)) & 0xFFFFFF
    return _BLOCK.pack(
        block.source,
        max(0, min(int(block.fraction * 256), 255)),
        lost.to_bytes(3, "big"),
        block.highest & 0xFFFFFFFF,
        block.jitter & 0xFFFFFFFF,
        block.last,
        block.since & 0xFFFFFFFF,
    )


def _parsed_block(body: bytes, at: int) -> Block:
    source, fraction, lost, highest, jitter, last, since = _BLOCK.unpack_from(body, at)
    return Block(
        source, fraction / 256, int.from_bytes(lost, "big", signed=True), highest, jitter, last, since
    )
