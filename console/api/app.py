"""The API as an application of its own beside the desk: no sessions, no forms, a token in every request."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

import console.api.views as views
from calls.errors import AudioError, HuawuError, RecordingError, StoreError
from console.access import rights_of
from console.accounts.passwords import is_one_time
from console.api.document import document
from console.api.endpoint import Refused
from console.api.tokens import bearer
from console.clock import the_time
from console.desk import the_desk
from console.rights import RIGHTS

#: Bytes of an uploaded recording at most: three hours of stereo at 16 kHz and 16 bits.
UPLOAD_BYTES = 700 << 20
#: Bytes of any other body.
BODY_BYTES = 64 << 10


def create_api(desk: Flask, version: str) -> Flask:
    """Make the API of a desk; it shares the desk's store, clock and settings.

    Parameters
    ----------
    desk : Flask
        From :func:`console.app.create_app`.
    version : str
        Of the product, for the document.
    """
    app = Flask("console.api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.extensions = desk.extensions
    app.before_request(_check)
    app.after_request(_protect)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StoreError, _store_failed)
    app.register_error_handler(HuawuError, _not_taken)
    for each in views.ENDPOINTS:
        each.register(app)
    whole = document(views.ENDPOINTS, version)
    app.extensions["openapi"] = whole
    return app


def _check() -> None:
    if request.endpoint is None:
        return
    request.max_content_length = UPLOAD_BYTES if request.endpoint == "upload_call" else BODY_BYTES
    rights = rights_of(current_app, request.endpoint)
    if rights is None:
        return
    user = bearer(the_desk().store, request.headers.get("Authorization", ""), the_time())
    if user is None:
        raise Refused(401, "no token, or one that is not valid", hint="Authorization: Bearer huawu_…")
    if is_one_time(user.password):
        raise Refused(403, "the account's password must be changed first", hint="sign in to the desk")
    if not rights & RIGHTS[user.role]:
        raise Refused(403, f"the role {user.role} may not do this")
    g.user = user


def _protect(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "private, no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response


def _answer(status: int, error: str, field: str = "", hint: str = "") -> Response:
    response: Any = jsonify(error=error, field=field, hint=hint)
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response  # type: ignore[no-any-return]


def _refused(problem: Refused) -> Response:
    return _answer(problem.status, problem.error, problem.field, problem.hint)


def _http(error: HTTPException) -> Response:
    if isinstance(error, RequestEntityTooLarge):
        return _answer(413, "too large", hint=f"at most {UPLOAD_BYTES >> 20} MiB for a recording")
    answer = _answer(error.code or 500, error.description or error.name)
    for name, value in error.get_headers():
        if name in ("Allow", "Content-Range"):
            answer.headers[name] = value
    return answer


def _store_failed(error: StoreError) -> Response:
    answer = _answer(503, "the database cannot be used now", hint="try again shortly")
    answer.headers["Retry-After"] = "5"
    return answer


def _not_taken(error: HuawuError) -> Response:
    if isinstance(error, RecordingError):
        return _answer(404, "the recording's file is missing or cannot be read")
    return _answer(422 if isinstance(error, AudioError) else 500, str(error), hint=error.hint or "")
