"""An endpoint says what it takes, what it answers and who may ask; the document is made of that."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, request
from pydantic import BaseModel, ValidationError

from console.access import allow, public
from console.rights import Right


class Refused(Exception):
    """A request that cannot be answered.

    Parameters
    ----------
    status : int
        Of HTTP, 400 or above.
    error : str
        What is wrong, in one sentence.
    field : str, optional
        The field at fault.
    hint : str, optional
        The way out.
    """

    def __init__(self, status: int, error: str, *, field: str = "", hint: str = "") -> None:
        super().__init__(error)
        self.status, self.error, self.field, self.hint = status, error, field, hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One path and method.

    Attributes
    ----------
    method, path : str
        ``path`` as in OpenAPI, ``/v1/calls/{call_id}``.
    right : Right or None
        The right that a token's user needs; ``None`` where anybody may ask.
    summary : str
        What it does.
    view : callable
        Takes the path's parts and, where it has them, ``query`` and ``body``; returns the answer.
    query, body, answer : type of BaseModel, optional
        What the query, the JSON body and the answer hold.
    status : int
        Of the answer.
    form : bool
        Whether a recording is uploaded, as ``multipart/form-data``.
    media : str
        Of the answer, where it is no JSON.
    refusals : tuple of int
        What else it may answer beside 401, 403 and 422.
    """

    method: str
    path: str
    right: Right | None
    summary: str
    view: Callable[..., Any]
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    form: bool = False
    media: str = "application/json"
    refusals: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """Of the operation: what it does to what."""
        return self.view.__name__

    def register(self, app: Flask) -> None:
        """Let ``app`` answer it."""
        rule = self.path.replace("{", "<").replace("}", ">")
        marked: Any = (allow(self.right) if self.right else public)(self._called())
        app.add_url_rule(rule, self.name, marked, methods=[self.method])

    def _called(self) -> Callable[..., Response]:
        def answer(**parts: str) -> Response:
            if self.query is not None:
                parts |= {"query": read(self.query, request.args.to_dict(), "query")}  # type: ignore[dict-item]
            if self.body is not None:
                parts |= {"body": read(self.body, _json(), "body")}  # type: ignore[dict-item]
            found = self.view(**parts)
            if isinstance(found, Response):
                return found
            if found is None:
                return Response(status=204)
            return Response(found.model_dump_json(), self.status, mimetype="application/json")

        return answer


def read(model: type[BaseModel], given: Any, where: str) -> BaseModel:
    """Return what was sent, checked.

    Raises
    ------
    Refused
        422, with the first field that is wrong.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(each) for each in first["loc"])
        raise Refused(422, f"{where}: {first['msg']}", field=field) from None


def _json() -> Any:
    if not request.is_json:
        raise Refused(415, "the body must be JSON", hint="send content-type: application/json")
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        raise Refused(400, "the body is no JSON") from None
