"""One job at a time for each database."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from calls.batches import BatchLock
from calls.errors import BatchError
from calls.store import Store
from huawu.batch import lock
from huawu.batch.lock import JobLock, is_over, process_mark

pytestmark = pytest.mark.integration
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_the_second_job_is_told_who_works(store: Store) -> None:
    with JobLock(store, "huawu batch /archive", lambda: NOON):
        with pytest.raises(BatchError) as refused, JobLock(store, "huawu analyse"):
            pass
        held = store.get(BatchLock, "batch")

    assert f"another job is at work: huawu batch /archive, process {os.getpid()} on " in str(refused.value)
    assert str(refused.value).endswith(
        "last heard of at 2026-03-02 12:00:00 UTC → wait for it, or end it; what it has done is kept"
    )
    assert held.owner == process_mark(os.getpid())
    assert store.get(BatchLock, "batch").owner == ""


def test_a_job_whose_process_was_killed_leaves_the_database_free(store: Store) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    mark = process_mark(other.pid)
    store.add(BatchLock(owner=mark, doing="huawu batch /archive", beat_at=NOON))
    with pytest.raises(BatchError, match="another job is at work"), JobLock(store, "x", lambda: NOON):
        pass
    other.kill()
    other.communicate()

    with JobLock(store, "huawu analyse", lambda: NOON):
        assert store.get(BatchLock, "batch").doing == "huawu analyse"

    assert is_over(mark)


def test_a_job_of_another_machine_is_dead_when_it_was_silent_for_long(store: Store) -> None:
    store.add(BatchLock(owner="elsewhere 4026531836 42 7", doing="huawu batch /archive", beat_at=NOON))

    with (
        pytest.raises(BatchError, match="process 42 on elsewhere"),
        JobLock(store, "x", lambda: NOON + timedelta(seconds=90)),
    ):
        pass
    with JobLock(store, "x", lambda: NOON + timedelta(seconds=91)):
        assert store.get(BatchLock, "batch").owner == process_mark(os.getpid())


def test_a_job_beats_and_sees_when_another_has_taken_its_place(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "BEAT_SECONDS", 0.001)
    asked = Event()

    def clock() -> datetime:
        asked.set()
        return NOON

    thief = BatchLock(owner="elsewhere 1 2 3", doing="huawu analyse", beat_at=NOON)
    with JobLock(store, "x", clock) as ours:
        asked.clear()
        assert asked.wait(60)
        ours.check()
        store.add(thief)
        ours.lost.wait(60)
        with pytest.raises(BatchError, match="another one has taken its place"):
            ours.check()

    assert store.get(BatchLock, "batch") == thief
