"""Recordings that are in the database already: of live calls, and of those that the API brought in."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from calls.batches import BatchFile, FileState, Step, file_id
from calls.recordings import RecordingFolder
from calls.records import Call, CallRisk, Recording, Transcript
from calls.store import Store
from huawu.batch.ledger import PIECE, at_step

#: The name of the batch that they belong to.
BATCH = "analyse"


def take_up(store: Store, folder: RecordingFolder, *, again: bool = False, limit: int | None = None) -> int:
    """Let the recordings of calls that are over wait for their next step; return how many do.

    Those that a batch has tried in vain are left to it.

    Parameters
    ----------
    store : Store
    folder : RecordingFolder
    again : bool, optional
        Transcribe those, too, that have a transcript.
    limit : int, optional
        Calls at most, the oldest first.
    """
    _put_back(store)
    recorded = store.values(Recording, "call_id") - store.values(Call, "id", ended_at=None)
    told = store.values(Transcript, "call_id")
    ready = set() if again else (recorded & told) - store.values(CallRisk, "call_id")
    wanted = recorded if again else recorded - told | ready
    count = 0
    for piece in _by_age(store, wanted):
        rows = [row for row in _rows(store, folder, piece, ready, again) if row is not None]
        rows = rows[: None if limit is None else limit - count]
        store.add(*rows)
        count += len(rows)
        if count == limit:
            break
    return count


def _put_back(store: Store) -> None:
    """Forget what an earlier run was asked to do, and did not: that is asked for anew."""
    steps = [Step.TRANSCRIBE, Step.ANALYSE]
    while left := store.find(BatchFile, batch=BATCH, state=FileState.WAITING, step=steps, limit=PIECE):
        store.add(*(replace(each, batch="") for each in left))


def _by_age(store: Store, ids: set[str]) -> Iterator[list[str]]:
    """Yield calls in pieces, the oldest first."""
    oldest = iter([call.id for call in store.find(Call, id=ids, order_by=("started_at", "id"))])
    while piece := list(islice(oldest, PIECE)):
        yield piece


def _rows(
    store: Store, folder: RecordingFolder, call_ids: Sequence[str], ready: set[str], again: bool
) -> Iterator[BatchFile | None]:
    newest = {each.call_id: each for each in store.find(Recording, call_id=list(call_ids))}
    known = {each.recording_id: each for each in store.find(BatchFile, call_id=list(call_ids))}
    for call_id in call_ids:
        recording = newest[call_id]
        row = known.get(recording.id)
        if row is None:
            row = _row(folder, recording)
        elif row.state is FileState.FAILED and row.batch != BATCH and not again:
            continue
        step = Step.ANALYSE if call_id in ready else Step.TRANSCRIBE
        yield replace(at_step(row, step), batch=BATCH)


def _row(folder: RecordingFolder, recording: Recording) -> BatchFile:
    place = folder.place(recording)
    size, modified = None, ""
    if isinstance(place, Path):
        place = place.absolute()
        with suppress(OSError):
            status = os.stat(place)
            size, modified = status.st_size, str(status.st_mtime_ns)
    return BatchFile(
        id=file_id(str(place)),
        place=str(place),
        size=size,
        modified=modified,
        seconds=recording.seconds,
        call_id=recording.call_id,
        recording_id=recording.id,
    )
