"""The QA desk as a Flask application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from calls.masking import masked_number
from calls.records import utc_now
from console import access, faults, figures, guard, language, navigation, webcall
from console.accounts import account, audit, signin, signing, tokens, users
from console.api import hooks
from console.api.app import create_api
from console.callpage import calls, passages, recordings, risk
from console.complaints import cases
from console.desk import Desk
from console.overview import dashboards
from console.overview.refusal import refusal_words
from console.retrieval import export, listing, search
from console.settings import Settings
from console.texts import known_text, label_text, text
from console.verdicts import appeals, results
from console.work import calibrations, drafts, drawing, plans, reviews, rulecheck, sample
from speech.hotwordlist import read_hot_words
from speech.hotwords import HotWords

#: Bytes of a form at most: a comment of full length in UTF-8, percent-encoded, and room to spare.
FORM_BYTES = 64 * 1024
DEFAULT = Settings()


def create_app(
    store_url: str,
    recordings_folder: Path,
    web_calls: webcall.WebCalls | None = None,
    settings: Settings = DEFAULT,
    clock: Callable[[], datetime] = utc_now,
) -> Flask:
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
    settings : Settings, optional
        How it is served.
    clock : callable, optional
        Tells the time, aware UTC.

    Returns
    -------
    Flask
        A WSGI application. ``app.extensions["desk"]`` is its :class:`console.desk.Desk`; close it
        when the application is done.

    Raises
    ------
    SettingError
        The key that sessions are signed with cannot be used.
    HotWordError
        The list of hot words cannot be read.
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
        reasons=risk.reasons_line,
        likelihood=figures.likelihood,
        seconds=listing.seconds_of,
        tint=passages.tint,
    )
    app.secret_key = signing.signing_key(signing.key_file_of(store_url, recordings_folder))
    app.extensions["clock"] = clock
    hot_words = HotWords(read_hot_words(settings.hot_words)) if settings.hot_words else None
    app.extensions["desk"] = Desk(store_url, recordings_folder, hot_words)
    app.extensions["web-calls"] = web_calls
    guard.install(app)
    access.install(app, settings)
    guard.require_tokens(app)
    language.install(app)
    faults.install(app)
    audit.install(app)
    app.context_processor(_words)
    for module in (sample, search, export, calls, reviews, recordings, dashboards, webcall):
        app.register_blueprint(module.blueprint)
    for module in (results, appeals, cases):
        app.register_blueprint(module.blueprint)
    for module in (drafts, plans, drawing, calibrations, rulecheck):
        app.register_blueprint(module.blueprint)
    for module in (signin, account, users, audit, tokens, hooks):
        app.register_blueprint(module.blueprint)
    access.require_rights(app)
    api = create_api(app, version("huawu"))
    access.require_rights(api)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/api": api.wsgi_app})  # type: ignore[method-assign]
    if settings.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    return app


def _words() -> dict[str, Any]:
    """Return what templates write with, in the language of the present request."""
    spoken = language.language()
    return {
        "language": spoken,
        "switch_query": language.switch_query,
        "places": navigation.places(),
        "t": lambda key, /, **values: text(key, spoken, **values),
        "refusal_words": refusal_words,
        "label": lambda kind, value: label_text(kind, value, spoken),
        "known": lambda key, otherwise: known_text(key, spoken, otherwise),
    }
