"""Page: the tokens of the own account, with which programs ask the API."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from calls.people import ApiToken
from console.access import LOCAL, signed_in, the_user
from console.api.tokens import issue, revoke
from console.clock import the_time
from console.desk import the_desk
from console.language import t

blueprint = Blueprint("tokens", __name__)

#: Characters of a token's name, and tokens of one account, at most.
NAME_LIMIT, MOST = 64, 20
#: Days that a token may be good for; 0 for ever.
DAYS = (30, 90, 365, 0)


@blueprint.get("/account/tokens")
@signed_in
def tokens() -> str:
    """List the tokens; what they are is shown once, when they are made."""
    return _page()


@blueprint.post("/account/tokens")
@signed_in
def add() -> tuple[str, int]:
    """Make a token and show it."""
    user, store, now = the_user(), the_desk().store, the_time()
    name = request.form.get("name", "").strip()
    days = request.form.get("days", "")
    if user is LOCAL:
        abort(409, description=t("tokens.no-account"))
    if not 0 < len(name) <= NAME_LIMIT or not name.isprintable():
        return _page(problem=t("tokens.name-limit", limit=NAME_LIMIT)), 400
    if days not in {str(each) for each in DAYS}:
        abort(400)
    if store.count(ApiToken, user_id=user.id) >= MOST:
        return _page(problem=t("tokens.most", most=MOST)), 400
    ends = now + timedelta(days=int(days)) if days != "0" else None
    return _page(made=issue(store, user, name, now, ends)), 201


@blueprint.post("/account/tokens/<token_id>/revoke")
@signed_in
def end(token_id: str) -> Response:
    """Make a token worthless."""
    if not revoke(the_desk().store, the_user(), token_id, the_time()):
        abort(404, description=t("tokens.unknown"))
    return redirect(url_for("tokens.tokens"), 303)


def _page(made: str = "", problem: str = "") -> str:
    store, user = the_desk().store, the_user()
    known = store.find(ApiToken, user_id=user.id, order_by="-created_at")
    return render_template(
        "tokens.html",
        tokens=known,
        made=made,
        problem=problem,
        days=DAYS,
        most=NAME_LIMIT,
        now=the_time(),
        without=user is LOCAL,
    )
