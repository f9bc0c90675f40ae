"""Pages for what goes wrong: one clear sentence, and nothing that was typed is lost."""

from __future__ import annotations

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from calls.errors import AudioError, RecordingError, SchemaTooNew, StoreError, StoreLocked
from calls.store.engine import BUSY_SECONDS
from console.language import t
from console.texts import TEXTS


def _page(status: int, sentence: str, detail: str = "", *, keep_form: bool = False) -> Response:
    kept = request.form.to_dict() if keep_form and request.method == "POST" else {}
    page = render_template("fault.html", status=status, sentence=sentence, detail=detail, kept=kept)
    return make_response(page, status)


def _refused(error: HTTPException) -> Response:
    status = error.code or 500
    said = error.description if error.description != type(error).description else None
    key = f"fault.{status}" if f"fault.{status}" in TEXTS else "fault.400"
    page = _page(status, said or t(key))
    for name, value in error.get_headers():
        if name in ("Allow", "Content-Range"):
            page.headers[name] = value
    return page


def _store_failed(error: StoreError) -> Response:
    key = {StoreLocked: "fault.locked", SchemaTooNew: "fault.too-new"}.get(type(error), "fault.store")
    page = _page(503, t(key), str(error), keep_form=True)
    page.headers["Retry-After"] = str(int(BUSY_SECONDS))
    return page


def _no_sound(error: AudioError | RecordingError) -> Response:
    return _page(404, t("fault.no-audio"))


def install(app: Flask) -> None:
    """Answer every failure of ``app`` in the desk's own style."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(StoreError, _store_failed)
    app.register_error_handler(AudioError, _no_sound)
    app.register_error_handler(RecordingError, _no_sound)
