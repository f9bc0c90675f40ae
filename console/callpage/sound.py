"""The sound of a recording as browsers want it: 16-bit PCM WAV in byte ranges, and its outline.

Telephone recordings are A-law WAV, which not every browser plays. The PCM file is never written:
its size is known beforehand, so any byte range is computed from the samples that it needs. Times that
somebody may not hear are silent in the samples themselves, whichever range they are asked for in.
"""

from __future__ import annotations

import logging
import math
import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile

from calls.errors import AudioError, RecordingError
from calls.recordings import open_place
from calls.sealing import RecordingKeys

HEADER_BYTES = 44
#: Bytes sent at most where no end was asked for (half a minute of stereo): whoever wants the rest asks on,
#: so that a browser that pauses holds no connection and nobody is sent an hour to hear a minute.
OPEN_END_BYTES = 1 << 20
#: Seconds that one peak stands for at most, so that an hour can be looked at closely …
PEAK_SECONDS = 0.05
#: … and peaks for each channel at least, as long as there are samples: more than a screen has columns.
PEAKS = 2000

#: A stretch of time, from and to, in seconds.
Span = tuple[float, float]

_BLOCK_FRAMES = 16384
_OUTLINE_FRAMES = 81920
_log = logging.getLogger(__name__)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def open_recording(path: Path | str, keys: RecordingKeys | None = None) -> BinaryIO:
    """Open a recording for reading, sealed or not, by its path or URL: the one place where the desk does.

    Raises
    ------
    AudioError
        It is missing, or may not be read.
    """
    try:
        return open_place(path, keys)
    except RecordingError as error:
        _log.warning("%s", error)  # the page says only that there is no sound
        raise AudioError(str(error), "check the file, its rights and its key") from None


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
        First byte and one past the last; of a range without an end, :data:`OPEN_END_BYTES` at most.
        ``None`` stands for the whole: no header, several ranges, or one that cannot be understood, all of
        which a server may answer so.

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
        start = int(first)
        stop = min(int(last) + 1 if last else start + OPEN_END_BYTES, size)
        if last and int(last) < start:
            return None
    if start >= size or start >= stop:
        raise UnsatisfiableRange(header)
    return start, stop


class PcmWave:
    """A recording seen as a 16-bit PCM WAV file with the channels and rate it has.

    Parameters
    ----------
    path : Path or str
        Any file that libsndfile reads, or the URL of one on an object store.
    silent : sequence of (float, float), optional
        Times in seconds in which every channel is silent; also those where the other party can be heard,
        because telephones echo.
    keys : RecordingKeys, optional
        What a sealed recording is opened with.

    Raises
    ------
    AudioError
        The file is missing or holds no sound that can be read.
    """

    def __init__(
        self, path: Path | str, silent: Sequence[Span] = (), keys: RecordingKeys | None = None
    ) -> None:
        self.path = path
        self.keys = keys
        with _sound_file(path, keys) as file:
            self.channels: int = file.channels
            self.rate: int = file.samplerate
            self.frames: int = file.frames
        # times are sums of decimal fractions: without rounding 7.05 s would end a sample late
        self._silent = [
            (math.floor(round(start * self.rate, 3)), math.ceil(round(end * self.rate, 3)))
            for start, end in silent
        ]

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
        with _sound_file(self.path, self.keys) as file:
            file.seek(frame)
            while wanted > 0:
                frames = min(_BLOCK_FRAMES, -(-(wanted + skip) // frame_bytes))
                samples = file.read(frames, dtype="int16", always_2d=True)
                if not len(samples):
                    return
                for first, end in self._silent:
                    samples[max(first - frame, 0) : max(end - frame, 0)] = 0
                frame += len(samples)
                block = samples.astype("<i2").tobytes()
                piece = block[skip : skip + wanted]
                skip = 0
                wanted -= len(piece)
                yield piece


@dataclass(frozen=True, slots=True)
class Outline:
    """What the waveform of a recording is drawn from.

    Attributes
    ----------
    frames : int
        Samples per channel of the recording.
    peak_seconds : float
        How long a stretch one peak stands for.
    lanes : uint8 array, shape (n_channels, n_peaks)
        The greatest magnitude of each stretch, 0 to 255 of full scale.
    """

    frames: int
    peak_seconds: float
    lanes: np.ndarray

    def without(self, silent: Sequence[Span]) -> Outline:
        """Return the outline with nothing to see in each stretch that lies partly in one of the spans."""
        lanes = self.lanes.copy()
        for start, end in silent:
            lanes[:, math.floor(start / self.peak_seconds) : math.ceil(end / self.peak_seconds)] = 0
        return Outline(self.frames, self.peak_seconds, lanes)


def outline(
    path: Path | str,
    *,
    peak_seconds: float = PEAK_SECONDS,
    least: int = PEAKS,
    keys: RecordingKeys | None = None,
) -> Outline:
    """Return the outline of a recording's waveform.

    Parameters
    ----------
    path : Path or str
        Any file that libsndfile reads, or the URL of one on an object store.
    peak_seconds : float, optional
        Seconds that a peak stands for at most.
    least : int, optional
        Peaks at least for each channel, as long as there are samples.
    keys : RecordingKeys, optional
        What a sealed recording is opened with.

    Raises
    ------
    AudioError
        The file is missing or holds no sound that can be read.
    """
    with _sound_file(path, keys) as file:
        frames = file.frames
        stretch = max(1, min(round(peak_seconds * file.samplerate), frames // max(least, 1)))
        found = [np.zeros((file.channels, 0), np.uint8)]
        block_frames = stretch * max(1, _OUTLINE_FRAMES // stretch)
        for block in file.blocks(block_frames, dtype="int16", always_2d=True):
            lanes = np.ascontiguousarray(block.T)
            # the magnitude less one of negative samples: unlike abs() it fits 16 bits
            lanes ^= lanes >> 15
            lanes = np.pad(lanes, ((0, 0), (0, -lanes.shape[1] % stretch)))
            peaks = lanes.reshape(lanes.shape[0], -1, stretch).max(axis=2)
            found.append((peaks >> 7).astype(np.uint8))
        return Outline(frames, stretch / file.samplerate, np.concatenate(found, axis=1))


class _Readable:
    """A file for libsndfile, which takes no errors: what cannot be read is told in the log and ends it."""

    def __init__(self, file: BinaryIO, path: Path | str) -> None:
        self._file, self._path = file, path
        self.seek, self.tell = file.seek, file.tell

    def read(self, count: int) -> bytes:
        try:
            return self._file.read(count)
        except OSError as error:
            _log.error("recording %s: %s", self._path, error.strerror or error)
            return b""


@contextmanager
def _sound_file(path: Path | str, keys: RecordingKeys | None) -> Iterator[soundfile.SoundFile]:
    with open_recording(path, keys) as file:
        try:
            opened = soundfile.SoundFile(_Readable(file, path))
        except (soundfile.LibsndfileError, OSError) as error:
            raise AudioError(f"recording {path}: {error}", "check the file") from None
        with opened:
            yield opened
