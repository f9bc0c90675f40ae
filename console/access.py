"""Who makes the present request, what they may do, and which calls they see.

Every view says with :func:`allow` which right it asks for, or with :func:`public` that it asks for none; the
desk does not start with a view that says neither. A call outside somebody's scope does not exist for them:
404, not 403, so that ids tell nothing.

While the desk has no accounts, and only this machine reaches it, whoever sits here may do everything
(:data:`LOCAL`). From the first account on, everybody signs in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, jsonify, redirect, request, url_for
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from calls.errors import StoreError
from calls.people import AuditEntry, User, UserRole
from calls.records import Agent, Call
from calls.store import Store
from console.accounts import session
from console.accounts.passwords import is_one_time
from console.clock import the_time
from console.desk import the_desk
from console.faults import page
from console.language import t
from console.rights import RIGHTS, Right, Scope, scope_of
from console.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")

#: Stands for whoever sits at this machine while the desk has no accounts.
LOCAL = User(id="local", role=UserRole.ADMIN, stamp="")
#: Stands, on pages that anybody may see, for somebody who has not signed in. May nothing.
NOBODY = User(id="", role=UserRole.READ_ONLY, stamp="")

#: What somebody with a one-time password may ask for: to change it, or to leave.
FIRST_STEPS = frozenset({"account.account", "account.password", "signin.leave"})


def allow(*rights: Right, sees: Scope | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view: only somebody with at least one of the rights may call it.

    Parameters
    ----------
    *rights : Right
        The rights.
    sees : Scope, optional
        Only who sees that many calls: ``Scope.ALL`` for what is about the whole centre.
    """

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        view.rights = frozenset(rights)  # type: ignore[attr-defined]
        view.sees = sees  # type: ignore[attr-defined]
        return view

    return mark


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that everybody with an account may call: it is about nobody but themselves."""
    return allow(*Right)(view)


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that anybody may call, also without an account: signing in, pictures, health."""
    view.rights = None  # type: ignore[attr-defined]
    return view


def the_user() -> User:
    """Return who makes the present request."""
    user: User = g.user
    return user


def the_settings() -> Settings:
    """Return the settings of the application that serves the present request."""
    settings: Settings = current_app.extensions["settings"]
    return settings


def may(right: Right) -> bool:
    """Tell whether the present user has a right; nobody has before it is known who asks."""
    return "user" in g and not is_one_time(the_user().password) and right in RIGHTS[the_user().role]


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
    g.call_id = call_id
    return found[0]


def note(action: str, *, subject: str = "", call_id: str | None = None, **data: Any) -> None:
    """Write into the audit log what the present user does; ``data`` holds no personal data."""
    the_desk().store.add(entry(action, subject=subject, call_id=call_id, **data))


def entry(action: str, *, subject: str = "", call_id: str | None = None, **data: Any) -> AuditEntry:
    """Return what :func:`note` would write, to be stored together with what it is about."""
    return AuditEntry(
        at=the_time(), user_id=the_user().id, action=action, subject=subject, call_id=call_id, data=data
    )


def local_path(url: str | None) -> str | None:
    """Return a URL that stays on this desk: a path with its query. ``None`` for any other.

    Browsers read two slashes, a slash and a backslash, and paths with a line end as leading elsewhere.
    """
    if not url or len(url) > 2000 or not url.startswith("/") or url.startswith("//"):
        return None
    if "\\" in url or any(ord(character) <= 32 or ord(character) == 127 for character in url):
        return None
    parts = urlsplit(url)
    return None if parts.scheme or parts.netloc else url


def has_accounts() -> bool:
    """Tell whether the desk has accounts. Once it has, it always has: they are never deleted."""
    known: set[str] = current_app.extensions["accounts"]
    if not known and the_desk().store.find(User, limit=1):
        known.add("yes")
    return bool(known)


def install(app: Flask, settings: Settings) -> None:
    """Find out who makes every request of ``app``, and check it against the rights of its view."""
    app.extensions["settings"] = settings
    app.extensions["accounts"] = set()
    session.install(app, settings)
    app.before_request(_check)
    app.register_error_handler(Unauthorized, _ask_to_sign_in)
    app.context_processor(lambda: {"may": lambda name: may(Right(name)), "user": g.get("user", NOBODY)})


def _check() -> AnyResponse | None:
    if request.endpoint == "static":
        return None
    rights = rights_of(current_app, request.endpoint) if request.endpoint else None
    if rights is None:
        _recognise()
        return None
    user = _who()
    if user is None:
        abort(401)
    g.user = user
    if is_one_time(user.password) and request.endpoint not in FIRST_STEPS:
        if from_script():
            abort(403, description=t("account.once"))
        return redirect(url_for("account.account"))
    if not permits(current_app, request.endpoint or "", user.role):
        abort(403, description=t("fault.right"))
    return None


def _who() -> User | None:
    desk, settings = the_desk(), the_settings()
    user = session.present_user(desk.store, settings, the_time())
    if user is not None or has_accounts():
        return user
    if settings.accounts_needed:
        abort(503, description=t("account.none"))
    return LOCAL


def _recognise() -> None:
    """Find out who asks for a page that anybody may see; what is there for all is shown in any case."""
    try:
        user = _known_or_local()
    except StoreError:
        return
    if user is not None:
        g.user = user


def _known_or_local() -> User | None:
    settings = the_settings()
    user = session.present_user(the_desk().store, settings, the_time()) if session.number() else None
    if user is None and not settings.accounts_needed and not has_accounts():
        return LOCAL
    return user


def from_script() -> bool:
    """Tell whether a script, a player or a program asks, which can do nothing with a page."""
    mode = request.headers.get("Sec-Fetch-Mode")
    if mode is not None:
        return mode != "navigate"
    accepted = request.accept_mimetypes
    return bool(accepted) and not accepted.accept_html


def _ask_to_sign_in(error: Unauthorized) -> AnyResponse:
    if from_script():
        refused: Response = jsonify(error="signed-out", text=t("account.signed-out"))
        refused.status_code = 401
        return refused
    if request.method not in ("GET", "HEAD"):
        # what was typed is kept on the page; it is sent again after signing in elsewhere
        return page(401, t("account.signed-out-form"), keep_form=True)
    target = request.full_path if request.query_string else request.path
    wanted = None if target == "/" else local_path(target)
    return redirect(url_for("signin.form", next=wanted))


def rights_of(app: Flask, endpoint: str) -> frozenset[Right] | None:
    """Return the rights of which one is needed for a view; ``None`` where none is."""
    if endpoint == "static":
        return None
    view: Any = app.view_functions[endpoint]
    rights: frozenset[Right] | None = view.rights
    return rights


def permits(app: Flask, endpoint: str, role: UserRole) -> bool:
    """Tell whether somebody with that role may call a view."""
    rights = rights_of(app, endpoint)
    if rights is None:
        return True
    sees: Scope | None = getattr(app.view_functions[endpoint], "sees", None)
    return bool(rights & RIGHTS[role]) and sees in (None, scope_of(role))


def require_rights(app: Flask) -> None:
    """Refuse an application with a view that says neither :func:`allow` nor :func:`public`."""
    unmarked = [
        name for name, view in app.view_functions.items() if name != "static" and not hasattr(view, "rights")
    ]
    if unmarked:
        raise TypeError(f"console: the views {', '.join(unmarked)} do not say who may call them")
