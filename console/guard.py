"""Which requests the desk answers at all: those of its own pages, under its own names.

The host check stops DNS rebinding (a foreign name that resolves to this machine); the origin checks and
the tokens stop requests that other sites make through the reviewer's browser (CSRF); the headers allow a
page nothing but what this server itself delivers.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.sansio.utils import host_is_trusted

from console.language import t
from console.settings import Settings

#: Names under which a browser on this machine may reach the desk, on any port; beside those that are set.
HOSTS = ("127.0.0.1", "localhost")

_YEAR_SECONDS = 365 * 24 * 3600
_READING = {"GET", "HEAD", "OPTIONS"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # `no-referrer` would turn the Origin of our own forms into `null`.
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


#: Asks for the session's token whenever something changes: in the form or in the header ``X-CSRFToken``.
csrf = CSRFProtect()


def own_origin(url: str | None, scheme: str, host: str) -> bool:
    """Tell whether a URL (an ``Origin`` or a ``Referer``) lies on ``scheme://host``."""
    if not url:
        return False
    parts = urlsplit(url)
    return (parts.scheme, parts.netloc) == (scheme, host)


def let_connect(address: str) -> None:
    """Let the present page, and no other, open a WebSocket to ``address`` beside its own server."""
    g.connect = address


def _check() -> None:
    host = request.environ.get("HTTP_HOST", "")
    settings: Settings = current_app.extensions["settings"]
    if not host_is_trusted(host, (*HOSTS, *settings.hosts)):
        abort(403, description=t("fault.host"))
    origin = request.headers.get("Origin")
    referer = request.headers.get("Referer")
    if request.method in _READING:
        # A plain link from elsewhere may lead here; a foreign page may not embed or fetch what is here.
        foreign = origin is not None and not own_origin(origin, request.scheme, host)
        embedded = (
            request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
            and request.headers.get("Sec-Fetch-Mode") != "navigate"
        )
        if foreign or embedded:
            abort(403, description=t("fault.origin"))
        return
    ours = own_origin(origin, request.scheme, host)
    if referer is not None:
        ours = ours and own_origin(referer, request.scheme, host)
    if not ours:
        abort(403, description=t("fault.origin"))


def _protect(response: Response) -> Response:
    response.headers.extend(_HEADERS)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}"
    if "connect" in g:
        response.headers["Content-Security-Policy"] += f"; connect-src 'self' {g.connect}"
    if request.endpoint != "static":
        # Pages hold personal data: they stay out of the browser's disk cache.
        response.headers["Cache-Control"] = "private, no-store"
    return response


def install(app: Flask) -> None:
    """Check every request of ``app`` and protect every answer."""
    app.before_request(_check)
    app.after_request(_protect)


def require_tokens(app: Flask) -> None:
    """Ask for the token after it is known who asks, so that an ended session is told as such."""
    app.config.update(
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # the origin is checked above, more strictly
    )
    csrf.init_app(app)
