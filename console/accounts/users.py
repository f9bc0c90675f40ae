"""Pages for administrators: the accounts, and one account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from calls.errors import NotFound
from calls.people import User, UserRole
from calls.records import Agent
from calls.store import Store
from console.access import allow, the_user
from console.accounts import roster
from console.accounts.passwords import is_one_time
from console.accounts.roster import AccountError, Particulars
from console.clock import the_time
from console.desk import the_desk
from console.language import t
from console.rights import Right

blueprint = Blueprint("users", __name__)

#: What a button does: store, by whom, to whom, when.
ACTIONS: dict[str, Callable[[Store, str, str, datetime], object]] = {
    "disable": roster.disable,
    "enable": roster.enable,
    "unlock": roster.unlock,
    "sessions": roster.end_sessions,
}


@blueprint.get("/users")
@allow(Right.USERS)
def users() -> str:
    """List the accounts, and offer to make one."""
    return _list({})


@blueprint.post("/users")
@allow(Right.USERS)
def add() -> tuple[str, int]:
    """Make an account, and show its one-time password once."""
    store, typed = the_desk().store, request.form
    try:
        user, made = roster.enrol(
            store, the_user().id, typed.get("id", ""), _particulars(), the_time(), password=None
        )
    except AccountError as problem:
        return _list(typed.to_dict(), t(problem.key, **problem.values)), 400
    return _one(user, made=made), 201


@blueprint.get("/users/<user_id>")
@allow(Right.USERS)
def user(user_id: str) -> str:
    """Show one account."""
    return _one(_known(user_id))


@blueprint.post("/users/<user_id>")
@allow(Right.USERS)
def change(user_id: str) -> Response | tuple[str, int]:
    """Change what is said of an account."""
    known = _known(user_id)
    try:
        typed = _particulars()
        seen = request.form.get("seen", "")
        roster.describe(the_desk().store, the_user().id, user_id, typed, seen, the_time())
    except AccountError as problem:
        status = 409 if problem.key == "account.fault.changed" else 400
        words = t(problem.key, **problem.values)
        return _one(_known(user_id), request.form.to_dict(), problem=words), status
    return redirect(url_for("users.user", user_id=known.id, saved=1), 303)


@blueprint.post("/users/<user_id>/<any(disable,enable,unlock,sessions):action>")
@allow(Right.USERS)
def act(user_id: str, action: str) -> Response | tuple[str, int]:
    """Disable, enable, unlock an account, or end its sessions."""
    known = _known(user_id)
    try:
        ACTIONS[action](the_desk().store, the_user().id, known.id, the_time())
    except AccountError as problem:
        return _one(_known(user_id), problem=t(problem.key, **problem.values)), 409
    return redirect(url_for("users.user", user_id=known.id, saved=1), 303)


@blueprint.post("/users/<user_id>/reset")
@allow(Right.USERS)
def reset(user_id: str) -> str:
    """Give an account a one-time password, and show it once."""
    known = _known(user_id)
    made = roster.reset(the_desk().store, the_user().id, known.id, the_time())
    return _one(_known(user_id), made=made)


def _known(user_id: str) -> User:
    try:
        return the_desk().store.get(User, user_id)
    except NotFound:
        abort(404, description=t("account.fault.none", id=user_id[:64]))


def _particulars() -> Particulars:
    role = request.form.get("role", "")
    if role not in set(UserRole):
        raise AccountError("account.fault.role", role=role[:40])
    return Particulars(
        request.form.get("name", ""),
        UserRole(role),
        request.form.get("team", ""),
        request.form.get("agent_id", "") or None,
    )


def state_of(user: User, now: datetime) -> str:
    """Return ``disabled``, ``locked``, ``once`` (waits for a password of its own) or ``active``."""
    if user.disabled:
        return "disabled"
    if user.locked_until and now < user.locked_until:
        return "locked"
    return "once" if is_one_time(user.password) else "active"


def _list(typed: dict[str, str], problem: str = "") -> str:
    store, now = the_desk().store, the_time()
    found = sorted(store.find(User), key=lambda user: (user.disabled, user.id))
    return render_template(
        "users.html",
        users=[(each, state_of(each, now)) for each in found],
        typed=typed,
        problem=problem,
        **_choices(store),
    )


def _one(user: User, typed: dict[str, str] | None = None, *, problem: str = "", made: str = "") -> str:
    present = {
        "name": user.name,
        "role": str(user.role),
        "team": user.team,
        "agent_id": user.agent_id or "",
    }
    return render_template(
        "user.html",
        account=user,
        state=state_of(user, the_time()),
        typed=typed or present,
        # after a conflict the form was seen beside what is there now
        seen=Particulars.of(user).seal(),
        problem=problem,
        made=made,
        valid=roster.ONE_TIME_VALID.days,
        **_choices(the_desk().store),
    )


def _choices(store: Store) -> dict[str, object]:
    agents = store.find(Agent)
    return {
        "roles": list(UserRole),
        "teams": sorted({agent.team for agent in agents if agent.team}),
        "agents": agents,
    }
