"""Storing verdicts: each is a review of its own beside the machine's findings and other reviews."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from analytics.rules.scoring import machine
from calls.errors import StoreError, StoreLocked
from calls.people import User
from calls.records import Calibration, Call, Review, SamplePlan, Score, Transcript, new_id
from calls.reviewing import Assignment, FormVersion, is_rating
from calls.store import Store
from console.access import LOCAL, allow, entry, known_call, may, the_user
from console.callpage.calls import REVIEWER_COOKIE, call_page, worklist
from console.callpage.personal import MEMORY, PersonalData, Veil
from console.clock import the_time
from console.complaints import cases
from console.desk import the_desk
from console.language import t
from console.names import user_names
from console.rights import Right
from console.verdicts import appeals
from console.verdicts.steps import StepRefused
from console.work.assignments import DONE, OPEN
from console.work.calibrations import open_for, rating_id
from console.work.drafts import DraftConflict, check_known, kept_as, load_draft, store_over, told
from console.work.scorecards import Card, Scorecards, filled, machine_answers, the_scorecards
from console.work.sheet import field_words, words
from console.work.verdict import Verdict, VerdictError, same_scores, same_verdict
from console.work.worklist import MINE, Worklist

blueprint = Blueprint("reviews", __name__)
blueprint.app_context_processor(words)

_HALF_YEAR_SECONDS = 180 * 24 * 3600
#: How often storing is tried when the same user's draft changes under it.
_TRIES = 5


@blueprint.post("/calls/<call_id>/reviews")
@allow(Right.REVIEW)
def save(call_id: str) -> Response | tuple[str, int] | tuple[Response, int]:
    """Store a verdict and go on to the next call that nobody has reviewed.

    The page's script asks for JSON and stays where it is while something is wrong; a plain form gets pages.
    """
    call = known_call(call_id)
    user = the_user()
    verdict = Verdict.from_form(request.form)
    if user.id != LOCAL.id:
        verdict = replace(verdict, reviewer=user.id)
    plan = _plan(verdict)
    try:
        review = give(the_desk().store, the_scorecards(), call, verdict, user, the_time())
    except VerdictError as problem:
        words = t(problem.key, field=field_words(problem.field, call), **problem.values)
        return _refused(call_id, verdict, problem, {"problem": words, "field": problem.field}, 400)
    except DraftConflict as conflict:
        key = "draft.given-form" if conflict.given else "draft.conflict-form"
        return _refused(call_id, verdict, VerdictError(key, "comment"), told(conflict), 409)
    except StoreError as error:
        if not _wants_json():
            raise
        key = "draft.locked" if isinstance(error, StoreLocked) else "draft.store"
        return jsonify(problem=t(key)), 503
    following = plan.next_open(call_id) if plan else call_id
    if is_rating(review):
        target = url_for("calibrations.calibration", calibration_id=verdict.calibration)
    elif verdict.appeal:
        target = url_for("appeals.appeal", appeal_id=verdict.appeal)
    elif plan and following:
        target = url_for("calls.call", call_id=following, plan=plan.plan.id, saved=1)
    elif plan:
        target = url_for("sample.sample", plan=plan.plan.id, saved=1)
    else:
        target = url_for("calls.call", call_id=call_id, saved=1)
    response = jsonify(to=target) if _wants_json() else redirect(target, 303)
    if user.id == LOCAL.id:
        response.set_cookie(
            REVIEWER_COOKIE, review.reviewer, max_age=_HALF_YEAR_SECONDS, httponly=True, samesite="Strict"
        )
    return response


@blueprint.get("/reviews/<review_id>")
@allow(Right.VERDICTS)
def show(review_id: str) -> str:
    """Show a review with the form of its day."""
    store = the_desk().store
    found = store.find(Review, id=review_id)
    if not found or is_rating(found[0]):
        abort(404, description=t("review.unknown"))
    call = known_call(found[0].call_id)
    if open_for(store, call.id, the_user().id) is not None:
        abort(403, description=t("calibration.blind"))
    veil = veil_of(store, call)
    form = filled(store, the_scorecards(), found[0])
    return render_template(
        "review.html",
        review=found[0],
        call=call,
        form=form,
        names=user_names(store),
        shown=veil.plain,
    )


def veil_of(store: Store, call: Call) -> Veil:
    """Return what hides a caller's personal data in texts about a call from whoever may not see them."""
    transcripts = store.find(Transcript, call_id=call.id, order_by=("-created_at", "-id"), limit=1)
    said = transcripts[0].utterances if transcripts else ()
    data = MEMORY.of_transcript(store, transcripts[0]) if transcripts else PersonalData()
    return Veil(data, said, hide=not may(Right.PERSONAL))


@dataclass(frozen=True, slots=True)
class _Given:
    """A review as it is to be stored, with the person's scores and what else goes with it."""

    review: Review
    scores: list[Score]
    more: list[Any]


