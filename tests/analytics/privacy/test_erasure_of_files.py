"""What is erased of the files of an archive whose calls are erased."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from analytics.privacy.erasure import erase
from calls.batches import BatchFile, FileState, Step, file_id
from calls.recordings import RecordingFolder
from calls.records import Call
from calls.store import Store

pytestmark = pytest.mark.integration
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def a_file(place: str, **more: object) -> BatchFile:
    file = BatchFile(id=file_id(place), place=place, sha256="a" * 64, found_at=NOON, changed_at=NOON)
    return replace(file, **more)  # type: ignore[arg-type]


def test_names_of_files_go_and_the_files_are_not_taken_up_again(
    store: Store, recordings: RecordingFolder
) -> None:
    call = Call(door="archive", caller="13812345678", started_at=NOON, ended_at=NOON)
    own = a_file("/archive/13812345678.wav", step=Step.TRANSCRIBE, call_id=call.id)
    same = a_file(
        "/archive/copy-13812345678.wav",
        state=FileState.DUPLICATE,
        reason="the same sound as /archive/13812345678.wav",
    )
    other = a_file("/archive/13912345678.wav", sha256="b" * 64)
    store.add(call, own, same, other)

    erase(store, recordings, [call], by="chen", why="request")

    gone = {"place": "", "reason": "", "step": Step.DONE, "state": FileState.DONE}
    assert store.get(BatchFile, own.id) == replace(own, **gone)  # type: ignore[arg-type]
    assert store.get(BatchFile, same.id) == replace(same, **gone)  # type: ignore[arg-type]
    assert store.get(BatchFile, other.id) == other
