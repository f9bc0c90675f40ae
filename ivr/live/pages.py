"""The engine's own pages: is it well, is it ready, what does it count, which calls are there."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from calls.masking import masked_number
from ivr.live.livecall import LiveCall
from ivr.live.switchboard import Switchboard

#: Pages that anybody may read: probes and scrapers carry no token, and there is nothing personal in them.
OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
_LOOPBACK = frozenset({"127.0.0.1", "::1"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def application(board: Switchboard, token: str) -> web.Application:
    """Return the pages as an application.

    Parameters
    ----------
    board : Switchboard
        What they tell of.
    token : str
        Bearer token of all but the open ones; without one only this machine is answered.
    """
    app = web.Application(middlewares=[_gate(token)])

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "calls": len(board.calls)})

    async def readyz(_: web.Request) -> web.Response:
        state = {
            "ready": board.ready,
            "draining": board.draining,
            "media": board.media.standing,
            **{name: door.standing for name, door in board.doors.items()},
        }
        return web.json_response(state, status=200 if board.ready else 503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=board.figures.text(), content_type="text/plain", charset="utf-8")

    async def calls(_: web.Request) -> web.Response:
        return web.json_response([_described(call) for call in board.calls.values()])

    async def hang_up(request: web.Request) -> web.Response:
        call = board.calls.get(request.match_info["id"])
        if call is None:
            return problem(404, f"call {request.match_info['id']} is not running")
        call.hang_up("operator")
        return web.json_response({"id": call.id, "ended": True})

    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/calls", calls)
    app.router.add_post("/calls/{id}/hangup", hang_up)
    return app


def problem(status: int, message: str) -> web.Response:
    """Return an answer that says what is wrong."""
    return web.json_response({"error": message}, status=status)


def _gate(token: str) -> Any:
    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path in OPEN:
            return await handler(request)
        if token:
            given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
            if not hmac.compare_digest(given.encode(), token.encode()):
                return problem(401, "the token is missing or wrong: send Authorization: Bearer …")
        elif request.remote not in _LOOPBACK:
            return problem(
                403, "only this machine may ask: set a token in the configuration (engine.token_env)"
            )
        return await handler(request)

    return gate


def _described(call: LiveCall) -> dict[str, Any]:
    record = call.log.call
    return {
        "id": call.id,
        "door": record.door,
        "caller": masked_number(record.caller),
        "callee": record.callee,
        "flow": record.flow,
        "node": call.dialog.node,
        "seconds": round(call.now, 1),
        "state": call.state,
        "queue": record.queue_id,
        "agent": record.agent_id,
    }
