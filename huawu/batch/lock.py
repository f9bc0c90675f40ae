"""One job at a time for each database: a row that says who works, and a beat by which others see it live."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from calls.batches import BatchLock
from calls.errors import BatchError, StoreError
from calls.records import utc_now
from calls.store import Store

#: Seconds between two beats, and after which a job of another machine that gave none is taken for dead.
BEAT_SECONDS, STALE_SECONDS = 10.0, 90.0


class JobLock:
    """Holds the database's archive for this process, as a context.

    Parameters
    ----------
    store : Store
    doing : str
        What this job does, for whoever finds it held.
    clock : callable, optional
        Returns the present moment.
    """

    def __init__(self, store: Store, doing: str, clock: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._mine = BatchLock(owner=process_mark(os.getpid()), doing=doing)
        self._clock = clock
        self.lost = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="batch-lock", daemon=True)

    def __enter__(self) -> Self:
        self._store.ensure(BatchLock())
        held = self._store.get(BatchLock, self._mine.id)
        taken = replace(self._mine, beat_at=self._clock())
        free = not held.owner or self._is_dead(held)
        if not free or not self._store.change(taken, owner=held.owner, beat_at=held.beat_at):
            raise _held(self._store, self._store.get(BatchLock, self._mine.id))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if not self.lost.is_set():
            self._store.change(BatchLock(beat_at=self._clock()), owner=self._mine.owner)

    def check(self) -> None:
        """Make sure that the database is still ours.

        Raises
        ------
        BatchError
            This process stood still for so long that another job has taken it for dead.
        """
        if self.lost.is_set():
            raise BatchError(
                f"database: {self._store.name}: this job stood still, and another one has taken its place",
                "let that one finish",
            )

    def _is_dead(self, held: BatchLock) -> bool:
        dead = is_over(held.owner)
        if dead is None:
            return self._clock() - held.beat_at > timedelta(seconds=STALE_SECONDS)
        return dead

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                if not self._store.change(replace(self._mine, beat_at=self._clock()), owner=self._mine.owner):
                    self.lost.set()
                    return
            except StoreError:
                continue  # whoever holds the database for so long does not write the lock


def process_mark(number: int) -> str:
    """Return what names a process among all machines and for all time; empty where it does not exist.

    That is the machine, the space of process numbers, the number, and when it began (``/proc/PID/stat``,
    field 22, in ticks after the machine's start).
    """
    try:
        space = os.stat("/proc/self/ns/pid").st_ino
        began = Path(f"/proc/{number}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
    return f"{socket.gethostname()} {space} {number} {began}"


def is_over(mark: str) -> bool | None:
    """Tell whether a process is over, by its mark; ``None`` where it cannot be seen from here."""
    machine, _, rest = mark.partition(" ")
    space, _, rest = rest.partition(" ")
    number = rest.partition(" ")[0]
    here = process_mark(os.getpid()).split(" ")
    if not number.isdecimal() or [machine, space] != here[:2]:
        return None
    return process_mark(int(number)) != mark


def _held(store: Store, lock: BatchLock) -> BatchError:
    machine, _, number, *_ = [*lock.owner.split(" "), "", "", "?"]
    return BatchError(
        f"database: {store.name}: another job is at work: {lock.doing}, process {number or '?'} on "
        f"{machine or '?'}, last heard of at {lock.beat_at:%Y-%m-%d %H:%M:%S} UTC",
        "wait for it, or end it; what it has done is kept",
    )
