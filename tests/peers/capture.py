"""Recorded packets that SIPp plays: sound and telephone-events in a pcap file, with exact timing.

SIPp's own ``play_dtmf`` knows one payload type and one timing; this knows all.
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.peers.rtp import FRAME, PCMA, KeyEvent, Packet, Samples, encode

_MAGIC, _ETHERNET, _LARGEST = 0xA1B2C3D4, 1, 65535
_PORT = 10_000  # SIPp puts the call's own there
_streams = itertools.count(0x5EED)


@dataclass(slots=True)
class Capture:
    """Packets in the making: each method says something after what was said before.

    Parameters
    ----------
    event_type : int
        Payload type of telephone-events.
    payload_type : int
        8 for A-law, 0 for µ-law.
    ssrc : int
        Each capture is a stream of its own unless this says otherwise.
    """

    event_type: int = 101
    payload_type: int = PCMA
    ssrc: int = field(default_factory=_streams.__next__)
    _packets: list[tuple[float, bytes]] = field(default_factory=list)
    _at: float = 0.0
    _sequence: int = 1
    _timestamp: int = 1000

    def sound(self, sound: Samples) -> Capture:
        """Say ``sound`` (int16 at 8 kHz) in packets of 20 ms."""
        whole = np.zeros(-(-len(sound) // FRAME) * FRAME, np.int16)
        whole[: len(sound)] = sound
        data = encode(whole, self.payload_type)
        for start in range(0, len(data), FRAME):
            self._add(self.payload_type, data[start : start + FRAME], marker=start == 0)
            self._tick()
        return self

    def silence(self, milliseconds: int) -> Capture:
        """Send silence."""
        return self.sound(np.zeros(milliseconds * 8, np.int16))

    def nothing(self, milliseconds: int) -> Capture:
        """Send no packets."""
        for _ in range(milliseconds // 20):
            self._tick()
        return self

    def keys(self, keys: str, tone_ms: int = 100, pause_ms: int = 100) -> Capture:
        """Press keys by telephone-events, three ends each; silence follows each."""
        for key in keys:
            steps = max(1, tone_ms // 20)
            for step in range(steps):
                self._add(
                    self.event_type,
                    KeyEvent(key, (step + 1) * FRAME, False).pack(),
                    marker=step == 0,
                    offset=step * FRAME,
                )
                self._tick()
            for _ in range(3):
                over = KeyEvent(key, steps * FRAME, True).pack()
                self._add(self.event_type, over, offset=steps * FRAME)
            self.silence(pause_ms)
        return self

    def write(self, path: Path) -> Path:
        """Write the file and return its path."""
        with path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", _MAGIC, 2, 4, 0, 0, _LARGEST, _ETHERNET))
            for at, data in self._packets:
                frame = _ethernet(data)
                microseconds = round(at * 1e6)
                file.write(struct.pack("<IIII", *divmod(microseconds, 1_000_000), len(frame), len(frame)))
                file.write(frame)
        return path

    def _tick(self) -> None:
        self._at += 0.02
        self._timestamp += FRAME

    def _add(self, payload_type: int, payload: bytes, marker: bool = False, offset: int = 0) -> None:
        stamp = self._timestamp - offset
        packet = Packet(payload_type, self._sequence, stamp, self.ssrc, payload, marker)
        self._sequence += 1
        self._packets.append((self._at, packet.pack()))


def _ethernet(payload: bytes) -> bytes:
    """Return the frame around UDP ``payload``; checksums are left out, for nobody looks at them."""
    udp = struct.pack("!HHHH", _PORT, _PORT, 8 + len(payload), 0) + payload
    host = bytes((127, 0, 0, 1))
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, host, host) + udp
    return bytes(12) + b"\x08\x00" + ip
