"""Pages: sign in, and sign out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from console.access import LOCAL, has_accounts, local_path, public, signed_in, the_settings, the_user
from console.accounts import roster, session
from console.accounts.attempts import Attempts
from console.clock import the_time
from console.desk import the_desk
from console.language import t

blueprint = Blueprint("signin", __name__)


@blueprint.get("/signin")
@public
def form() -> str | Response:
    """Ask for name and password."""
    if "user" in g:
        return redirect(_target(request.args.get("next")))
    return render_template("signin.html", name="", next=request.args.get("next", ""), problem="")


@blueprint.post("/signin")
@public
def enter() -> Response | tuple[str, int]:
    """Begin a session. Whatever was wrong, the answer is the same."""
    name, wanted = request.form.get("name", ""), request.form.get("next", "")
    now, address = the_time(), request.remote_addr or ""
    attempts = _attempts()
    if attempts.too_many(address, now):
        return _again(name, wanted, t("signin.wait")), 429
    if not has_accounts():
        return _again(name, wanted, t("account.none")), 400
    attempt = roster.sign_in(
        the_desk().store, name, request.form.get("password", ""), the_settings(), now, origin()
    )
    if attempt.user is None:
        attempts.failed(address, now)
        minutes = int(the_settings().lock.total_seconds() // 60)
        return _again(name, wanted, t("signin.wrong", most=the_settings().attempts, minutes=minutes)), 401
    session.begin(attempt.user, now)
    return redirect(_target(wanted), 303)


@blueprint.post("/signout")
@signed_in
def leave() -> Response:
    """End the session."""
    if the_user() is not LOCAL:
        session.end(the_desk().store, the_user(), the_time())
    return redirect(url_for("signin.form"), 303)


def origin() -> dict[str, Any]:
    """Return what the audit log keeps of where a password was typed."""
    return {"address": request.remote_addr or ""}


def _target(wanted: str | None) -> str:
    return local_path(wanted) or url_for("sample.start")


def _again(name: str, wanted: str, problem: str) -> str:
    return render_template("signin.html", name=name[: roster.NAME_CHARACTERS], next=wanted, problem=problem)


def _attempts() -> Attempts:
    attempts: Attempts = current_app.extensions.setdefault("attempts", Attempts())
    return attempts
