"""The gateway process: the doors, the engine's link, and a tick each second."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog
from aiohttp import web

from calls.errors import LinkError, ServeError
from ivr.gateway.admission import Admission
from ivr.gateway.settings import SOCKET, GatewaySettings
from ivr.gateway.soundport import SoundPort
from ivr.gateway.switchboard import Switchboard
from ivr.gateway.tcpserver import TcpServer
from ivr.gateway.webserver import WebServer
from ivr.wire import signalling
from ivr.wire.link import Link, LinkReader, listen_at

log = structlog.get_logger()

#: Seconds in which connections must close at the end.
_SHUTDOWN_SECONDS = 2.0
_T = TypeVar("_T")


def run(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT, then end all calls.

    Raises
    ------
    ServeError
        A port cannot be used.
    LinkError
        The socket in the run folder cannot be used.
    """
    asyncio.run(_run(settings))


async def _run(settings: GatewaySettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    async with serving(settings):
        log.info(
            "gateway is ready", host=settings.host, web=settings.web_port, audio=settings.audiosocket_port
        )
        await stop.wait()


@asynccontextmanager
async def serving(settings: GatewaySettings) -> AsyncIterator[Switchboard]:
    """Serve the doors and the engine while the context lasts.

    Raises
    ------
    ServeError, LinkError
        As :func:`run`.
    """
    board = Switchboard(settings.media_host, settings.most_calls, partial(SoundPort, settings.media_host))
    admission = Admission(settings.token, settings.web_secret, settings.sources, settings.origins)
    async with AsyncExitStack() as stack:
        if settings.web_port:
            runner = web.AppRunner(
                WebServer(board, admission).application(),
                access_log=None,
                shutdown_timeout=_SHUTDOWN_SECONDS,
            )
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await _listening(web.TCPSite(runner, settings.host, settings.web_port).start(), settings.web_port)
        if settings.audiosocket_port:
            port = settings.audiosocket_port
            server = await _listening(TcpServer(board, admission).listen(settings.host, port), port)
            stack.callback(server.close)
        await stack.enter_async_context(_engine(board, Path(settings.run) / SOCKET))
        ticking = asyncio.create_task(_tick(board))
        stack.callback(ticking.cancel)
        try:
            yield board
        finally:
            board.engine_gone("the gateway ends")


@asynccontextmanager
async def _engine(board: Switchboard, path: Path) -> AsyncIterator[None]:
    """Serve one engine at a time, the latest."""
    listener = listen_at(path)
    loop = asyncio.get_running_loop()
    now: list[LinkReader] = []

    def lost(reader: LinkReader, error: LinkError) -> None:
        if now == [reader]:
            now.clear()
            log.warning("the engine is gone", reason=error.message)
            board.engine_gone("the engine is gone")

    def serve(connection: socket.socket) -> None:
        reader = LinkReader(Link(connection, signalling), board.told, lambda error: lost(reader, error))
        for old in now:
            board.engine_gone("another engine came")
            old.close()
        now[:] = [reader]
        board.engine_came(reader.send)
        log.info("the engine is there")

    async def accept() -> None:
        while True:
            connection, _ = await loop.sock_accept(listener)
            serve(connection)

    accepting = asyncio.create_task(accept())
    try:
        yield
    finally:
        accepting.cancel()
        board.engine_gone("the gateway ends")
        for reader in now:
            reader.close()
        listener.close()
        path.unlink(missing_ok=True)


async def _tick(board: Switchboard) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(1.0)
        board.tick(loop.time())


async def _listening(starting: Awaitable[_T], port: int) -> _T:
    try:
        return await starting
    except OSError as error:
        raise ServeError(
            f"gateway: port {port} cannot be used: {error.strerror or error}", "choose another"
        ) from None
