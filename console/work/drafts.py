"""Verdicts as they are typed: kept every few seconds, found again on return, never lost to another window.

A draft stays after its review is given, empty and with its revision, so that storing the review is one
compare-and-set: of two windows that save at once, the second is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, abort, jsonify, request
from werkzeug.wrappers import Response

from calls.reviewing import ReviewDraft
from calls.store import Store
from console.access import allow, known_call, the_user
from console.clock import the_time
from console.desk import the_desk
from console.language import t
from console.names import user_names
from console.rights import Right
from console.work.verdict import Verdict

blueprint = Blueprint("drafts", __name__)

#: Drafts of others that were not touched for longer are not spoken of.
STALE = timedelta(hours=12)
#: How often a change is tried when others change the same draft.
_TRIES = 5


class DraftConflict(Exception):
    """Another window has changed the draft, or given the review; ``draft`` is what there is now."""

    def __init__(self, draft: ReviewDraft) -> None:
        super().__init__(draft.id)
        self.draft = draft

    @property
    def given(self) -> bool:
        """Whether the review was given meanwhile."""
        return not self.draft.content


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who has begun a verdict on the same call, and when."""

    name: str
    since: datetime


def draft_id(call_id: str, user_id: str) -> str:
    """Return the id of the one draft of a user on a call."""
    return f"{call_id}:{user_id}"


def load_draft(store: Store, call_id: str, user_id: str) -> ReviewDraft:
    """Return the draft of a user on a call, an empty one of revision 0 where there is none."""
    found = store.find(ReviewDraft, id=draft_id(call_id, user_id))
    return (
        found[0]
        if found
        else ReviewDraft(id=draft_id(call_id, user_id), call_id=call_id, user_id=user_id, revision=0)
    )


def fields_of(draft: ReviewDraft) -> dict[str, str]:
    """Return what a draft holds as the fields of the form."""
    fields: dict[str, str] = draft.content.get("fields", {})
    return fields


def check_known(draft: ReviewDraft, verdict: Verdict) -> None:
    """Raise :class:`DraftConflict` where a draft has become another than the one that a form knows.

    A form without a revision, sent by a browser without scripts, or one that says the same, knows enough.
    """
    if verdict.revision in ("", str(draft.revision)):
        return
    if draft.content:
        if draft.content.get("window") == verdict.window:
            return  # an older answer of the same page is still on its way
        if Verdict.from_form(fields_of(draft)).same_content(verdict):
            return
    raise DraftConflict(draft)


def keep(store: Store, call_id: str, user_id: str, verdict: Verdict, now: datetime) -> ReviewDraft:
    """Keep a verdict as it is typed and return the draft that it has become.

    Raises
    ------
    DraftConflict
        Another window has kept something else since.
    """
    for _ in range(_TRIES):
        draft = load_draft(store, call_id, user_id)
        check_known(draft, verdict)
        if verdict.empty and not draft.content:
            return draft
        kept = kept_as(draft, verdict, now)
        if store_over(store, draft, kept):
            return kept
    raise DraftConflict(draft)


def kept_as(draft: ReviewDraft, verdict: Verdict, now: datetime) -> ReviewDraft:
    """Return the draft that takes the place of another; an empty verdict empties it."""
    content: dict[str, Any] = {}
    if not verdict.empty:
        content = {
            "fields": verdict.content(),
            "window": verdict.window,
            "since": draft.content.get("since", now.isoformat()),
        }
    return replace(draft, content=content, revision=draft.revision + 1, updated_at=now)


def store_over(store: Store, draft: ReviewDraft, follower: ReviewDraft, *more: Any) -> bool:
    """Store a draft's follower with other records, unless the draft is another by now; all or nothing."""
    if draft.revision == 0:
        store.ensure(replace(draft, content={}, revision=0))
    return store.change(follower, *more, revision=draft.revision)


def colleagues(store: Store, call_id: str, user_id: str, now: datetime) -> list[Colleague]:
    """Return who else has begun a verdict on a call and was at it lately, the earliest first."""
    drafts = [
        each
        for each in store.find(ReviewDraft, call_id=call_id)
        if each.content and each.user_id != user_id and now - each.updated_at < STALE
    ]
    names = user_names(store, (each.user_id for each in drafts))
    found = [Colleague(names[each.user_id], datetime.fromisoformat(each.content["since"])) for each in drafts]
    return sorted(found, key=lambda each: (each.since, each.name))


def words_of(someone: Colleague) -> str:
    """Return the sentence that says who else is at a call."""
    return t("draft.colleague", name=someone.name, since=f"{someone.since.astimezone():%H:%M}")


@blueprint.post("/calls/<call_id>/draft")
@allow(Right.REVIEW)
def save(call_id: str) -> Response | tuple[Response, int]:
    """Keep the form as it is typed; answers with the revision, or 409 and what another window has kept."""
    known_call(call_id)
    verdict = Verdict.from_form(request.form)
    if len(verdict.comment) > 2 * 4000 or len(verdict.answers) > 1000:
        abort(400, description=t("fault.413"))
    store, user, now = the_desk().store, the_user(), the_time()
    try:
        draft = keep(store, call_id, user.id, verdict, now)
    except DraftConflict as conflict:
        return jsonify(told(conflict)), 409
    at = f"{now.astimezone():%H:%M:%S}"
    others = [words_of(each) for each in colleagues(store, call_id, user.id, now)]
    return jsonify(revision=draft.revision, kept=t("draft.kept", at=at), others=others)


def told(conflict: DraftConflict) -> Mapping[str, Any]:
    """Return what a page is told of a conflict."""
    draft = conflict.draft
    at = f"{draft.updated_at.astimezone():%H:%M}"
    words = t("draft.given", at=at) if conflict.given else t("draft.conflict", at=at)
    return {"problem": words, "revision": draft.revision, "conflict": True}
