"""RTP as a peer sees it: packets (RFC 3550, 5.1), telephone-events (RFC 4733, 2.3) and G.711.

Written for the tests from the documents alone, so that a mistake of the product is not repeated here.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]

#: Samples a second, and in 20 ms.
RATE, FRAME = 8000, 160
PCMU, PCMA = 0, 8
#: Keys by their event code (RFC 4733, table 7).
KEYS = "0123456789*#ABCD"
#: Volume of a telephone-event: power in dBm0, without its sign.
_VOLUME = 10


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    marker: bool = False

    def pack(self) -> bytes:
        """Return its bytes."""
        second = (0x80 if self.marker else 0) | self.payload_type
        head = struct.pack(
            "!BBHII", 0x80, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc
        )
        return head + self.payload

    @classmethod
    def unpack(cls, data: bytes) -> Packet | None:
        """Return the packet that ``data`` holds, or nothing if it holds none."""
        if len(data) < 12 or data[0] >> 6 != 2:
            return None
        _, second, sequence, timestamp, ssrc = struct.unpack("!BBHII", data[:12])
        start = 12 + 4 * (data[0] & 15)
        if data[0] & 0x10:
            if len(data) < start + 4:
                return None
            start += 4 + 4 * int(struct.unpack("!H", data[start + 2 : start + 4])[0])
        end = len(data) - (data[-1] if data[0] & 0x20 else 0)
        if start > end:
            return None
        return cls(second & 0x7F, sequence, timestamp, ssrc, data[start:end], bool(second & 0x80))


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """The payload of a telephone-event: ``duration`` in samples since the key went down."""

    key: str
    duration: int
    end: bool

    def pack(self) -> bytes:
        """Return its four bytes."""
        third = (0x80 if self.end else 0) | _VOLUME
        return struct.pack("!BBH", KEYS.index(self.key), third, self.duration)

    @classmethod
    def unpack(cls, payload: bytes) -> KeyEvent | None:
        """Return the event, or nothing if it is none of a telephone's keys."""
        if len(payload) < 4:
            return None
        code, third, duration = struct.unpack("!BBH", payload[:4])
        return cls(KEYS[code], duration, bool(third & 0x80)) if code < len(KEYS) else None


def _alaw_value(code: int) -> int:
    code ^= 0x55
    segment, step = code >> 4 & 7, code & 15
    size = (step << 4) + 8 if segment == 0 else ((step << 4) + 0x108) << (segment - 1)
    return size if code & 0x80 else -size


def _ulaw_value(code: int) -> int:
    code = ~code & 0xFF
    size = (((code & 15) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -size if code & 0x80 else size


_VALUES: dict[int, Samples] = {
    PCMA: np.array([_alaw_value(code) for code in range(256)], np.int16),
    PCMU: np.array([_ulaw_value(code) for code in range(256)], np.int16),
}


def decode(payload: bytes, payload_type: int = PCMA) -> Samples:
    """Return the samples of G.711 sound."""
    return _VALUES[payload_type][np.frombuffer(payload, np.uint8)]


def encode(sound: Samples, payload_type: int = PCMA) -> bytes:
    """Return G.711: for each sample the code whose value is nearest."""
    order = np.argsort(_VALUES[payload_type], kind="stable")
    values = _VALUES[payload_type][order].astype(np.int32)
    borders = (values[1:] + values[:-1]) // 2
    return bytes(order.astype(np.uint8)[np.searchsorted(borders, sound.astype(np.int32))].tobytes())


#: Pairs of tones in hertz, by key (ITU-T Q.23).
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_PAD = "123A456B789C*0#D"


def key_tones(keys: str, tone_ms: int = 80, pause_ms: int = 80, level: int = 6000) -> Samples:
    """Return the sound of keys pressed one after another, a pause behind each."""
    time = np.arange(tone_ms * RATE // 1000) / RATE
    pause = np.zeros(pause_ms * RATE // 1000)
    pieces: list[npt.NDArray[np.float64]] = []
    for key in keys:
        place = _PAD.index(key)
        pair = _ROWS[place // 4], _COLUMNS[place % 4]
        pieces += [sum(level * np.sin(2 * np.pi * tone * time) for tone in pair), pause]  # type: ignore[list-item]
    return np.concatenate(pieces).astype(np.int16)
