"""Page: the sample of the day, or that of another plan."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from calls.records import Call
from console.access import allow
from console.calls import worklist
from console.desk import the_desk
from console.listing import rows
from console.rights import Right

blueprint = Blueprint("sample", __name__)


@blueprint.get("/")
@allow(Right.CALLS)
def start() -> Response:
    """Lead to where the work is."""
    return redirect(url_for("sample.sample"))


@blueprint.get("/sample")
@allow(Right.VERDICTS)
def sample() -> str:
    """Show the drawn calls in order, why each was drawn, and which are reviewed."""
    found = worklist(request.args.get("plan"))
    if found is None:
        return render_template("sample.html", worklist=None, lines=[])
    store = the_desk().store
    calls = store.find(Call, id=[draw.call_id for draw in found.draws])
    by_id = {row.call.id: row for row in rows(store, calls)}
    lines = [(draw, by_id[draw.call_id]) for draw in found.draws if draw.call_id in by_id]
    return render_template("sample.html", worklist=found, lines=lines)
