"""Pages of appeals: the list, one appeal with both verdicts, and every step on its way to a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from analytics.labels import SEVERITIES
from calls.people import User
from calls.records import Appeal, Review, new_id
from calls.reviewing import AppealStep
from console.access import allow, entry, may, the_user, visible
from console.clock import the_time
from console.complaints import cases
from console.desk import the_desk
from console.language import t
from console.rights import Right
from console.texts import TEXTS
from console.verdicts.appeal import Action, Move, State, possible, take
from console.verdicts.appealfile import RUNNING, AppealFile, list_appeals, open_appeal, second_inspectors
from console.verdicts.steps import TEXT_LIMIT, StepRefused
from console.verdicts.stepwords import item_words
from console.work.calibrations import open_for
from console.work.verdict import COMPLAINT

blueprint = Blueprint("appeals", __name__)

_RIGHTS = (Right.FORWARD, Right.ASSIGN_APPEAL, Right.REVIEW)

#: Whether the form on the page of a call takes ``?appeal=`` and stores what :func:`decided_by` returns.
FORM_DECIDES = True

#: Choice of the list → the states that it shows.
CHOICES: Mapping[str, tuple[State, ...]] = {"running": RUNNING, **{str(each): (each,) for each in State}}


def offered() -> bool:
    """Tell whether the present user has anything to do with other people's appeals."""
    return any(may(right) for right in _RIGHTS)


@blueprint.get("/appeals")
@allow(Right.RESULTS, *_RIGHTS)
def listing() -> str:
    """Show the appeals that somebody sees, by state."""
    chosen = request.args.get("state", "running")
    if chosen not in CHOICES:
        abort(400, description=t("fault.filter", field=t("appeal.state"), value=chosen))
    store, page = the_desk().store, _page_number()
    found = list_appeals(store, CHOICES[chosen], page, seen=visible(store), who=the_user(), now=the_time())
    if page > found.pages:
        abort(404, description=t("fault.no-page", page=page, pages=found.pages))
    return render_template("appeals.html", listing=found, chosen=chosen, choices=CHOICES)


@blueprint.get("/appeals/<appeal_id>")
@allow(Right.RESULTS, *_RIGHTS)
def appeal(appeal_id: str) -> str:
    """Show one appeal."""
    return _page(_known(appeal_id))


@blueprint.post("/appeals/<appeal_id>/steps")
@allow(*_RIGHTS)
def step(appeal_id: str) -> Response | tuple[str, int]:
    """Take a step, unless the appeal is another by now or it is not for this person to take."""
    before, form = _known(appeal_id), request.form
    store = the_desk().store
    first = store.get(Review, before.review_id)
    try:
        action = _action(form.get("action", ""))
        # what the form showed is what was meant: an appeal that went on meanwhile is shown anew
        taken = str(store.count(AppealStep, appeal_id=appeal_id))
        if form.get("seen", taken) != taken:
            raise StepRefused("appeal.changed", 409)
        move = _move(before, action, first)
        more = _verdict(move, first) if action is Action.UPHOLD else []
        noted = entry(f"appeal.{action}", subject=appeal_id, call_id=first.call_id)
        if not store.change(
            move.appeal, move.step, noted, *more, state=before.state, inspector=before.inspector
        ):
            raise StepRefused("appeal.changed", 409)
    except StepRefused as problem:
        return _page(_known(appeal_id), problem), problem.status
    return redirect(url_for("appeals.appeal", appeal_id=appeal_id, done=str(action)), 303)


def decided_by(appeal_id: str, review: Review) -> list[Any]:
    """Return what to store, in one transaction, when the second inspector judged the call anew.

    The verdict is final: the review returned ``replaces`` the first one. The appeal is upheld where it
    differs from the first in score, fatal items or complaint, dismissed where it does not; the review's
    comment is the reason. Store the records, and those of the review, so::

        changed = store.change(*decided_by(appeal_id, review), *scores, **undecided(review))

    ``False`` says that the appeal is no longer the inspector's to decide; then nothing was stored.

    Parameters
    ----------
    appeal_id : str
        An appeal that the present user decides; it does not exist (404) for who does not see it.
    review : Review
        The verdict; its reviewer is the present user.

    Returns
    -------
    list
        The appeal, its step, the review to store in place of the one given, the entry in the audit log, and
        a case where there is a complaint and no case yet.

    Raises
    ------
    StepRefused
        Somebody else decides, the appeal is decided, or the review gives no reason.
    """
    before = _known(appeal_id)
    store = the_desk().store
    first = store.get(Review, before.review_id)
    action = Action.UPHOLD if _judged(review) != _judged(first) else Action.DISMISS
    if review.call_id != first.call_id:
        raise StepRefused("appeal.other-call", 400)
    move = take(
        before, action, the_user(), reviewer=first.reviewer, at=review.created_at, comment=review.comment
    )
    final = replace(review, replaces=first.id, plan_id=first.plan_id)
    noted = entry(f"appeal.{action}", subject=appeal_id, call_id=first.call_id)
    return [move.appeal, move.step, final, noted, *cases.opened_by(final, review.created_at)]


