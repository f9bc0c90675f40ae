"""The QA desk as a Flask application."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined

from calls.masking import masked_number
from console import (
    access,
    calls,
    faults,
    figures,
    guard,
    language,
    listing,
    navigation,
    passages,
    recordings,
    reviews,
    sample,
    webcall,
)
from console.desk import Desk
from console.texts import known_text, label_text

#: Bytes of a form at most: a comment of full length in UTF-8, percent-encoded, and room to spare.
FORM_BYTES = 64 * 1024


def create_app(store_url: str, recordings_folder: Path, web_calls: webcall.WebCalls | None = None) -> Flask:
    """Make the desk.

    Parameters
    ----------
    store_url : str
        The database, as :meth:`calls.store.Store.open` takes it. It is opened at the first request;
        while that fails, pages say why and later requests try again.
    recordings_folder : Path
        The folder of the recordings.
    web_calls : WebCalls, optional
        Where calls from the browser go; without it there are none.

    Returns
    -------
    Flask
        A WSGI application. ``app.extensions["desk"]`` is its :class:`console.desk.Desk`; close it
        when the application is done.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = FORM_BYTES
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        clock=figures.clock,
        details=figures.details,
        masked=masked_number,
        moment=figures.moment,
        percent=figures.percent,
        likelihood=figures.likelihood,
        seconds=listing.seconds_of,
        tint=passages.tint,
    )
    app.extensions["desk"] = Desk(store_url, recordings_folder)
    app.extensions["web-calls"] = web_calls
    guard.install(app)
    access.install(app)
    language.install(app)
    faults.install(app)
    app.context_processor(_words)
    for module in (sample, calls, reviews, recordings, webcall):
        app.register_blueprint(module.blueprint)
    access.require_rights(app)
    return app


def _words() -> dict[str, Any]:
    """Return what templates write with, in the language of the present request."""
    spoken = language.language()
    return {
        "language": spoken,
        "switch_query": language.switch_query,
        "places": navigation.places(),
        "t": language.t,
        "label": lambda kind, value: label_text(kind, value, spoken),
        "known": lambda key, otherwise: known_text(key, spoken, otherwise),
    }
