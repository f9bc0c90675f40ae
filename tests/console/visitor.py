"""A browser without a window: like one, it sends the token of a page with every form."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from tests.console.reading import Page

CHANGING = {"POST", "PUT", "PATCH", "DELETE"}


class Visitor(FlaskClient):
    """A client that reads the token from a page of its own session, as the desk's scripts do.

    ``token=False`` leaves it out, as a page elsewhere would have to.
    """

    def open(self, *args: Any, token: bool = True, **request: Any) -> TestResponse:
        if token and request.get("method") in CHANGING:
            headers = Headers(request.get("headers"))
            headers.setdefault("X-CSRFToken", self.token())
            request["headers"] = headers
        return super().open(*args, **request)

    def token(self) -> str:
        """Return the token of the present session; even the page that says 404 holds one."""
        page = Page(self.get("/nowhere").text)
        return page.one("meta", name="csrf-token")["content"]
