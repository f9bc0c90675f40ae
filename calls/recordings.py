"""Recordings on disk: stereo A-law WAV at 8 kHz, written as the sound arrives; those elsewhere are read.

After ``kill -9`` at any instant the file opens in any player and holds everything but the last
half second: samples are handed to the operating system at once, and the header's sizes follow them.
The header is the one of RIFF WAVE with ``fmt`` (format 6, G.711 A-law), ``fact`` and ``data`` chunks.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote_from_bytes, unquote_to_bytes

from platformdirs import user_cache_path

from calls.errors import RecordingError
from calls.objectstore import SCHEMES, ObjectStores, ObjectUrl, is_url
from calls.records import Recording, Role, new_id
from calls.sealing import (
    RecordingKeys,
    in_memory,
    keys_from,
    open_sound,
    plain_path,
    seal,
    unsealed,
)

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

    A recording whose ``uri`` is the URL of an object store is read from there, wherever the folder is, if the
    environment allows it (:mod:`calls.objectstore`).

    Parameters
    ----------
    root : Path or str
        Made when the first recording starts. The URL of an object store is a place to keep finished
        recordings in (:meth:`keep`); live calls are recorded on disk.
    keys : RecordingKeys, optional
        Recordings are sealed with them when their call is over (:mod:`calls.sealing`); by default those that
        the environment names, and none is sealed where it names none.
    stores : ObjectStores, optional
        The object stores that may be used; by default those that the environment allows.

    Raises
    ------
    RecordingError
        The environment names keys that cannot be read, or ``root`` is a URL that is not allowed.
    """

    def __init__(
        self, root: Path | str, keys: RecordingKeys | None = None, stores: ObjectStores | None = None
    ) -> None:
        self.keys = keys or keys_from(os.environ)
        self._stores = stores
        self._bucket: ObjectUrl | None = None
        # a Path has one slash less than the URL that it was made of
        text = re.sub(rf"^({'|'.join(SCHEMES)}):/(?=[^/])", r"\1://", os.fspath(root))
        if is_url(text):
            self._bucket = self._object_stores().checked(text)
            # what is computed of the recordings and can be made again
            self.root = user_cache_path("huawu") / "recordings" / self._bucket.path
        else:
            self.root = Path(root)

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
        if self._bucket is not None:
            raise RecordingError(
                f"recordings {self._bucket}: no live call is recorded there", "name a folder"
            )
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
            Its ``uri`` points outside this folder without being a ``file://`` URL, or it lies on an object
            store.
        """
        place = self.place(recording)
        if isinstance(place, str):
            raise RecordingError(f"recording {recording.id}: {place} is no file of this machine")
        return place

    def place(self, recording: Recording) -> Path | str:
        """Return the file of a recording, or the URL of one on an object store, for :func:`open_place`.

        Raises
        ------
        RecordingError
            Its ``uri`` points outside this folder without being a URL.
        """
        if recording.uri.startswith("file://"):
            return file_of(recording.uri)
        if is_url(recording.uri):
            return str(ObjectUrl.parse(recording.uri))
        if self._bucket is not None:
            return str(self._bucket.below(recording.uri))
        root = self.root.resolve()
        path = (root / recording.uri).resolve()
        if not path.is_relative_to(root):
            raise RecordingError(f"recording {recording.id}: {recording.uri!r} lies outside {root}")
        return path

    def seal(self, recording: Recording) -> bool:
        """Encrypt a recording whose call is over; tell whether that was done now.

        Nothing is done without keys, and nothing to a file outside this folder, which is its owner's. On an
        object store recordings are sealed before they are sent (:meth:`keep`).

        Raises
        ------
        RecordingError
            The file cannot be read or written; it is left as it was.
        """
        if self.keys is None or is_url(recording.uri) or self._bucket is not None:
            return False
        return seal(self.path(recording), self.keys)

    def sound(self, recording: Recording) -> BinaryIO:
        """Open a recording for reading, wherever it lies, sealed or not (:func:`open_place`)."""
        return open_place(self.place(recording), self.keys, self._stores)

    @contextmanager
    def plain(self, recording: Recording) -> Iterator[Path]:
        """Give a plain file with the sound for what reads files only (:func:`plain_place`)."""
        with plain_place(self.place(recording), self.keys, self._stores) as path:
            yield path

    def keep(self, sound: BinaryIO, name: str) -> str:
        """Copy a finished recording into this folder, sealed where there are keys, and return its ``uri``.

        It is there whole or not at all, and takes the place of one of the same name: a copy that was broken
        off can be made again.

        Parameters
        ----------
        sound : BinaryIO
            Read to its end.
        name : str
            Relative to the folder.

        Raises
        ------
        RecordingError
            The sound cannot be read, the copy not be written, or ``name`` leads out of the folder.
        """
        place = self.place(Recording(call_id="", uri=name, channels=()))
        folder = Path(tempfile.gettempdir()) if isinstance(place, str) else place.parent
        draft = folder / f".{new_id()}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with draft.open("xb") as copy:
                os.fchmod(copy.fileno(), 0o640)
                shutil.copyfileobj(sound, copy, 1 << 20)
                copy.flush()
                os.fsync(copy.fileno())
            if self.keys is not None:
                seal(draft, self.keys)
            if isinstance(place, str):
                self._object_stores().put(draft, place)
                return place
            os.replace(draft, place)
            return name
        except OSError as error:
            raise RecordingError(
                f"recording {place}: {error.strerror or error}", "check the folder, its rights and the space"
            ) from None
        finally:
            with suppress(OSError):
                draft.unlink()

    def settle(self, recording: Recording) -> Recording:
        """Send a finished recording, which was written below :attr:`root`, to where this folder lies.

        Returns
        -------
        Recording
            With its ``uri`` there; as it was where the folder is on disk.

        Raises
        ------
        RecordingError
            It cannot be read or sent; the file is left.
        """
        if self._bucket is None:
            return recording
        file = self.root / recording.uri
        with open_sound(file, self.keys) as sound:
            uri = self.keep(sound, recording.uri)
        file.unlink(missing_ok=True)
        return replace(recording, uri=uri)

    def delete(self, recording: Recording) -> None:
        """Delete the sound of a recording, wherever it lies; one that is gone already is no failure.

        Raises
        ------
        OSError, RecordingError
            It cannot be deleted.
        """
        place = self.place(recording)
        if isinstance(place, str):
            self._object_stores().delete(place)
        else:
            place.unlink(missing_ok=True)

    def _object_stores(self) -> ObjectStores:
        return self._stores or ObjectStores.of()


def open_place(
    place: Path | str, keys: RecordingKeys | None = None, stores: ObjectStores | None = None
) -> BinaryIO:
    """Open a recording for reading, sealed or not; of one on an object store only what is read is fetched.

    Parameters
    ----------
    place : Path or str
        A path; as a string also a URL: ``file://…``, ``s3://…``.
    keys : RecordingKeys, optional
    stores : ObjectStores, optional
        By default those that the environment allows.

    Raises
    ------
    RecordingError
        It does not exist, may not be read, or its key is missing. What fails later is told as ``OSError``.
    """
    if isinstance(place, str) and is_url(place) and not place.startswith("file://"):
        return unsealed((stores or ObjectStores.of()).open(place), place, keys)
    return open_sound(_local(place), keys)


@contextmanager
def plain_place(
    place: Path | str, keys: RecordingKeys | None = None, stores: ObjectStores | None = None
) -> Iterator[Path]:
    """Give a plain file with the sound of a recording, for what can only read files.

    That is the file itself where it is plain; a file in memory where it is sealed; and one that goes at the
    end, with the same suffix, where it lies on an object store.

    Raises
    ------
    RecordingError
        As :func:`open_place`, or the sound cannot be read to its end.
    """
    if not isinstance(place, str) or not is_url(place) or place.startswith("file://"):
        with plain_path(_local(place), keys) as path:
            yield path
        return
    stored = (stores or ObjectStores.of()).open(place)
    with unsealed(stored, place, keys) as sound:
        if sound is not stored:  # sealed: nothing of it is written to a disk in plain
            with in_memory(sound, place) as path:
                yield path
            return
        with tempfile.NamedTemporaryFile(prefix="huawu-", suffix=Path(place).suffix) as copy:
            try:
                shutil.copyfileobj(sound, copy, 1 << 20)
                copy.flush()
            except OSError as error:
                raise RecordingError(f"recording {place}: {error.strerror or error}") from None
            yield Path(copy.name)


def file_url(path: Path) -> str:
    """Return the ``file://`` URL of an absolute path, also of one whose name is no UTF-8."""
    return f"file://{quote_from_bytes(os.fsencode(path))}"


def file_of(url: str) -> Path:
    """Return the path that a ``file://`` URL names."""
    return Path(os.fsdecode(unquote_to_bytes(re.sub(r"^file://[^/]*", "", url))))


def _local(place: Path | str) -> Path:
    return file_of(place) if isinstance(place, str) and place.startswith("file://") else Path(place)


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
