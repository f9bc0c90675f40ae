"""Pages: the list of calls, and one call."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from calls.errors import NotFound
from console.access import allow, known_call, visible
from console.desk import the_desk
from console.dossier import gather
from console.language import t
from console.listing import CallFilter, list_calls
from console.rights import Right
from console.texts import TEXTS
from console.verdict import Verdict, VerdictError
from console.worklist import Worklist, load_worklist

blueprint = Blueprint("calls", __name__)

#: The cookie that keeps the reviewer's name between calls.
REVIEWER_COOKIE = "reviewer"


@blueprint.get("/calls")
@allow(Right.CALLS)
def listing() -> str:
    """Show a page of calls, filtered by topic, complaint severity and outcome."""
    wanted = CallFilter(**{field: _choice(field) for field in CallFilter.CHOICES})
    page = _page()
    store = the_desk().store
    found = list_calls(store, wanted, page, seen=visible(store))
    if page > found.pages:
        abort(404, description=t("fault.no-page", page=page, pages=found.pages))
    return render_template("calls.html", listing=found, wanted=wanted, choices=CallFilter.CHOICES)


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
    known_call(call_id)
    dossier = gather(the_desk().store, call_id, worklist(plan_id))
    plan = dossier.worklist.plan.id if dossier.worklist and dossier.draw else ""
    return render_template(
        "call.html",
        dossier=dossier,
        draft=draft or Verdict.blank(reviewer=request.cookies.get(REVIEWER_COOKIE, ""), plan_id=plan),
        problem=problem,
        field_name=_field_name,
        choices=CallFilter.CHOICES,
    )


def worklist(plan_id: str | None) -> Worklist | None:
    """Return a plan's worklist (by default the latest plan's) or answer that there is no such plan."""
    try:
        return load_worklist(the_desk().store, plan_id or None)
    except NotFound:
        abort(404, description=t("fault.no-plan", id=plan_id))


def _choice(field: str) -> str:
    value = request.args.get(field, "")
    if value and value not in CallFilter.CHOICES[field]:
        abort(400, description=t("fault.filter", field=t(f"call.{field}"), value=value))
    return value


def _field_name(field: str) -> str:
    return t(f"verdict.{field}" if f"verdict.{field}" in TEXTS else f"kind.{field}")


def _page() -> int:
    value = request.args.get("page", "1")
    # Longer numbers would not fit the database's integers.
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
        abort(400, description=t("fault.page", value=value))
    return int(value)
