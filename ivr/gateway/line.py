"""One connection from outside: its dialect between the bytes and the call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from ivr.gateway.call import GatewayCall
from ivr.gateway.dialect import Called, Dialect, HungUp, Piece
from ivr.gateway.outlet import Outlet
from ivr.gateway.switchboard import Switchboard

#: Seconds in which a connection must say what it is.
HELLO_SECONDS = 5.0


class Line:
    """The party of a call, as :class:`~ivr.gateway.call.Party`: what it is told goes through an outlet.

    Parameters
    ----------
    dialect : Dialect
        Of this one connection.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._outlet = Outlet()
        self._loop = asyncio.get_running_loop()

    @property
    def dropped(self) -> int:
        """Frames that the party did not take in time."""
        return self._outlet.dropped

    def ring(self) -> None:
        """Tell the party that it rings."""
        self._put(self._dialect.ring())

    def answer(self) -> None:
        """Tell the party that it is answered."""
        self._put(self._dialect.answer())

    def hear(self, frame: bytes) -> None:
        """Let the party hear 20 ms, A-law."""
        for piece in self._dialect.hear(frame, self._loop.time()):
            self._outlet.put(piece, sound=isinstance(piece, bytes))

    def tell(self, text: str) -> None:
        """Pass on what the engine says."""
        self._put(self._dialect.tell(text))

    def hang_up(self, code: int, reason: str) -> None:
        """Part from the party, once it has been told."""
        self._put(self._dialect.hang_up(code, reason))
        self._outlet.end()

    async def serve(
        self,
        board: Switchboard,
        received: AsyncIterator[Piece],
        send: Callable[[Piece], Awaitable[None]],
        source: str,
        *,
        called: Called | None = None,
        idle_seconds: float | None = None,
    ) -> None:
        """Carry the call until one side ends it; the connection is closed by who made it.

        Parameters
        ----------
        board : Switchboard
            Where the call goes.
        received : async iterator
            What the party sends.
        send : async callable
            Sends to it.
        source : str
            Its address, ``host:port``.
        called : Called, optional
            What is known already; else the party has to say it first.
        idle_seconds : float, optional
            Without anything from the party for so long, the call is over.
        """
        sending = asyncio.create_task(self._send(send))
        receiving = asyncio.create_task(self._receive(board, received, source, called, idle_seconds))
        both = {sending, receiving}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done():
                self._outlet.end()
                await asyncio.wait({sending}, timeout=HELLO_SECONDS)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _send(self, send: Callable[[Piece], Awaitable[None]]) -> None:
        with suppress(ConnectionError):
            while (piece := await self._outlet.get()) is not None:
                await send(piece)

    async def _receive(
        self,
        board: Switchboard,
        received: AsyncIterator[Piece],
        source: str,
        called: Called | None,
        idle_seconds: float | None,
    ) -> None:
        now = self._loop.time
        call: GatewayCall | None = None
        if called is not None:
            call = board.arrive(self._dialect, self, called, source, now())
            if call is None:
                return
        try:
            async with asyncio.timeout(HELLO_SECONDS if call is None else idle_seconds) as limit:
                async for data in received:
                    if call is not None and idle_seconds is not None:
                        limit.reschedule(now() + idle_seconds)
                    for event in self._dialect.receive(data):
                        if isinstance(event, Called) and call is None:
                            call = board.arrive(self._dialect, self, event, source, now())
                            if call is None:
                                return
                            limit.reschedule(None if idle_seconds is None else now() + idle_seconds)
                        elif call is not None:
                            call.take(event)
                        elif isinstance(event, HungUp):
                            board.refuse(event.reason, source)
                            self.hang_up(400, event.reason)
                            return
                    if call is not None and call.state == "over":
                        return
        except TimeoutError:
            if call is None:
                board.refuse("it did not say who calls", source)
                self.hang_up(408, "silent")
            else:
                call.cut("nothing came from it")
        finally:
            if call is not None:
                call.gone("connection closed")

    def _put(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._outlet.put(piece)
