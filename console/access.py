"""Who makes the present request, what they may do, and which calls they see.

Every view says with :func:`allow` which right it asks for, or with :func:`public` that it asks for none; the
desk does not start with a view that says neither. A call outside somebody's scope does not exist for them:
404, not 403, so that ids tell nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import Flask, abort, g, request

from calls.people import AuditEntry, User, UserRole
from calls.records import Agent, Call
from calls.store import Store
from console.desk import the_desk
from console.language import t
from console.rights import RIGHTS, Right, Scope, scope_of

P = ParamSpec("P")
R = TypeVar("R")

#: Stands for whoever sits at this machine while the desk has no accounts.
LOCAL = User(id="local", role=UserRole.ADMIN, stamp="")


def allow(*rights: Right) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view: only somebody with at least one of the rights may call it."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view.rights = frozenset(rights)  # type: ignore[attr-defined]
        return view

    return mark


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that anybody may call, also without an account: signing in, pictures, health."""
    view.rights = None  # type: ignore[attr-defined]
    return view


def the_user() -> User:
    """Return who makes the present request."""
    user: User = g.user
    return user


def may(right: Right) -> bool:
    """Tell whether the present user has a right; nobody has before it is known who asks."""
    return "user" in g and right in RIGHTS[the_user().role]


def visible(store: Store) -> dict[str, Any]:
    """Return the conditions, for :meth:`calls.store.Store.find`, of the calls that the present user sees."""
    user = the_user()
    scope = scope_of(user.role)
    if scope is Scope.ALL:
        return {}
    if scope is Scope.OWN:
        return {"agent_id": [user.agent_id] if user.agent_id else []}
    agents = store.find(Agent, team=user.team) if user.team else []
    return {"agent_id": [agent.id for agent in agents]}


def known_call(call_id: str) -> Call:
    """Return a call that the present user sees, or answer that there is none."""
    store = the_desk().store
    found = store.find(Call, id=call_id, **visible(store))
    if not found:
        abort(404, description=t("fault.no-call", id=call_id))
    return found[0]


def note(action: str, *, subject: str = "", call_id: str | None = None, **data: Any) -> None:
    """Write into the audit log what the present user does; ``data`` holds no personal data."""
    entry = AuditEntry(user_id=the_user().id, action=action, subject=subject, call_id=call_id, data=data)
    the_desk().store.add(entry)


def install(app: Flask) -> None:
    """Check every request of ``app`` against the rights of its view."""

    @app.before_request
    def check() -> None:
        g.user = LOCAL
        if request.endpoint is None:
            return  # answered with 404
        rights = rights_of(app, request.endpoint)
        if rights is not None and not rights & RIGHTS[the_user().role]:
            abort(403, description=t("fault.right"))

    app.context_processor(lambda: {"may": lambda name: may(Right(name)), "user": g.get("user", LOCAL)})


def rights_of(app: Flask, endpoint: str) -> frozenset[Right] | None:
    """Return the rights of which one is needed for a view; ``None`` where none is."""
    if endpoint == "static":
        return None
    view: Any = app.view_functions[endpoint]
    rights: frozenset[Right] | None = view.rights
    return rights


def require_rights(app: Flask) -> None:
    """Refuse an application with a view that says neither :func:`allow` nor :func:`public`."""
    unmarked = [
        name for name, view in app.view_functions.items() if name != "static" and not hasattr(view, "rights")
    ]
    if unmarked:
        raise TypeError(f"console: the views {', '.join(unmarked)} do not say who may call them")
