"""G.711: a telephone sample in one byte, by A-law or µ-law.

Source: ITU-T Recommendation G.711 (11/88), tables 1a/1b (A-law) and 2a/2b (µ-law). A-law codes 13-bit
and µ-law 14-bit samples; both are held here as int16, left-justified (A-law peaks at ±32256, µ-law at
±32124). Samples that lie on a decision value go to the code that the reference software, ITU-T G.191,
gives them. Every code survives decoding and encoding, but for µ-law's negative zero: 0x7F comes back as
0xFF.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: The A-law byte of silence (the smallest positive value, +8).
ALAW_SILENCE = 0xD5
#: The µ-law byte of silence (positive zero).
ULAW_SILENCE = 0xFF

_ALAW_INVERTED_BITS = 0x55  # G.711 inverts the even bits on the line
_ULAW_BIAS = 33  # in 14-bit units; puts the segment ends on powers of two
_ULAW_CLIP = 0x1FFF


def _decoding_tables() -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]:
    codes = np.arange(256)

    plain = codes ^ _ALAW_INVERTED_BITS
    segment, step = plain >> 4 & 7, plain & 15
    magnitude = np.where(segment == 0, 2 * step + 1, (2 * step + 33) << np.maximum(segment - 1, 0))
    alaw = np.where(plain & 0x80, 1, -1) * magnitude << 3

    plain = ~codes & 0xFF
    segment, step = plain >> 4 & 7, plain & 15
    magnitude = ((2 * step + 33) << segment) - _ULAW_BIAS
    ulaw = np.where(plain & 0x80, -1, 1) * magnitude << 2
    return alaw.astype(np.int16), ulaw.astype(np.int16)


def _encoding_tables() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return the code of every int16, indexed by the sample read as uint16."""
    samples = np.arange(65536).astype(np.uint16).view(np.int16).astype(np.int32)
    positive = samples >= 0
    magnitude = np.where(positive, samples, ~samples)

    linear = magnitude >> 4  # 11 bits: A-law's smallest step is 16 of int16
    segment = np.maximum(_bit_length(linear) - 4, 0)
    step = linear >> np.maximum(segment - 1, 0) & 15
    alaw = (np.where(positive, 0x80, 0) | segment << 4 | step) ^ _ALAW_INVERTED_BITS

    linear = np.minimum((magnitude >> 2) + _ULAW_BIAS, _ULAW_CLIP)
    segment = _bit_length(linear) - 6
    step = linear >> segment + 1 & 15
    ulaw = ~(np.where(positive, 0, 0x80) | segment << 4 | step) & 0xFF
    return alaw.astype(np.uint8), ulaw.astype(np.uint8)


def _bit_length(values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    return np.frexp(values.astype(np.float64))[1].astype(np.int32)


_ALAW_TO_LINEAR, _ULAW_TO_LINEAR = _decoding_tables()
_LINEAR_TO_ALAW, _LINEAR_TO_ULAW = _encoding_tables()


def alaw_encode(samples: npt.NDArray[np.int16]) -> bytes:
    """Return the A-law bytes of ``samples`` (int16, shape (n,)), one byte per sample."""
    return _LINEAR_TO_ALAW[_as_index(samples)].tobytes()


def alaw_decode(data: bytes) -> npt.NDArray[np.int16]:
    """Return the samples (int16, shape (n,)) of A-law ``data``."""
    return _ALAW_TO_LINEAR[np.frombuffer(data, np.uint8)]


def ulaw_encode(samples: npt.NDArray[np.int16]) -> bytes:
    """Return the µ-law bytes of ``samples`` (int16, shape (n,)), one byte per sample."""
    return _LINEAR_TO_ULAW[_as_index(samples)].tobytes()


def ulaw_decode(data: bytes) -> npt.NDArray[np.int16]:
    """Return the samples (int16, shape (n,)) of µ-law ``data``."""
    return _ULAW_TO_LINEAR[np.frombuffer(data, np.uint8)]


def _as_index(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.uint16]:
    if samples.dtype != np.int16:
        raise TypeError(f"G.711 encodes int16 samples, not {samples.dtype}")
    return np.ascontiguousarray(samples).view(np.uint16)


#: The code of each law for every code of the other: for :meth:`bytes.translate`, or as an array of 256 uint8.
ALAW_TO_ULAW = ulaw_encode(alaw_decode(bytes(range(256))))
ULAW_TO_ALAW = alaw_encode(ulaw_decode(bytes(range(256))))
