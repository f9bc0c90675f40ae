"""How long each class of data is kept (PIPL, article 19: no longer than needed), and deleting the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from analytics.privacy.erasure import delete_sound, erase
from calls.document import Section, read_document
from calls.errors import AnalyticsError
from calls.people import AuditEntry, WebhookDelivery
from calls.recordings import RecordingFolder
from calls.records import Call, Recording
from calls.reviewing import ReviewDraft
from calls.store import Span, Store

Days = Annotated[int, Field(ge=1, le=36500)]


class Retention(Section):
    """Days that each class of data is kept after its call, or after it was written; all optional in the file.

    Attributes
    ----------
    sound : int
        Recordings. The words of a call may outlive its sound, not the other way round.
    words : int
        Transcripts, and with them all that :func:`analytics.privacy.erasure.erase` takes: the number, what
        was keyed in, comments, cases.
    drafts : int
        Reviews that were begun and not given.
    messages : int
        The log of webhooks.
    audit : int
        The audit log.
    """

    sound: Days = 180
    words: Days = 730
    drafts: Days = 30
    messages: Days = 90
    audit: Days = 1095

    @model_validator(mode="after")
    def _sound_goes_first(self) -> Retention:
        if self.words < self.sound:
            raise ValueError(f"words: {self.words} days are fewer than the {self.sound} of sound")
        return self


def read_retention(path: Path) -> Retention:
    """Return the retention in a YAML file.

    Raises
    ------
    AnalyticsError
        It cannot be read, or a field is wrong; the message names file, line and field.
    """
    return read_document(path, AnalyticsError).read_as(Retention)


@dataclass(frozen=True, slots=True)
class Expired:
    """How much was too old, or would be in a dry run; ``failed`` names files that are still there."""

    sounds: int
    calls: int
    drafts: int
    messages: int
    audit: int
    failed: tuple[str, ...] = ()


def expire(
    store: Store,
    folder: RecordingFolder,
    kept: Retention,
    now: datetime,
    *,
    by: str,
    dry_run: bool = False,
    forget: Callable[[Collection[str]], object] = len,
    derived: Callable[[str], object] = len,
) -> Expired:
    """Delete what is older than it may be.

    Parameters
    ----------
    store, folder : Store, RecordingFolder
    kept : Retention
    now : datetime
    by : str
        Whose doing the audit log calls it.
    dry_run : bool
        Only count.
    forget, derived : callable
        As for :func:`analytics.privacy.erasure.erase`.
    """

    def before(days: int) -> Span:
        return Span(None, now - timedelta(days=days))

    done = store.values(AuditEntry, "call_id", action="privacy.erase")
    old = [each for each in store.find(Call, ended_at=before(kept.words)) if each.id not in done]
    silent = store.values(Call, "id", ended_at=before(kept.sound)) - {each.id for each in old}
    sounds = store.find(Recording, call_id=list(silent))
    drafts = store.values(ReviewDraft, "id", updated_at=before(kept.drafts))
    messages = store.values(WebhookDelivery, "id", created_at=before(kept.messages))
    audit = store.values(AuditEntry, "id", at=before(kept.audit))
    found = Expired(len(sounds), len(old), len(drafts), len(messages), len(audit))
    if dry_run or found == Expired(0, 0, 0, 0, 0):
        return found
    failed: list[str] = []
    erased = erase(store, folder, old, by=by, why="retention", forget=forget, derived=derived)
    failed += erased.failed
    for recording in sounds:
        problem = delete_sound(store, folder, recording, derived)
        failed += [problem] if problem else []
    for kind, ids in ((ReviewDraft, drafts), (WebhookDelivery, messages), (AuditEntry, audit)):
        store.replace(kind, {"id": ids})
    counts = {name: value for name, value in asdict(found).items() if name != "failed"}
    store.add(AuditEntry(user_id=by, action="privacy.expire", data=counts, at=now))
    return replace(found, failed=tuple(failed))
