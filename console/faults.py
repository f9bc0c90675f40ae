"""Pages for what goes wrong: one clear sentence, and nothing that was typed is lost."""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from calls.errors import AudioError, RecordingError, SchemaTooNew, StoreError, StoreLocked
from calls.store.engine import BUSY_SECONDS
from console.language import t
from console.texts import TEXTS


def page(status: int, sentence: str, detail: str = "", *, keep_form: bool = False) -> Response:
    """Return the page for a failure.

    Parameters
    ----------
    status : int
        The HTTP status.
    sentence, detail : str
        What is wrong, and what the machine says of it.
    keep_form : bool, optional
        Whether the page holds what was typed, passwords left out, to be sent again.
    """
    typed = request.form.items() if keep_form and request.method == "POST" else ()
    kept = {name: value for name, value in typed if name != "csrf_token" and "password" not in name}
    written = render_template("fault.html", status=status, sentence=sentence, detail=detail, kept=kept)
    return make_response(written, status)


def _refused(error: HTTPException) -> Response:
    status = error.code or 500
    said = error.description if error.description != type(error).description else None
    key = f"fault.{status}" if f"fault.{status}" in TEXTS else "fault.400"
    answer = page(status, said or t(key))
    for name, value in error.get_headers():
        if name in ("Allow", "Content-Range"):
            answer.headers[name] = value
    return answer


def _no_token(error: CSRFError) -> Response:
    return page(403, t("fault.token"), keep_form=True)


def _store_failed(error: StoreError) -> Response:
    key = {StoreLocked: "fault.locked", SchemaTooNew: "fault.too-new"}.get(type(error), "fault.store")
    answer = page(503, t(key), str(error), keep_form=True)
    answer.headers["Retry-After"] = str(int(BUSY_SECONDS))
    return answer


def _no_sound(error: AudioError | RecordingError) -> Response:
    return page(404, t("fault.no-audio"))


def install(app: Flask) -> None:
    """Answer every failure of ``app`` in the desk's own style."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(CSRFError, _no_token)
    app.register_error_handler(StoreError, _store_failed)
    app.register_error_handler(AudioError, _no_sound)
    app.register_error_handler(RecordingError, _no_sound)
