"""Storing verdicts: each is a review of its own beside the machine's findings and other reviews."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from calls.records import Review, new_id
from calls.store import Store
from console.access import allow, known_call
from console.calls import REVIEWER_COOKIE, call_page, worklist
from console.desk import the_desk
from console.rights import Right
from console.verdict import Verdict, VerdictError, same_verdict

blueprint = Blueprint("reviews", __name__)

_HALF_YEAR_SECONDS = 180 * 24 * 3600


@blueprint.post("/calls/<call_id>/reviews")
@allow(Right.REVIEW)
def save(call_id: str) -> Response | tuple[str, int]:
    """Store a verdict and go on to the next call of the sample that nobody has reviewed."""
    known_call(call_id)
    verdict = Verdict.from_form(request.form)
    plan = worklist(verdict.plan_id) if verdict.plan_id else None
    try:
        review = verdict.review(call_id)
    except VerdictError as problem:
        return call_page(call_id, verdict.plan_id, verdict, problem), 400
    store_once(the_desk().store, review)
    following = plan.next_open(call_id) if plan else call_id
    if plan and following:
        target = url_for("calls.call", call_id=following, plan=plan.plan.id, saved=1)
    elif plan:
        target = url_for("sample.sample", plan=plan.plan.id, saved=1)
    else:
        target = url_for("calls.call", call_id=call_id, saved=1)
    response = redirect(target, 303)
    response.set_cookie(
        REVIEWER_COOKIE, review.reviewer, max_age=_HALF_YEAR_SECONDS, httponly=True, samesite="Strict"
    )
    return response


def store_once(store: Store, review: Review) -> None:
    """Store a review, unless the same form brought it before; an earlier verdict is never replaced.

    A form that was changed after it was sent (by going back) becomes a review of its own.
    """
    for earlier in store.find(Review, id=review.id):
        if same_verdict(earlier, review):
            return
        review = replace(review, id=new_id())
    store.add(review)
