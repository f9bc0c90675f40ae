"""Page: the present user's calls, or a sample."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from calls.records import Call
from console import navigation
from console.access import allow, may, the_user, visible
from console.callpage.calls import worklist
from console.clock import the_time
from console.desk import the_desk
from console.retrieval.listing import rows
from console.rights import Right
from console.work.calibrations import waiting
from console.work.pending import Pending, pending
from console.work.worklist import MINE, MyCalls, my_calls

blueprint = Blueprint("sample", __name__)


@blueprint.get("/")
@allow(Right.CALLS)
def start() -> Response:
    """Lead to where the work is: the first place that the present user may go to."""
    return redirect(url_for(navigation.places()[0].endpoint))


@blueprint.get("/sample")
@allow(Right.VERDICTS)
def sample() -> str:
    """Show what is assigned to the present user; without that, or where a plan is asked for, its sample.

    A sample's calls are listed in order, with why each was drawn, and which are reviewed.
    """
    plan_id = request.args.get("plan")
    store = the_desk().store
    if plan_id in (None, "", MINE) and may(Right.REVIEW):
        mine = my_calls(store, the_user().id)
        asked = waiting(store, the_user().id)
        if mine is not None or asked:
            return _mine(mine or MyCalls((), {}), [(each, store.get(Call, each.call_id)) for each in asked])
    found = worklist(plan_id)
    if found is None:
        return render_template("sample.html", worklist=None, lines=[], waits=_waits())
    calls = store.find(Call, id=[draw.call_id for draw in found.draws], **visible(store))
    by_id = {row.call.id: row for row in rows(store, calls)}
    lines = [(draw, by_id[draw.call_id]) for draw in found.draws if draw.call_id in by_id]
    return render_template("sample.html", worklist=found, lines=lines, waits=_waits())


def _mine(mine: MyCalls, asked: list[object]) -> str:
    store, now = the_desk().store, the_time()
    calls = store.find(Call, id=sorted({place.draw.call_id for place in mine.places}))
    by_id = {row.call.id: row for row in rows(store, calls)}
    return render_template(
        "mine.html",
        mine=mine,
        lines=[(place, by_id[place.draw.call_id]) for place in mine.places if place.draw.call_id in by_id],
        following=mine.worklist().next_open(),
        now=now,
        overdue=sum(place.overdue(now) for place in mine.places),
        asked=asked,
        waits=_waits(),
    )


def _waits() -> list[Pending]:
    store = the_desk().store
    return pending(store, the_user(), visible(store), the_time())
