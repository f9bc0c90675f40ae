"""Erasing what is kept about a person (PIPL, article 47), so that the centre's figures stay true.

What was said, typed or judged in words goes, the sound goes, the number goes, the complaint cases go. That a
call took place, when, in which queues and with which outcome and points, stays: nothing of it leads to the
person. Indexes and what was derived from the words are told to forget the calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from calls.batches import BatchFile, FileState, Step
from calls.errors import RecordingError
from calls.people import AuditEntry, WebhookDelivery
from calls.recordings import RecordingFolder
from calls.records import (
    Appeal,
    Call,
    Callback,
    CallEvent,
    CallRisk,
    Case,
    Direction,
    Finding,
    Leg,
    Recording,
    Review,
    Role,
    SampleDraw,
    Score,
    Transcript,
)
from calls.reviewing import Acknowledgement, AppealStep, ReviewDraft
from calls.store import Store

#: What stays of an event's data beside numbers: none of it says anything about the caller.
_STAYS = frozenset({"queue", "agent", "by", "name", "flow"})
#: Calls that are erased in one transaction each way.
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased; ``failed`` names sound files that could not be deleted, with why."""

    calls: int
    recordings: int
    failed: tuple[str, ...]


def erase(
    store: Store,
    folder: RecordingFolder,
    calls: Collection[Call],
    *,
    by: str,
    why: str,
    forget: Callable[[Collection[str]], object] = len,
    derived: Callable[[str], object] = len,
) -> Erasure:
    """Erase what is kept about the persons of some calls, and write into the audit log that it was done.

    Doing it again does no harm: what failed the first time is tried again.

    Parameters
    ----------
    store, folder : Store, RecordingFolder
    calls : collection of Call
        All of them over.
    by : str
        The id of the user who erases.
    why : str
        ``request`` of the person, or ``retention``.
    forget : callable
        Takes calls, by their ids, out of whatever was made of their words (the search index); afterwards.
    derived : callable
        Deletes what was made of a recording, by its id (its outline).
    """
    failed: list[str] = []
    gone = 0
    ordered = sorted(calls, key=lambda call: call.id)
    for start in range(0, len(ordered), _AT_ONCE):
        batch = ordered[start : start + _AT_ONCE]
        ids = [call.id for call in batch]
        for recording in store.find(Recording, call_id=ids):
            problem = delete_sound(store, folder, recording, derived)
            if problem:
                failed.append(problem)
            else:
                gone += 1
        for kind in (Transcript, ReviewDraft, Callback, Case):
            store.replace(kind, {"call_id": ids})
        kept = [*_bare_calls(batch), *_bare_parts(store, ids)]
        entries = [
            AuditEntry(user_id=by, action="privacy.erase", call_id=each, data={"why": why}) for each in ids
        ]
        store.add(*kept, *entries)
    if ordered:
        forget([call.id for call in ordered])
    return Erasure(len(ordered), gone, tuple(failed))


def delete_sound(
    store: Store, folder: RecordingFolder, recording: Recording, derived: Callable[[str], object] = len
) -> str:
    """Delete a recording, its file first; return why that failed, or nothing.

    What was made of it goes by ``derived``. A file that is gone already is no failure.
    """
    try:
        folder.delete(recording)
    except (OSError, RecordingError) as error:
        return f"{recording.uri}: {getattr(error, 'strerror', None) or error}"
    derived(recording.id)
    store.replace(Recording, {"id": recording.id})
    return ""


def _bare_calls(calls: Iterable[Call]) -> Iterable[Call]:
    for call in calls:
        if call.direction is Direction.OUTBOUND:
            yield replace(call, callee="")
        else:
            yield replace(call, caller="")


def _bare_parts(store: Store, ids: list[str]) -> list[Any]:
    """Return the records of the calls without words, numbers and names of the person."""
    bare: list[Any] = []
    bare += [replace(each, address="") for each in store.find(Leg, call_id=ids, role=Role.CALLER)]
    bare += [replace(each, data=_bare_data(each.data)) for each in store.find(CallEvent, call_id=ids)]
    bare += [replace(each, evidence=()) for each in store.find(Finding, call_id=ids)]
    bare += [
        replace(each, reasons=tuple(replace(reason, words="", evidence=()) for reason in each.reasons))
        for each in store.find(CallRisk, call_id=ids)
    ]
    bare += [replace(each, reasons=()) for each in store.find(SampleDraw, call_id=ids)]
    reviews = store.find(Review, call_id=ids)
    bare += [replace(each, comment="") for each in reviews]
    bare += [replace(each, comment="") for each in store.find(Score, call_id=ids)]
    bare += [replace(each, payload={}) for each in store.find(WebhookDelivery, call_id=ids)]
    appeals = store.find(Appeal, review_id=[each.id for each in reviews])
    bare += [replace(each, comment="") for each in appeals]
    steps = store.find(AppealStep, appeal_id=[each.id for each in appeals])
    bare += [replace(each, comment="") for each in steps]
    told = store.find(Acknowledgement, review_id=[each.id for each in reviews])
    bare += [replace(each, comment="") for each in told]
    return bare + _bare_files(store, ids)


def _bare_files(store: Store, ids: list[str]) -> list[BatchFile]:
    """Return the files of the calls, and those with the same sound, without their names.

    They stay known by their ids, and done, so that no batch takes them up again.
    """
    of_calls = store.find(BatchFile, call_id=ids)
    sums = [each.sha256 for each in of_calls if each.sha256]
    files = {each.id: each for each in (*of_calls, *store.find(BatchFile, sha256=sums))}
    return [
        replace(each, place="", reason="", step=Step.DONE, state=FileState.DONE) for each in files.values()
    ]


def _bare_data(data: dict[str, Any]) -> dict[str, Any]:
    stays = {
        name: value
        for name, value in data.items()
        if isinstance(value, (bool, int, float)) or (name in _STAYS and isinstance(value, str))
    }
    # a number that somebody keyed in may have been stored as one
    return {name: value for name, value in stays.items() if len(json.dumps(value)) < 24 and name != "number"}
