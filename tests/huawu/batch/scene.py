"""Small archives, somebody who does tasks in this process with the real models, and what a job left."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import soundfile

from calls.batches import BatchFile
from calls.records import Call, CallMetrics, CallRisk, Finding, Recording, Score, Transcript
from calls.store import Store
from huawu.batch.tasks import Kind, NotDone, Result, Task, Transcribe
from huawu.batch.worker import Worker
from speech.models import BUILTIN
from speech.voices import VOICES, Speaker

RATE = 8000
COMPLAINT = "我要投诉你们的宽带"
#: Fields that differ between two runs: ids and clocks.
UNLIKE = {"id", "call_id", "recording_id", "created_at", "found_at", "changed_at"}


@cache
def the_worker() -> Worker:
    """The real models, loaded once."""
    return Worker(BUILTIN)


@cache
def spoken(text: str = COMPLAINT) -> bytes:
    """A stereo recording in which a caller says something and the agent nothing, as a WAV file."""
    with Speaker() as speaker:
        said = speaker.say(text, VOICES["caller-1"], RATE)
    file = io.BytesIO()
    soundfile.write(file, np.stack([said, np.zeros_like(said)], axis=1), RATE, format="WAV")
    return file.getvalue()


def tone(path: Path, hertz: float, seconds: float = 0.2, channels: int = 2) -> Path:
    """Write a recording in which nobody speaks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sound = 0.1 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    soundfile.write(path, np.repeat(sound[:, None], channels, axis=1), RATE)
    return path


class Gone(BaseException):
    """Ends a job in the middle, as a signal would that nobody can catch."""


class Here:
    """Does tasks in this process.

    Parameters
    ----------
    faults : dict of str to list of NotDone, optional
        By the name of a file: what becomes of it instead, one time after the other.
    tasks : int, optional
        After so many tasks :class:`Gone` is raised.
    no_room : bool, optional
        Have no room before the job has waited for it.
    """

    def __init__(
        self, faults: dict[str, list[NotDone]] | None = None, tasks: int | None = None, no_room: bool = False
    ) -> None:
        self.faults = faults or {}
        self.done: list[str] = []
        self.closed = False
        self.no_room = no_room
        self._left = tasks
        self._given: deque[Task] = deque()

    @property
    def room(self) -> int:
        return 0 if self.no_room else 3 - len(self._given)

    def submit(self, task: Task) -> None:
        assert self.room > 0
        self._given.append(task)

    def wait(self, seconds: float) -> Sequence[tuple[Task, Result]]:
        if self._left == 0:
            raise Gone
        if not self._given:  # a cluster whose nodes are not there yet
            self.no_room = False
            return []
        self._left = None if self._left is None else self._left - 1
        task = self._given.popleft()
        return [(task, self._fault(task) or the_worker().do(task))]

    def _fault(self, task: Task) -> NotDone | None:
        if isinstance(task, Transcribe):
            name = PurePosixPath(task.place).name
            self.done.append(name)
            faults = self.faults.get(name)
        else:
            self.done.append(f"{len(task.keys)} calls")
            faults = self.faults.get("analyse")
        return faults.pop(0) if faults else None

    def close(self) -> None:
        self.closed = True


CRASH = NotDone(kind=Kind.CRASH, reason="the process died of SIGSEGV")
LATE = NotDone(kind=Kind.TIMEOUT, reason="it took longer than 60 s")


def left_behind(store: Store) -> dict[str, Any]:
    """Return what a job left in a database, without ids and clocks, by the places of the files.

    Numbers are rounded: calls that are judged with others differ in the last digit.
    """
    parts: dict[str | None, list[Any]] = {each.id: [_plain(each)] for each in store.find(Call)}
    for kind in (Recording, Transcript, Finding, CallRisk, CallMetrics, Score):
        for each in store.find(kind):
            parts[each.call_id].append(_plain(each))  # type: ignore[attr-defined]
    files = store.find(BatchFile)
    assert set(parts) == {each.call_id for each in files if each.call_id}
    return {each.place: (_plain(each), sorted(parts.get(each.call_id, []), key=repr)) for each in files}


def _plain(record: Any) -> dict[str, Any]:
    values = {key: _rounded(value) for key, value in asdict(record).items() if key not in UNLIKE}
    return {"kind": type(record).__name__, **values}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 8)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value
