"""Closing the calls that a dead process left open."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from calls.errors import RecordingError
from calls.foreign import IMPORTED
from calls.recordings import OpenRecording, RecordingFolder, repair
from calls.records import Call, Outcome, Recording
from calls.store import Store


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one open call: the seconds that were saved, or why there are none."""

    call_id: str
    seconds: float
    problem: str = ""


def recover(
    store: Store, folder: RecordingFolder, *, started_before: datetime | None = None, node: str | None = None
) -> list[Recovered]:
    """Close every open call whose process is gone.

    Its recordings get a true header, length and checksum and the flag ``recovered``; the call ends
    with its recording and the outcome ``interrupted``. Calls that are still running are left alone
    (their recordings are locked), and so are those of other systems. Doing it twice changes nothing.

    Parameters
    ----------
    store, folder : Store, RecordingFolder
        Where the calls are.
    started_before : datetime, optional
        Leave alone what started later: the calls of a process that is recovering while it takes new ones.

    node : str, optional
        Close only the calls that this machine took: others share the database, and their calls may run.

    Returns
    -------
    list of Recovered
        One for each call that was closed, oldest first.
    """
    done = []
    where: dict[str, Any] = {} if node is None else {"node": [node, ""]}
    for call in store.find(Call, ended_at=None, **where):
        if call.door == IMPORTED:  # another system's, which will tell of its end
            continue
        if started_before is not None and call.started_at >= started_before:
            continue
        try:
            closed = _close(store, folder, call)
        except OpenRecording:
            continue
        if closed is not None:
            done.append(closed)
    return done


def _close(store: Store, folder: RecordingFolder, call: Call) -> Recovered | None:
    """Close one call, unless it ended, or another recovery closed it, since it was looked up."""
    repaired: list[Recording] = []
    problems: list[str] = []
    for recording in store.find(Recording, call_id=call.id, sha256=""):
        try:
            repaired.append(repair(folder, recording))
        except OpenRecording:
            raise
        except RecordingError as error:
            problems.append(str(error))
    if store.get(Call, call.id).ended_at is not None:
        return None
    seconds = max((each.seconds for each in repaired), default=0.0)
    ended = call.started_at + timedelta(seconds=seconds)
    closed = replace(call, ended_at=ended, outcome=Outcome.INTERRUPTED, hangup_cause="process-died")
    store.add(closed, *repaired)
    return Recovered(call.id, seconds, "; ".join(problems))
