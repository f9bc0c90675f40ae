"""Page: the own account, its password and its sessions."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from calls.people import User
from console.access import LOCAL, signed_in, the_settings, the_user
from console.accounts import roster, session
from console.accounts.passwords import LONGEST, SHORTEST, is_one_time
from console.accounts.roster import AccountError
from console.accounts.signin import origin
from console.clock import the_time
from console.desk import the_desk
from console.language import t

blueprint = Blueprint("account", __name__)


@blueprint.get("/account")
@signed_in
def account() -> str:
    """Show who is signed in."""
    return _page(_user())


@blueprint.post("/account/password")
@signed_in
def password() -> Response | tuple[str, int]:
    """Choose another password. The other sessions end."""
    user, store, now = _user(), the_desk().store, the_time()
    old, new = request.form.get("password", ""), request.form.get("new_password", "")
    try:
        roster.require_strength(new, user.id)
        if new != request.form.get("password_again", ""):
            raise AccountError("account.fault.password-again")
        if new == old:
            raise AccountError("account.fault.password-same")
    except AccountError as problem:
        return _page(user, t(problem.key, **problem.values)), 400
    attempt = roster.sign_in(store, user.id, old, the_settings(), now, origin(), success="password.confirm")
    if attempt.user is None:
        return _page(user, t("account.fault.password-old")), 400
    session.begin(roster.set_password(store, user.id, user.id, new, now), now)
    return redirect(url_for("account.account", saved=1), 303)


@blueprint.post("/account/sessions")
@signed_in
def sessions() -> Response:
    """End every session of the own account, this one too."""
    user, now = _user(), the_time()
    roster.end_sessions(the_desk().store, user.id, user.id, now)
    session.end(the_desk().store, user, now)
    return redirect(url_for("signin.form"), 303)


def _user() -> User:
    if the_user() is LOCAL:
        abort(404, description=t("account.none"))
    return the_user()


def _page(user: User, problem: str = "") -> str:
    return render_template(
        "account.html",
        problem=problem,
        once=is_one_time(user.password),
        least=SHORTEST,
        most=LONGEST,
        settings=the_settings(),
    )