def undecided(review: Review) -> dict[str, Any]:
    """Return the conditions under which what :func:`decided_by` returns may be stored."""
    return {"state": str(State.ASSIGNED), "inspector": review.reviewer}


def _move(before: Appeal, action: Action, first: Review) -> Move:
    store = the_desk().store
    inspector = store.find(User, id=request.form.get("inspector", "")) if action is Action.ASSIGN else []
    return take(
        before,
        action,
        the_user(),
        reviewer=first.reviewer,
        at=the_time(),
        comment=request.form.get("comment", ""),
        inspector=inspector[0] if inspector else None,
    )


def _verdict(move: Move, first: Review) -> list[Any]:
    """Return the final verdict that the form holds, with what follows from it."""
    form = request.form
    severity = form.get("severity") or None
    final = replace(
        first,
        id=new_id(),
        reviewer=the_user().id,
        score=_score(form.get("score", "")),
        fatal=_choice("fatal"),
        complaint=_choice("complaint"),
        severity=severity,
        comment=move.step.comment,
        replaces=first.id,
        created_at=move.step.at,
    )
    if severity is not None and (severity not in SEVERITIES or not final.complaint):
        raise StepRefused("verdict.severity-without-complaint", field="severity")
    if _judged(final) == _judged(first):
        raise StepRefused("appeal.same-verdict", field="score")
    return [final, *cases.opened_by(final, move.step.at)]


def _judged(review: Review) -> tuple[object, ...]:
    return review.score, review.fatal, review.complaint, review.severity


def _score(value: str) -> float | None:
    if not value.strip():
        return None
    try:
        score = float(value)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 100:
        raise StepRefused("appeal.needs-score", field="score")
    return score


def _choice(field: str) -> bool | None:
    value = request.form.get(field, "")
    if value not in COMPLAINT:
        raise StepRefused("appeal.needs-choice", field=field)
    return COMPLAINT[value]


def _action(value: str) -> Action:
    if value not in list(Action):
        raise StepRefused("step.unknown", field="action", value=value)
    action = Action(value)
    if action is Action.APPEAL:
        raise StepRefused("step.unknown", field="action", value=value)
    return action


def _page(found: Appeal, problem: StepRefused | None = None) -> str:
    store = the_desk().store
    file: AppealFile = open_appeal(store, found)
    if open_for(store, file.call.id, the_user().id) is not None:
        abort(403, description=t("calibration.blind"))
    actions = possible(found, the_user(), file.first.reviewer)
    return render_template(
        "appeal.html",
        file=file,
        items=item_words(store, [file.first, *([file.final] if file.final else [])]),
        actions=actions,
        form_decides=FORM_DECIDES,
        inspectors=second_inspectors(store, file.first.reviewer) if Action.ASSIGN in actions else [],
        problem=problem,
        typed=request.form if problem else {},
        field_words=_field_words,
        severities=SEVERITIES,
        limit=TEXT_LIMIT,
        now=the_time(),
    )


def _field_words(field: str) -> str:
    key = f"appeal.{field}"
    return t(key) if key in TEXTS else field


def _known(appeal_id: str) -> Appeal:
    store = the_desk().store
    found = store.find(Appeal, id=appeal_id, **visible(store))
    if not found:
        abort(404, description=t("fault.no-appeal", id=appeal_id))
    return found[0]


def _page_number() -> int:
    value = request.args.get("page", "1")
    # longer numbers would not fit the database's integers
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
        abort(400, description=t("fault.page", value=value))
    return int(value)