def give(
    store: Store, scorecards: Scorecards, call: Call, verdict: Verdict, user: User, now: datetime
) -> Review:
    """Store a verdict once, with its scores, its form and all that follows from it, in one transaction.

    A form that comes again changes nothing; one that was changed after it was sent (by going back) becomes
    a review of its own. An earlier verdict is never replaced.

    Raises
    ------
    VerdictError
        The form cannot be stored as it is.
    DraftConflict
        Another window of the same user has kept something else, or given the review.
    StoreError
        Nothing was stored.
    """
    made = _made(store, scorecards, call, verdict, now)
    if verdict.appeal:
        return _decide(store, call, verdict, user, made, now)
    for _ in range(_TRIES):
        for earlier in store.find(Review, id=made.review.id):
            before = store.find(Score, review_id=earlier.id)
            if same_verdict(earlier, made.review) and same_scores(before, made.scores):
                return earlier
            if is_rating(earlier):
                raise VerdictError("calibration.rated", "comment")
            made = _renamed(made)
        draft = load_draft(store, call.id, user.id)
        check_known(draft, verdict)
        follower = kept_as(draft, Verdict(), now)
        noted = entry("review.save", subject=made.review.id, call_id=call.id)
        more = [*made.more, noted]
        if not is_rating(made.review):
            more += cases.opened_by(made.review, now)
        if store_over(store, draft, follower, made.review, *made.scores, *more):
            return made.review
    raise DraftConflict(draft)


def _decide(store: Store, call: Call, verdict: Verdict, user: User, made: _Given, now: datetime) -> Review:
    """Store the final verdict after an appeal, once, with what the appeal becomes by it."""
    for earlier in store.find(Review, id=made.review.id):
        return earlier
    draft = load_draft(store, call.id, user.id)
    check_known(draft, verdict)
    try:
        appeal, *follows = appeals.decided_by(verdict.appeal, made.review)
    except StepRefused as refused:
        raise VerdictError(refused.key, "comment", **refused.values) from None
    follower = kept_as(draft, Verdict(), now)
    conditions = appeals.undecided(made.review)
    if not store.change(appeal, *follows, *made.scores, *made.more, follower, **conditions):
        raise VerdictError("appeal.changed", "comment")
    return made.review


def _made(store: Store, scorecards: Scorecards, call: Call, verdict: Verdict, now: datetime) -> _Given:
    review = replace(verdict.review(call.id), created_at=now)
    if verdict.calibration:
        review = replace(review, id=_rating(store, verdict, review), plan_id=None)
    card = _card(store, scorecards, call, verdict) if verdict.answers else None
    scores: list[Score] = []
    more: list[Any] = []
    if card is not None:
        scores = verdict.scores(review, card.name, card.weights)
        transcripts = store.find(Transcript, call_id=call.id, order_by=("-created_at", "-id"), limit=1)
        proposed, _ = machine_answers(store, card, call, transcripts[0] if transcripts else None)
        total = card.score([*proposed, *scores])
        review = replace(
            review,
            scorecard=card.name,
            form=card.label,
            score=None if total.score is None else round(total.score, 2),
            fatal=total.automatic_fail,
        )
        if not store.find(FormVersion, id=card.label):
            more.append(card.version)
        if not store.find(Score, call_id=call.id, by=machine(card.rules), limit=1):
            more += proposed
    if review.plan_id:
        given = store.find(Assignment, plan_id=review.plan_id, call_id=call.id, state=OPEN)
        more += [replace(each, state=DONE) for each in given]
    return _Given(review, scores, more)


def _rating(store: Store, verdict: Verdict, review: Review) -> str:
    """Return the id of a rating; refuse one that nobody waits for any more."""
    found = store.find(Calibration, id=verdict.calibration, call_id=review.call_id)
    if not found or review.reviewer not in found[0].raters:
        raise VerdictError("calibration.not-yours", "comment")
    if found[0].state != "open":
        raise VerdictError("calibration.is-closed", "comment")
    return rating_id(found[0].id, review.reviewer)


def _card(store: Store, scorecards: Scorecards, call: Call, verdict: Verdict) -> Card:
    """Return the form that a verdict was made with, of the version that its page showed."""
    card = scorecards.of(call)
    if card is not None and verdict.form not in ("", card.label):
        card = scorecards.of_version(store, verdict.form, card.name)
    if card is None:
        raise VerdictError("scorecard.changed", "comment")
    return card


def _renamed(made: _Given) -> _Given:
    review = replace(made.review, id=new_id())
    scores = [
        replace(each, id=f"{review.id}-{number}", review_id=review.id)
        for number, each in enumerate(made.scores)
    ]
    return _Given(review, scores, made.more)


def _plan(verdict: Verdict) -> Worklist | None:
    """Return the list that the reviewer works on; 404 where the form names a plan that does not exist."""
    if verdict.plan_id and not the_desk().store.find(SamplePlan, id=verdict.plan_id):
        abort(404, description=t("fault.no-plan", id=verdict.plan_id))
    key = verdict.work or verdict.plan_id
    return worklist(key) if key else None


def _refused(
    call_id: str, verdict: Verdict, problem: VerdictError, words: Any, status: int
) -> tuple[str, int] | tuple[Response, int]:
    if _wants_json():
        return jsonify(words), status
    shown = verdict.work if verdict.work == MINE else verdict.plan_id
    return call_page(call_id, shown, verdict, problem), status


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
