"""The engine's own pages: is it well, is it ready, what does it count, which calls are there."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from calls.masking import masked_number
from ivr.agents.api import problem
from ivr.live.gate import gate
from ivr.live.livecall import LiveCall
from ivr.live.switchboard import Switchboard


def application(board: Switchboard, token: str) -> web.Application:
    """Return the pages as an application.

    Parameters
    ----------
    board : Switchboard
        What they tell of.
    token : str
        As in :func:`ivr.live.gate.gate`.
    """
    app = web.Application(middlewares=[gate(token)])

    async def healthz(_: web.Request) -> web.Response:
        state = {"status": "ok", "calls": len(board.calls), "silent_seconds": board.silent}
        return web.json_response(state)

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
