"""Which language a page is written in: ``?lang=``, else the cookie, else Chinese."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, Response, g, request

from console.texts import LANGUAGES, text

_COOKIE = "lang"
_YEAR_SECONDS = 365 * 24 * 3600


def language() -> str:
    """Return the language of the present request, one of :data:`console.texts.LANGUAGES`."""
    # a page asks for it with each of its words
    if "language" not in g:
        wishes = (request.args.get("lang"), request.cookies.get(_COOKIE))
        g.language = next((wish for wish in wishes if wish in LANGUAGES), LANGUAGES[0])
    spoken: str = g.language
    return spoken


def t(key: str, /, **values: object) -> str:
    """Return the words for a key in the language of the present request."""
    return text(key, language(), **values)


def switch_query() -> str:
    """Return the query string that shows the present page in the other language.

    Only a query: a path such as ``//elsewhere`` in a link would lead to another host.
    """
    other = LANGUAGES[1 - LANGUAGES.index(language())]
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return "?" + urlencode([*kept, ("lang", other)])


def install(app: Flask) -> None:
    """Remember the language that a page was asked for in."""

    @app.after_request
    def remember(response: Response) -> Response:
        wish = request.args.get("lang")
        if wish in LANGUAGES:
            response.set_cookie(_COOKIE, wish, max_age=_YEAR_SECONDS, httponly=True, samesite="Lax")
        return response
