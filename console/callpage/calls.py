"""Page: one call."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from calls.errors import NotFound
from console.access import allow, known_call, may, the_user
from console.callpage.dossier import gather
from console.callpage.judgement import rule_name
from console.callpage.measures import PLOT_HEIGHT, PLOT_WIDTH
from console.desk import the_desk
from console.language import t
from console.retrieval.listing import CHOICES
from console.rights import Right
from console.work.scorecards import the_scorecards
from console.work.sheet import field_words
from console.work.verdict import Verdict, VerdictError
from console.work.worklist import Worklist, load_worklist

blueprint = Blueprint("calls", __name__)

#: The cookie that keeps the reviewer's name between calls.
REVIEWER_COOKIE = "reviewer"


@blueprint.get("/calls/<call_id>")
@allow(Right.CALLS)
def call(call_id: str) -> str:
    """Show one call."""
    return call_page(call_id, request.args.get("plan"))


def call_page(
    call_id: str, plan_id: str | None, draft: Verdict | None = None, problem: VerdictError | None = None
) -> str:
    """Return the page of a call.

    Parameters
    ----------
    call_id : str
        The call.
    plan_id : str or None
        The sample that the reviewer works on; by default the latest.
    draft : Verdict, optional
        What the form holds; empty by default.
    problem : VerdictError, optional
        Why the draft was not stored.
    """
    call = known_call(call_id)
    card = the_scorecards().of(call)
    dossier = gather(
        the_desk().store, call, worklist(plan_id), card.rules if card else None, the_desk().hot_words
    )
    plan = dossier.worklist.plan.id if dossier.worklist and dossier.draw else ""
    return render_template(
        "call.html",
        dossier=dossier,
        draft=draft or Verdict.blank(reviewer=request.cookies.get(REVIEWER_COOKIE, ""), plan_id=plan),
        problem=problem,
        field_name=lambda field: field_words(field, call),
        plot_size=(PLOT_WIDTH, PLOT_HEIGHT),
        rule_name=lambda name: rule_name(name, card.rules if card else None),
        choices=CHOICES,
    )


def worklist(plan_id: str | None) -> Worklist | None:
    """Return the worklist of a plan or of the present user, or answer that there is no such plan."""
    inspector = the_user().id if may(Right.REVIEW) else None
    try:
        return load_worklist(the_desk().store, plan_id or None, inspector)
    except NotFound:
        abort(404, description=t("fault.no-plan", id=plan_id))
