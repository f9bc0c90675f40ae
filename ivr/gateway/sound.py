"""Sound as parties send and want it, and as the gateway carries it: A-law in frames of 20 ms."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from speech.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW, alaw_decode, alaw_encode

#: Samples, and bytes of A-law, of a frame: 20 ms at 8 kHz.
FRAME = 160
#: Seconds of a frame.
FRAME_SECONDS = 0.02
#: One byte a sample by G.711, or int16, little-endian. Asterisk's names.
Format = Literal["alaw", "ulaw", "slin"]
FORMATS: tuple[Format, ...] = get_args(Format)


def frame_bytes(format: Format) -> int:
    """Return how many bytes 20 ms have."""
    return 2 * FRAME if format == "slin" else FRAME


def from_alaw(frame: bytes, format: Format) -> bytes:
    """Return what is A-law in another format."""
    if format == "ulaw":
        return frame.translate(ALAW_TO_ULAW)
    if format == "slin":
        return alaw_decode(frame).astype("<i2").tobytes()
    return frame


def to_alaw(data: bytes, format: Format) -> bytes:
    """Return as A-law what is in another format; of ``slin`` there must be whole samples."""
    if format == "ulaw":
        return data.translate(ULAW_TO_ALAW)
    if format == "slin":
        return alaw_encode(np.frombuffer(data, "<i2").astype(np.int16))
    return data


class Framer:
    """Cuts what a party sends, in pieces of any size, into frames of A-law.

    Parameters
    ----------
    format : str
        What it sends.
    """

    def __init__(self, format: Format) -> None:
        self._format = format
        self._size = frame_bytes(format)
        self._rest = b""

    def take(self, data: bytes) -> list[bytes]:
        """Return the frames that ``data`` completes, each of 160 bytes."""
        data = self._rest + data
        end = len(data) - len(data) % self._size
        self._rest = data[end:]
        sound = to_alaw(data[:end], self._format)
        return [sound[start : start + FRAME] for start in range(0, len(sound), FRAME)]
