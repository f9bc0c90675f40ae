"""Recordings on their way to the disk: a thread of its own, so that a slow disk does not stop the clock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import numpy.typing as npt
import structlog

from calls.errors import RecordingError
from calls.recordings import RecordingWriter, wav_header
from calls.records import Recording, Role
from ivr.wire.media import Recorded, RecordingFailed
from speech.g711 import ALAW_SILENCE

#: Blocks of sound that may wait for the disk: 64 MB, or a minute of 100 calls.
BACKLOG = 5000
#: The recording lacks sound, which the disk did not take in time; silence stands in its place.
GAPS = "gaps"

_Bytes = npt.NDArray[np.uint8]

_SILENCE = bytes([ALAW_SILENCE])
_HEAD = len(wav_header(2, 0))
_LOOK = 8  # blocks after which the file is looked at: a full disk is no error to the writer
_log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class Track:
    """The recording of a leg.

    Parameters
    ----------
    leg : str
    path : str
    fsync_seconds : float
        As in :class:`ivr.wire.media.StartRecording`.
    """

    leg: str
    path: str
    fsync_seconds: float = 0.0
    #: Samples that were handed over.
    length: int = 0
    #: Blocks that were dropped.
    dropped: int = 0
    #: Whether the recording ended before its leg.
    failed: bool = False
    _writer: RecordingWriter | None = None
    _written: int = 0
    _blocks: int = 0
    _masked: list[tuple[float, float]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Closed:
    """A recording is complete; ``recorded`` is none where there never was a file."""

    track: Track
    recorded: Recorded | None


class Recorder:
    """Writes recordings. Its methods never wait.

    Parameters
    ----------
    tell : callable
        Called in a thread of the recorder with each :class:`~ivr.wire.media.RecordingFailed` and
        :class:`Closed`.
    backlog : int, optional
        See :data:`BACKLOG`.
    """

    def __init__(self, tell: Callable[[RecordingFailed | Closed], None], backlog: int = BACKLOG) -> None:
        self._tell = tell
        self._backlog = backlog
        self._jobs: SimpleQueue[list[Callable[[], None]] | None] = SimpleQueue()
        self._batch: list[Callable[[], None]] = []
        self._closing: SimpleQueue[Track | None] = SimpleQueue()
        self._waiting = 0  # blocks handed over, less those done: each side counts its own
        self._done = 0
        self._threads = [
            threading.Thread(target=self._work, name="recorder"),
            threading.Thread(target=self._finish, name="recorder-end"),
        ]
        for each in self._threads:
            each.start()

    def start(self, track: Track) -> None:
        """Open the file of a recording."""
        self._batch.append(lambda: self._open(track))

    def write(self, track: Track, left: _Bytes, right: _Bytes) -> None:
        """Append sound of both sides, A-law, shape (n,); dropped where too much waits already."""
        at = track.length
        track.length += len(left)
        if self._waiting - self._done >= self._backlog:
            track.dropped += 1
            return
        self._waiting += 1
        self._batch.append(lambda: self._append(track, at, left.tobytes(), right.tobytes()))

    def mask(self, track: Track, start: float, end: float) -> None:
        """Note a span, in seconds, that was written as silence."""
        self._batch.append(lambda: track._masked.append((start, end)))

    def close(self, track: Track) -> None:
        """Complete a recording; :class:`Closed` follows."""
        self._batch.append(lambda: self._closing.put(track))

    def hand_over(self) -> None:
        """Let the thread begin with what was asked for since this was last called."""
        if self._batch:
            self._jobs.put(self._batch)
            self._batch = []

    def end(self) -> None:
        """Wait until everything that was asked for is done."""
        self.hand_over()
        self._jobs.put(None)
        for each in self._threads:
            each.join()

    def _work(self) -> None:
        while (jobs := self._jobs.get()) is not None:
            for job in jobs:
                job()
        self._closing.put(None)

    def _finish(self) -> None:
        while (track := self._closing.get()) is not None:
            self._tell(Closed(track, self._complete(track)))

    def _open(self, track: Track) -> None:
        recording = Recording(call_id=track.leg, uri=track.path, channels=(Role.CALLER, Role.SYSTEM))
        try:
            track._writer = RecordingWriter(
                Path(track.path), recording, fsync_seconds=track.fsync_seconds or None
            )
        except (RecordingError, OSError) as error:
            self._fail(track, error)

    def _append(self, track: Track, at: int, left: bytes, right: bytes) -> None:
        self._done += 1
        if track._writer is None or track.failed:
            return
        try:
            if at > track._written:
                gap = _SILENCE * (at - track._written)
                track._writer.write(gap, gap)
            track._writer.write(left, right)
            track._written = at + len(left)
            track._blocks += 1
            if track._blocks % _LOOK == 0 and os.stat(track.path).st_size < _HEAD + 2 * track._written:
                self._fail(track, "the disk is full")
        except (RecordingError, OSError) as error:
            self._fail(track, error)

    def _fail(self, track: Track, reason: object) -> None:
        track.failed = True
        _log.warning("recording ends", leg=track.leg, reason=str(reason))
        self._tell(RecordingFailed(track.leg, str(reason)))

    def _complete(self, track: Track) -> Recorded | None:
        if track._writer is None:
            return None
        for span in track._masked:
            track._writer.mask(*span)
        try:
            made = track._writer.close()
        except OSError as error:
            self._fail(track, error)
            return None
        flags = (*made.flags, *([GAPS] if track.dropped else []))
        if track.failed and not made.flags:
            flags = (*flags, "unfinished")
        return Recorded(made.seconds, made.sha256, made.masked, flags)
