"""The AudioSocket door: Asterisk connects by TCP for each call."""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress

from ivr.gateway.admission import Admission
from ivr.gateway.audiosocket import AudioSocket
from ivr.gateway.dialect import Called, Piece
from ivr.gateway.line import Line
from ivr.gateway.switchboard import Switchboard

#: Bytes that the connection may hold before sound waits in the outlet: a quarter of a second.
_HELD = 4096
_READ = 4096


class TcpServer:
    """Takes AudioSockets.

    Parameters
    ----------
    board : Switchboard
    admission : Admission
    """

    def __init__(self, board: Switchboard, admission: Admission) -> None:
        self._board = board
        self._admission = admission

    async def listen(self, host: str, port: int) -> asyncio.Server:
        """Return the server, listening.

        Raises
        ------
        OSError
            The port cannot be used.
        """
        return await asyncio.start_server(self._carry, host, port, limit=_READ)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("peername")
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        writer.transport.set_write_buffer_limits(high=_HELD)

        def identified(identifier: uuid.UUID) -> Called | None:
            return self._admission.identified(identifier, address[0], time.time())

        async def send(piece: Piece) -> None:
            assert isinstance(piece, bytes)
            writer.write(piece)
            await writer.drain()

        try:
            line = Line(AudioSocket(identified))
            await line.serve(self._board, _pieces(reader), send, f"{address[0]}:{address[1]}")
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


async def _pieces(reader: asyncio.StreamReader) -> AsyncIterator[Piece]:
    with suppress(ConnectionError):
        while data := await reader.read(_READ):
            yield data
