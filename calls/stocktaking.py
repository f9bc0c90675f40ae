"""Taking stock: whether the recordings that the database names are on disk, and every call has ended."""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from calls.errors import RecordingError
from calls.masking import masked_text
from calls.recordings import SAMPLE_RATE, RecordingFolder
from calls.records import Call, Recording
from calls.store import Span, Store
from calls.store.soundness import Fault

#: A call that is open for longer has lost its process, whatever holds its recording.
LONGEST_CALL = timedelta(hours=24)
#: Records that are read at once.
PAGE = 2000
#: Recordings of our own: 58 bytes before the sound, format 6 (G.711 A-law), a byte a sample.
_HEADER, _ALAW = 58, 6


@dataclass(slots=True)
class Stock:
    """What was looked at: recordings found whole or not, and those that lie elsewhere (object stores)."""

    looked_at: int = 0
    elsewhere: int = 0


def take_stock(
    store: Store,
    folder: RecordingFolder,
    now: datetime,
    stock: Stock,
    *,
    sums: bool = False,
    step: Callable[[], object] = int,
) -> Iterator[Fault]:
    """Yield the recordings that are missing or not as they were, and the calls that never ended.

    Parameters
    ----------
    store, folder : Store, RecordingFolder
        What the database says, and where the sound lies.
    now : datetime
        Aware.
    stock : Stock
        Counts what was looked at.
    sums : bool, optional
        Read every recording and compare its checksum, which takes as long as reading them takes.
    step : callable
        Called after each recording.
    """
    running = set()
    for call in store.find(Call, ended_at=None):
        held = [_is_held(folder, each) for each in store.find(Recording, call_id=call.id)]
        age = now - call.started_at
        if age < LONGEST_CALL and (any(held) or not held):
            running.add(call.id)
            continue
        hours = age / timedelta(hours=1)
        yield Fault(
            "open call", call.id, f"began {hours:.0f} h ago and never ended", "close it: huawu recover"
        )
        running.add(call.id)
    for recording in _all(store, Recording):
        if "://" in recording.uri and not recording.uri.startswith("file://"):
            stock.elsewhere += 1
        else:
            stock.looked_at += 1
            if recording.call_id not in running:
                yield from _wrong_with(folder, recording, sums)
        step()


def _all(store: Store, kind: type[Any]) -> Iterator[Any]:
    """Yield all records of a kind, a page in memory at a time."""
    page = store.find(kind, limit=PAGE)
    while page:
        yield from page
        last = page[-1].id
        page = [each for each in store.find(kind, id=Span(last), limit=PAGE + 1) if each.id != last]


def _is_held(folder: RecordingFolder, recording: Recording) -> bool:
    """Tell whether a call that runs on this machine is writing the recording."""
    try:
        file = os.open(folder.path(recording), os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, RecordingError):
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _wrong_with(folder: RecordingFolder, recording: Recording, sums: bool) -> Iterator[Fault]:
    # a file of somebody else's archive may carry a caller's number in its name
    own = not recording.uri.startswith("file://")
    subject = recording.uri if own else masked_text(recording.uri)
    restore = "take it from the backup, or transcribe nothing from it" if own else "put the file back"
    kind = f"recording of call {recording.call_id}"
    try:
        path = folder.path(recording)
        if not path.is_file():
            yield Fault(kind, subject, "is missing", restore)
            return
        with folder.sound(recording) as sound:
            said = _size_differs(sound, recording)
            if not said and sums and recording.sha256 and _sum(sound) != recording.sha256:
                said = "its checksum differs: it was changed"
    except (RecordingError, OSError) as error:
        reason = error.message if isinstance(error, RecordingError) else error.strerror or str(error)
        yield Fault(kind, subject, reason if own else masked_text(reason), restore)
        return
    if said:
        yield Fault(kind, subject, said, restore)


def _size_differs(sound: Any, recording: Recording) -> str:
    """Return what is wrong with the length of a recording in our own format; nothing of any other."""
    size = sound.seek(0, io.SEEK_END)
    if not size:
        return "is empty"
    sound.seek(0)
    head = sound.read(_HEADER)
    if len(head) < _HEADER or head[:4] != b"RIFF" or struct.unpack_from("<H", head, 20)[0] != _ALAW:
        return ""
    channels = struct.unpack_from("<H", head, 22)[0]
    seconds = (size - _HEADER) / (channels or 1) / SAMPLE_RATE
    if not recording.sha256 or abs(seconds - recording.seconds) < 1 / SAMPLE_RATE:
        return ""
    return f"has {seconds:.2f} s of sound, {recording.seconds:.2f} s were recorded"


def _sum(sound: Any) -> str:
    sound.seek(0)
    return hashlib.file_digest(sound, "sha256").hexdigest()
