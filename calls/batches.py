"""How far an archive has come: one record for each of its files, and who works on it now.

As in :mod:`calls.records`, times are aware UTC and records are immutable.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from calls.records import utc_now


class Step(StrEnum):
    """What is to be done with a file next, in this order."""

    INGEST = "ingest"
    TRANSCRIBE = "transcribe"
    ANALYSE = "analyse"
    INDEX = "index"
    DONE = "done"


class FileState(StrEnum):
    """How a file stands."""

    WAITING = "waiting"  # its next step can be done
    DONE = "done"  # nothing is left to do
    FAILED = "failed"  # its next step was tried and cannot be done; the reason says why
    DUPLICATE = "duplicate"  # the same sound is in the database already; the reason says where


def file_id(place: str) -> str:
    """Return the id of the record of a file: the same place has the same one."""
    return hashlib.sha256(place.encode("utf-8", "surrogateescape")).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFile:
    """One file of an archive.

    Attributes
    ----------
    id : str
        Of :func:`file_id`.
    place : str
        An absolute path, or a URL: ``file://…`` for a path that is no UTF-8.
    batch : str
        The name of the batch that took it up last.
    step : Step
        What is to be done next, or what failed.
    state : FileState
    reason : str
        Why it failed, or of which recording it is a duplicate; for people.
    attempts : int
        How often the step was tried in vain.
    size : int or None
        Bytes.
    modified : str
        By which a change is seen: the time of the last change in nanoseconds, or the ETag of an object.
    sha256 : str
        Of the file's content.
    seconds : float
        Length of its sound, once known.
    call_id, recording_id : str or None
        What was made of it.
    found_at, changed_at : datetime
        When it was first seen, and when this record last changed.
    """

    id: str
    place: str
    batch: str = ""
    step: Step = Step.INGEST
    state: FileState = FileState.WAITING
    reason: str = ""
    attempts: int = 0
    size: int | None = None
    modified: str = ""
    sha256: str = ""
    seconds: float = 0.0
    call_id: str | None = None
    recording_id: str | None = None
    found_at: datetime = field(default_factory=utc_now)
    changed_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLock:
    """Who works on the archive of this database: one job at a time.

    ``owner`` is empty while nobody does; otherwise it names machine, process and a mark by which another
    process with the same number is told from it. ``beat_at`` is when it last said that it lives.
    """

    id: str = "batch"
    owner: str = ""
    doing: str = ""
    beat_at: datetime = field(default_factory=utc_now)
