"""The sound of a recording as browsers want it: 16-bit PCM WAV in byte ranges, and its peaks.

Telephone recordings are A-law WAV, which not every browser plays. The PCM file is never written:
its size is known beforehand, so any byte range is computed from the samples that it needs.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from calls.errors import AudioError

HEADER_BYTES = 44
#: Peaks for each channel of a recording: more than a screen has columns.
PEAKS = 2000

_BLOCK_FRAMES = 16384
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


class UnsatisfiableRange(ValueError):
    """A byte range lies wholly behind the end."""


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Read a ``Range`` header (RFC 9110, section 14).

    Parameters
    ----------
    header : str or None
        Such as ``bytes=0-499``, ``bytes=500-`` or ``bytes=-500``.
    size : int
        Bytes there are.

    Returns
    -------
    tuple of int or None
        First byte and one past the last. ``None`` stands for the whole: no header, several ranges,
        or one that cannot be understood, all of which a server may answer so.

    Raises
    ------
    UnsatisfiableRange
        There is no such part.
    """
    found = _RANGE.fullmatch(header.replace(" ", "")) if header else None
    if found is None or found.group(1, 2) == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1 if last else size, size)
        if last and int(last) < start:
            return None
    if start >= size or start >= stop:
        raise UnsatisfiableRange(header)
    return start, stop


class PcmWave:
    """A recording seen as a 16-bit PCM WAV file with the channels and rate it has.

    Parameters
    ----------
    path : Path
        Any file that libsndfile reads.

    Raises
    ------
    AudioError
        The file is missing or holds no sound that can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            about = soundfile.info(str(path))
        except (soundfile.LibsndfileError, OSError) as error:
            raise AudioError(f"recording {path}: {error}", "check the file") from None
        self.channels: int = about.channels
        self.rate: int = about.samplerate
        self.frames: int = about.frames

    @property
    def size(self) -> int:
        """Bytes of the whole file, header included."""
        return HEADER_BYTES + self.frames * self.channels * 2

    def header(self) -> bytes:
        """Return the RIFF WAVE header: ``fmt`` (PCM, 16 bits) and ``data``."""
        frame_bytes = self.channels * 2
        data = self.frames * frame_bytes
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            *(b"RIFF", HEADER_BYTES - 8 + data, b"WAVE"),
            *(b"fmt ", 16, 1, self.channels, self.rate, self.rate * frame_bytes, frame_bytes, 16),
            *(b"data", data),
        )

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to ``stop`` of the PCM file, in blocks."""
        if start < HEADER_BYTES:
            yield self.header()[start:stop]
            start = HEADER_BYTES
        if start >= stop:
            return
        frame_bytes = self.channels * 2
        frame, skip = divmod(start - HEADER_BYTES, frame_bytes)
        wanted = stop - start
        with soundfile.SoundFile(str(self.path)) as file:
            file.seek(frame)
            while wanted > 0:
                frames = min(_BLOCK_FRAMES, -(-(wanted + skip) // frame_bytes))
                block = file.read(frames, dtype="int16", always_2d=True).astype("<i2").tobytes()
                if not block:
                    return
                piece = block[skip : skip + wanted]
                skip = 0
                wanted -= len(piece)
                yield piece


def peaks(path: Path, count: int = PEAKS) -> list[list[int]]:
    """Return the outline of a recording's waveform.

    Parameters
    ----------
    path : Path
        Any file that libsndfile reads.
    count : int, optional
        Peaks at most for each channel.

    Returns
    -------
    list of list of int
        For each channel the greatest magnitude of each stretch, 0 to 255 of full scale.
    """
    wave = PcmWave(path)
    stretch = max(1, -(-wave.frames // count))
    found: list[np.ndarray] = []
    blocks = soundfile.blocks(
        str(path), blocksize=stretch * max(1, _BLOCK_FRAMES // stretch), dtype="int16", always_2d=True
    )
    for block in blocks:
        missing = -len(block) % stretch
        padded = np.pad(block, ((0, missing), (0, 0))).astype(np.int32)
        found.append(np.abs(padded).reshape(-1, stretch, wave.channels).max(axis=1))
    if not found:
        return [[] for _ in range(wave.channels)]
    outline = np.minimum(np.concatenate(found) * 255 // 32767, 255)
    return [lane.tolist() for lane in outline.T]
