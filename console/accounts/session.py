"""Who is signed in: a signed cookie that names an account, and what ends it.

The cookie holds no secret. It counts while the account is as it was (its ``stamp``), the session was not
signed out of (the audit log knows), and neither of its two times is over.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface

from calls.people import AuditEntry, User
from calls.records import new_id
from calls.store import Span, Store
from console.settings import Settings

#: How exactly it is known when somebody was last here.
STEP = timedelta(seconds=30)


def begin(user: User, now: datetime) -> None:
    """Begin a session of a user. Nothing of what the browser brought goes on in it, its token included."""
    session.clear()
    moment = int(now.timestamp())
    session.update(user=user.id, stamp=user.stamp, id=new_id(), since=moment, seen=moment)


def renew(user: User) -> None:
    """Let the present session go on although the account changed: its own user did that."""
    session["stamp"] = user.stamp


def end(store: Store, user: User, now: datetime) -> None:
    """End the present session for good: a copy of its cookie is worth nothing afterwards."""
    store.add(AuditEntry(at=now, user_id=user.id, action="session.out", subject=session.get("id", "")))
    session.clear()


def present_user(store: Store, settings: Settings, now: datetime) -> User | None:
    """Return who is signed in, or ``None``; what is no longer a session is forgotten."""
    if "user" not in session:
        return None
    user = _user(store, settings, now)
    if user is None:
        session.clear()
    return user


def number() -> str:
    """Return the id of the present session; empty for whoever sits at this machine."""
    found: str = session.get("id", "")
    return found


def _user(store: Store, settings: Settings, now: datetime) -> User | None:
    since, seen = (datetime.fromtimestamp(session[name], UTC) for name in ("since", "seen"))
    if now - since >= settings.longest or now - seen >= settings.idle:
        return None
    found = store.find(User, id=session["user"], disabled=False, stamp=session["stamp"])
    if not found:
        return None
    left = store.count(
        AuditEntry, user_id=found[0].id, action="session.out", subject=session["id"], at=Span(since)
    )
    if left:
        return None
    if now - seen >= min(STEP, settings.idle / 4):
        session["seen"] = int(now.timestamp())
    return found[0]


class _Cookies(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        """Keep the cookie from being sent in the clear wherever the page itself was not."""
        return request.is_secure


def install(app: Flask, settings: Settings) -> None:
    """Set the cookie up."""
    app.session_interface = _Cookies()
    app.permanent_session_lifetime = settings.longest
    app.config.update(
        SESSION_COOKIE_NAME="desk",
        SESSION_COOKIE_HTTPONLY=True,
        # Strict would show the sign-in page to whoever follows a link from a mail.
        SESSION_COOKIE_SAMESITE="Lax",
    )
