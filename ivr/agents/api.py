"""Agents over HTTP: who is there, and pausing, unpausing, logging in and out from another program.

Answers are JSON; an error is ``{"error": "…"}``, one message that says what is wrong. Who may ask is not
looked at here: :mod:`ivr.live.gate` does that for all pages.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

from calls.errors import NotFound

#: Longest reason for a pause, in characters.
LONGEST_REASON = 100
#: Largest body of a request, in bytes.
LARGEST_BODY = 4096

Described = dict[str, Any]
Handler = Callable[[web.Request], Awaitable[web.Response]]


class Desk(Protocol):
    """Where agents are; those who change one return it as it is then.

    All but :meth:`agents` raise :class:`~calls.errors.NotFound` for an agent whom nobody knows.
    """

    def agents(self) -> list[Described]:
        """Return all agents as :meth:`ivr.agents.roster.Seat.described` does."""

    def pause(self, agent: str, reason: str) -> Described:
        """Let an agent take no calls from now on."""

    def unpause(self, agent: str) -> Described:
        """Let an agent take calls again."""

    def login(self, agent: str) -> Described:
        """Let an agent begin to work."""

    def logout(self, agent: str) -> Described:
        """Let an agent go home."""


def add_routes(app: web.Application, desk: Desk) -> None:
    """Add the pages to an application.

    Parameters
    ----------
    app : web.Application
        ``GET /agents``, and ``POST /agents/{id}/pause``, ``…/unpause``, ``…/login`` and ``…/logout`` are
        added to it.
    desk : Desk
        What they are about.
    """

    async def agents(_: web.Request) -> web.Response:
        return web.json_response(desk.agents())

    async def pause(request: web.Request) -> web.Response:
        return web.json_response(desk.pause(request.match_info["id"], await _reason(request)))

    def changing(change: Callable[[str], Described]) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            return web.json_response(change(request.match_info["id"]))

        return handler

    app.router.add_get("/agents", _answering(agents))
    app.router.add_post("/agents/{id}/pause", _answering(pause))
    for name, change in (("unpause", desk.unpause), ("login", desk.login), ("logout", desk.logout)):
        app.router.add_post(f"/agents/{{id}}/{name}", _answering(changing(change)))


class _Refused(Exception):
    """A request that cannot be met."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


def problem(status: int, message: str) -> web.Response:
    """Return an answer that says what is wrong."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return web.json_response({"error": message}, status=status, headers=headers)


def _answering(handler: Handler) -> Handler:
    async def answering(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except _Refused as refused:
            return problem(refused.status, refused.message)
        except NotFound as error:
            return problem(404, str(error))

    return answering


async def _reason(request: web.Request) -> str:
    if (request.content_length or 0) > LARGEST_BODY:
        raise _Refused(413, f"the body is larger than {LARGEST_BODY} bytes")
    body = await request.content.read(LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise _Refused(413, f"the body is larger than {LARGEST_BODY} bytes")
    if not body.strip():
        return ""
    try:
        found = json.loads(body)
    except ValueError:
        raise _Refused(400, 'the body is no JSON: send {"reason": "lunch"}, or nothing') from None
    if not isinstance(found, dict) or not set(found) <= {"reason"}:
        raise _Refused(400, 'the body holds something else than {"reason": "…"}')
    reason = found.get("reason", "")
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise _Refused(400, f"reason: it must be a text of {LONGEST_REASON} characters at most, on one line")
    return reason
