"""Recordings on disk: stereo A-law WAV at 8 kHz, written as the sound arrives.

After ``kill -9`` at any instant the file opens in any player and holds everything but the last
half second: samples are handed to the operating system at once, and the header's sizes follow them.
The header is the one of RIFF WAVE with ``fmt`` (format 6, G.711 A-law), ``fact`` and ``data`` chunks.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import struct
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from calls.errors import RecordingError
from calls.records import Recording, Role, new_id
from calls.sealing import RecordingKeys, keys_from, open_sound, plain_path, seal

#: Samples per second and channel.
SAMPLE_RATE = 8000
#: The header is brought up to date after this many samples (0.5 s).
HEADER_EVERY = 4000

_HEADER = struct.Struct("<4sI4s 4sIHHIIHHH 4sII 4sI")
_FULL = {errno.ENOSPC, errno.EDQUOT}


def wav_header(channels: int, frames: int) -> bytes:
    """Return the 58-byte header of an A-law WAV file.

    Parameters
    ----------
    channels : int
        1 or 2.
    frames : int
        Samples per channel that follow.
    """
    size = frames * channels
    return _HEADER.pack(
        *(b"RIFF", _HEADER.size - 8 + size, b"WAVE"),
        *(b"fmt ", 18, 6, channels, SAMPLE_RATE, SAMPLE_RATE * channels, channels, 8, 0),
        *(b"fact", 4, frames),
        *(b"data", size),
    )


class RecordingWriter:
    """The open recording of one call; :meth:`RecordingFolder.start` makes it.

    The file is locked while it is open, so that recovery leaves running calls alone; the lock ends
    with the process. On a full disk the call goes on: what fits is kept, the rest is dropped and
    the recording carries the flag ``disk-full``.

    Parameters
    ----------
    path : Path
        A file that does not exist yet.
    recording : Recording
        What is known at the start; :meth:`close` completes it.
    fsync_seconds : float or None, optional
        Hand the data to the disk itself this often, for power loss. Off by default.
    """

    def __init__(self, path: Path, recording: Recording, *, fsync_seconds: float | None = None) -> None:
        self.path = path
        #: Store it when the call starts: an unfinished recording is how recovery finds the file.
        self.recording = recording
        self._channels = len(recording.channels)
        self._frames = 0
        self._noted = 0
        self._masked: list[tuple[float, float]] = []
        self._flags: list[str] = []
        self._sync_every = int(fsync_seconds * SAMPLE_RATE) if fsync_seconds else 0
        self._synced = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise RecordingError(
                f"recording {path}: {error.strerror}", "check the folder and its rights"
            ) from None
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._put(wav_header(self._channels, 0))

    @property
    def seconds(self) -> float:
        """Length so far in seconds: the clock of the call."""
        return self._frames / SAMPLE_RATE

    def write(self, left: bytes, right: bytes = b"") -> None:
        """Append sound.

        Parameters
        ----------
        left, right : bytes
            A-law, one byte a sample, of equal length; ``right`` is empty for a mono recording.

        Raises
        ------
        RecordingError
            The channels differ in length, or the disk failed for another reason than being full.
        """
        if self._channels == 2:
            if len(left) != len(right):
                raise RecordingError(
                    f"recording {self.path}: {len(left)} samples left, {len(right)} right",
                    "write both channels in equal steps",
                )
            both = bytearray(2 * len(left))
            both[0::2] = left
            both[1::2] = right
            block = bytes(both)
        else:
            block = left
        self._frames += len(left)
        self._put(block)
        if self._frames - self._noted >= HEADER_EVERY:
            self._note_size()

    def mask(self, start: float, end: float) -> None:
        """Note that the caller's channel was written as silence between two times in seconds."""
        self._masked.append((start, end))

    def close(self) -> Recording:
        """Finish the file and return its complete record. Call it once.

        A disk that fails now has the flag ``unfinished``: what reached it before is readable.
        """
        digest, held = "", self._frames * self._channels
        try:
            self._note_size()
            held = os.fstat(self._file).st_size - _HEADER.size
            os.fsync(self._file)
            digest = _sha256(self.path)
        except OSError:
            self._flags.append("unfinished")
        finally:
            os.close(self._file)
        held //= self._channels
        return replace(
            self.recording,
            seconds=max(held, 0) / SAMPLE_RATE,
            sha256=digest,
            masked=tuple(self._masked),
            flags=tuple(self._flags),
        )

    def _put(self, block: bytes) -> None:
        if self._flags:
            return
        view = memoryview(block)
        try:
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            if error.errno not in _FULL:
                raise RecordingError(
                    f"recording {self.path}: {error.strerror}", "the call goes on unrecorded"
                ) from error
            self._flags.append("disk-full")

    def _note_size(self) -> None:
        size = os.fstat(self._file).st_size - _HEADER.size
        # A header that claims more than there is would make players read past the end.
        if size < 0:
            return
        os.pwrite(self._file, wav_header(self._channels, size // self._channels), 0)
        self._noted = self._frames
        if self._sync_every and self._frames - self._synced >= self._sync_every:
            os.fdatasync(self._file)
            self._synced = self._frames


class RecordingFolder:
    """Where a centre's recordings lie: one file a call, in a folder a day.

    Parameters
    ----------
    root : Path
        Made when the first recording starts.
    keys : RecordingKeys, optional
        Recordings are sealed with them when their call is over (:mod:`calls.sealing`); by default those that
        the environment names, and none is sealed where it names none.

    Raises
    ------
    RecordingError
        The environment names keys that cannot be read.
    """

    def __init__(self, root: Path, keys: RecordingKeys | None = None) -> None:
        self.root = Path(root)
        self.keys = keys or keys_from(os.environ)

    def start(
        self,
        call_id: str,
        channels: tuple[Role, ...] = (Role.CALLER, Role.AGENT),
        *,
        started: datetime | None = None,
        fsync_seconds: float | None = None,
    ) -> RecordingWriter:
        """Begin the recording of a call.

        Parameters
        ----------
        call_id : str
            Names the file.
        channels : tuple of Role, optional
            Who is heard on which channel, one or two.
        started : datetime, optional
            Chooses the day's folder; now by default.
        fsync_seconds : float, optional
            See :class:`RecordingWriter`.

        Raises
        ------
        RecordingError
            The file exists already or cannot be made.
        """
        if len(channels) not in (1, 2):
            raise RecordingError(
                f"recording of call {call_id}: {len(channels)} channels", "1 or 2 are possible"
            )
        day = (started or datetime.now(UTC)).strftime("%Y/%m/%d")
        recording = Recording(id=new_id(), call_id=call_id, uri=f"{day}/{call_id}.wav", channels=channels)
        return RecordingWriter(self.path(recording), recording, fsync_seconds=fsync_seconds)

    def path(self, recording: Recording) -> Path:
        """Return the file of a recording.

        Raises
        ------
        RecordingError
            Its ``uri`` points outside this folder without being a ``file://`` URL.
        """
        if recording.uri.startswith("file://"):
            return Path(unquote(urlsplit(recording.uri).path))
        root = self.root.resolve()
        path = (root / recording.uri).resolve()
        if not path.is_relative_to(root):
            raise RecordingError(f"recording {recording.id}: {recording.uri!r} lies outside {root}")
        return path

    def seal(self, recording: Recording) -> bool:
        """Encrypt a recording whose call is over; tell whether that was done now.

        Nothing is done without keys, and nothing to a file outside this folder, which is its owner's.

        Raises
        ------
        RecordingError
            The file cannot be read or written; it is left as it was.
        """
        if self.keys is None or recording.uri.startswith("file://"):
            return False
        return seal(self.path(recording), self.keys)

    def sound(self, recording: Recording) -> BinaryIO:
        """Open a recording for reading, sealed or not (:func:`calls.sealing.open_sound`)."""
        return open_sound(self.path(recording), self.keys)

    def plain(self, recording: Recording) -> AbstractContextManager[Path]:
        """Give a plain file with the sound for what reads files only (:func:`calls.sealing.plain_path`)."""
        return plain_path(self.path(recording), self.keys)


class OpenRecording(RecordingError):
    """The recording is being written by a running call."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"recording {path} is still being written", "wait for the call to end")


def repair(folder: RecordingFolder, recording: Recording) -> Recording:
    """Bring the header of a recording whose writer died to the length of its file.

    Returns
    -------
    Recording
        Its complete record, with the flag ``recovered``.

    Raises
    ------
    OpenRecording
        Its call is still running.
    RecordingError
        The file is missing.
    """
    path = folder.path(recording)
    channels = len(recording.channels)
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise RecordingError(f"recording {path}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OpenRecording(path) from None
        frames = max(os.fstat(file).st_size - _HEADER.size, 0) // channels
        os.ftruncate(file, _HEADER.size + frames * channels)
        os.pwrite(file, wav_header(channels, frames), 0)
        os.fsync(file)
        return replace(
            recording,
            seconds=frames / SAMPLE_RATE,
            sha256=_sha256(path),
            flags=(*recording.flags, "recovered"),
        )
    finally:
        os.close(file)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
