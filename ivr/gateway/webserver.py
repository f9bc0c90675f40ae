"""The WebSocket doors: chan_websocket at ``/asterisk/media``, the browser page at ``/web/call``."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import AsyncIterator, Mapping

from aiohttp import WSMsgType, web

from ivr.gateway.admission import Admission
from ivr.gateway.chanwebsocket import FIELDS, ChanWebsocket
from ivr.gateway.dialect import Called, Piece
from ivr.gateway.line import Line
from ivr.gateway.sound import FORMATS
from ivr.gateway.switchboard import Switchboard
from ivr.gateway.webcall import WebCall

#: Paths.
MEDIA, ANNOUNCE, CALL = "/asterisk/media", "/asterisk/announce", "/web/call"
#: Bytes of a WebSocket message that is read at all.
LARGEST = 16_384
#: Seconds between pings; without the answer to one, a connection is over.
HEARTBEAT_SECONDS = 20.0
#: Seconds without a word from a page, which sends sound all the time, that end its call.
IDLE_SECONDS = 60.0
#: Codes with which the page's connection is closed (RFC 6455, 7.4.2): it can read no HTTP status.
BAD_TICKET, NO_ROOM = 4401, 4503
_SHOWN = 200


class WebServer:
    """Takes WebSockets.

    Parameters
    ----------
    board : Switchboard
    admission : Admission
    """

    def __init__(self, board: Switchboard, admission: Admission) -> None:
        self._board = board
        self._admission = admission
        self._open: set[web.WebSocketResponse] = set()

    def application(self) -> web.Application:
        """Return the routes."""
        app = web.Application(client_max_size=LARGEST)
        app.router.add_get(MEDIA, self._media)
        app.router.add_post(ANNOUNCE, self._announce)
        app.router.add_get(CALL, self._page)
        app.on_shutdown.append(self._shut)
        return app

    async def _media(self, request: web.Request) -> web.StreamResponse:
        if not self._asterisk(request, request.query):
            raise web.HTTPForbidden(text="no token, or a foreign address\n")
        refusal = self._board.refusal()
        if refusal is not None:  # Asterisk's Dial() then goes on with what the dialplan has for that
            self._board.refuse(refusal[1], _source(request))
            raise web.HTTPServiceUnavailable(text=f"{refusal[1]}\n")
        socket = await self._upgraded(request, ("media",))
        await self._carry(request, socket, Line(ChanWebsocket(request.query)))
        return socket

    async def _announce(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        if not self._asterisk(request, form):
            raise web.HTTPForbidden(text="no token, or a foreign address\n")
        try:
            identifier = uuid.UUID(form.get("uuid", ""))
        except ValueError:
            raise web.HTTPBadRequest(text="uuid is no UUID\n") from None
        called = Called(**{field: form.get(field, "")[:_SHOWN] for field in FIELDS})
        if not self._admission.announce(identifier, called, time.time()):
            raise web.HTTPServiceUnavailable(text="too many calls are announced\n")
        return web.Response(text="announced\n")

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if not self._admission.origin(request.headers.get("Origin")):
            self._board.refuse("foreign origin", _source(request))
            raise web.HTTPForbidden(text="this page may not call\n")
        socket = await self._upgraded(request, ())
        ticket = self._admission.web(request.query.get("ticket", ""), time.time())
        format = request.query.get("format", "slin")
        refusal = self._board.refusal()
        if ticket is None or format not in FORMATS:
            self._board.refuse("no valid ticket", _source(request))
            await socket.close(code=BAD_TICKET)
        elif refusal is not None:
            self._board.refuse(refusal[1], _source(request))
            await socket.close(code=NO_ROOM, message=refusal[1].encode())
        else:
            dialect = WebCall(format)
            line = Line(dialect)
            await self._carry(request, socket, line, dialect.begin(ticket.flow), IDLE_SECONDS)
        return socket

    async def _carry(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        line: Line,
        called: Called | None = None,
        idle_seconds: float | None = None,
    ) -> None:
        self._open.add(socket)

        async def send(piece: Piece) -> None:
            if isinstance(piece, str):
                await socket.send_str(piece)
            else:
                await socket.send_bytes(piece)

        try:
            await line.serve(
                self._board,
                _frames(socket),
                send,
                _source(request),
                called=called,
                idle_seconds=idle_seconds,
            )
        finally:
            self._open.discard(socket)
            await socket.close()

    async def _upgraded(self, request: web.Request, protocols: tuple[str, ...]) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            max_msg_size=LARGEST,
            heartbeat=HEARTBEAT_SECONDS,
            compress=False,
            protocols=protocols,
            timeout=2.0,
        )
        await socket.prepare(request)
        return socket

    async def _shut(self, _app: web.Application) -> None:
        for socket in list(self._open):
            await socket.close(code=1001)

    def _asterisk(self, request: web.Request, fields: Mapping[str, str]) -> bool:
        shown = fields.get("token", "") or _password(request.headers.get("Authorization", ""))
        # A browser says an origin: any page that it shows may lead it here, also from this machine.
        source = "" if "Origin" in request.headers else request.remote or ""
        if self._admission.asterisk(shown, source):
            return True
        self._board.refuse("no token, or a foreign address", _source(request))
        return False


def _password(authorization: str) -> str:
    """Return the password of basic authentication (RFC 7617), empty where there is none."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


async def _frames(socket: web.WebSocketResponse) -> AsyncIterator[Piece]:
    async for message in socket:
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            yield message.data


def _source(request: web.Request) -> str:
    address = request.transport.get_extra_info("peername") if request.transport else None
    return f"{address[0]}:{address[1]}" if address else ""
