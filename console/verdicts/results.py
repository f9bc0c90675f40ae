"""Pages of an agent: the own results, what was judged in each, confirming it, appealing against it."""

from __future__ import annotations

import os
from datetime import timedelta

from flask import Blueprint, Flask, abort, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from calls.records import Appeal, Recording
from calls.reviewing import Acknowledgement, AppealStep
from console.access import allow, note, the_user, visible
from console.clock import the_time
from console.desk import the_desk
from console.language import t
from console.names import user_names
from console.rights import Right
from console.verdicts import appeal, terms
from console.verdicts.result import Result, result_of, results_of, scores_of
from console.verdicts.steps import TEXT_LIMIT, StepRefused, checked_text
from console.verdicts.stepwords import disclosed, duration_words, item_words

blueprint = Blueprint("results", __name__)

#: Results are shown for so many days of calls at a time, at most so many times back.
PERIOD_DAYS = 90
_PERIODS = 40


@blueprint.record_once
def prepare(state: BlueprintSetupState) -> None:
    """Give the desk its terms, and templates their words for steps."""
    app: Flask = state.app  # type: ignore[assignment]
    terms.install(app, os.environ)
    app.jinja_env.filters.update(disclosed=disclosed, duration=duration_words)


@blueprint.get("/results")
@allow(Right.RESULTS)
def listing() -> str:
    """Show the results of the agent whose account this is."""
    period = _period()
    now = the_time()
    until = now - timedelta(days=PERIOD_DAYS * period)
    since = until - timedelta(days=PERIOD_DAYS)
    # a call that has just begun may already be judged by another clock
    last = until if period else now + timedelta(days=1)
    found = results_of(the_desk().store, the_user().agent_id or "", since, last)
    return render_template(
        "results.html",
        results=found,
        period=period,
        last_period=_PERIODS - 1,
        since=since,
        until=until,
        now=now,
        terms=terms.the_terms(),
    )


@blueprint.get("/results/<review_id>")
@allow(Right.RESULTS)
def result(review_id: str) -> str:
    """Show one result with its call."""
    return _page(_known(review_id))


@blueprint.post("/results/<review_id>/acknowledgement")
@allow(Right.RESULTS)
def acknowledge(review_id: str) -> Response | tuple[str, int]:
    """Store the agent's word that the verdict was read and is accepted."""
    found = _known(review_id)
    try:
        comment = checked_text(request.form.get("comment", ""), "comment", needed=False)
        if not found.may_acknowledge():
            raise StepRefused("result.settled", 409)
    except StepRefused as problem:
        return _page(found, problem), problem.status
    current = found.current
    # the id keeps a second one, sent at the same time, from being stored
    known = Acknowledgement(
        id=current.id,
        review_id=current.id,
        agent_id=the_user().agent_id or "",
        comment=comment,
        created_at=the_time(),
    )
    the_desk().store.ensure(known)
    note("result.acknowledge", subject=current.id, call_id=found.call.id)
    return redirect(url_for("results.result", review_id=current.id, done="acknowledged"), 303)


@blueprint.post("/results/<review_id>/appeal")
@allow(Right.RESULTS)
def appeal_against(review_id: str) -> Response | tuple[str, int]:
    """Store the agent's appeal against the verdict."""
    found = _known(review_id)
    who, now, store = the_user(), the_time(), the_desk().store
    try:
        move = appeal.begin(found.first, who.agent_id or "", who, request.form.get("comment", ""), now)
        if not found.may_appeal(now, terms.the_terms()):
            over = found.appeal is None and found.acknowledgement is None and found.final is None
            raise StepRefused("result.too-late" if over else "result.settled", 409)
        store.ensure(move.appeal, move.step)
        if store.get(Appeal, move.appeal.id).comment != move.appeal.comment:
            raise StepRefused("result.settled", 409)
    except StepRefused as problem:
        return _page(_known(review_id), problem), problem.status
    note("appeal.appeal", subject=move.appeal.id, call_id=found.call.id)
    return redirect(url_for("results.result", review_id=review_id, done="appealed"), 303)


def _page(found: Result, problem: StepRefused | None = None) -> str:
    store = the_desk().store
    reviews = [found.first, *([found.final] if found.final else [])]
    steps = store.find(AppealStep, appeal_id=found.appeal.id, order_by=("at", "id")) if found.appeal else []
    recordings = store.find(Recording, call_id=found.call.id, order_by="-id", limit=1)
    people = [each.reviewer for each in reviews] + [step.by for step in steps]
    return render_template(
        "result.html",
        result=found,
        scores=scores_of(store, reviews),
        items=item_words(store, reviews),
        steps=steps,
        recording=recordings[0] if recordings else None,
        names=user_names(store, people),
        problem=problem,
        typed=request.form.get("comment", "") if problem else "",
        limit=TEXT_LIMIT,
        now=the_time(),
        terms=terms.the_terms(),
    )


def _known(review_id: str) -> Result:
    store = the_desk().store
    found = result_of(store, review_id, visible(store))
    if found is None:
        abort(404, description=t("fault.no-result", id=review_id))
    return found


def _period() -> int:
    value = request.args.get("period", "0")
    if not (value.isascii() and value.isdigit() and len(value) < 4 and int(value) < _PERIODS):
        abort(400, description=t("fault.period", value=value))
    return int(value)
