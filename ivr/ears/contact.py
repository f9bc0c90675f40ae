"""The engine's connection with one ear, made again whenever it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import structlog

from calls.errors import LinkError
from ivr.wire import ears
from ivr.wire.link import Link, LinkReader, connect_to

_log = structlog.get_logger(__name__)

#: Seconds before the first and the later attempts to connect: each waits twice as long as the one before.
FIRST_WAIT, LONGEST_WAIT = 0.05, 2.0
#: Seconds without a word after which an ear, which sends its figures once a second, counts as lost.
PATIENCE = 5.0


def waits() -> Iterator[float]:
    """Give the seconds to wait before each next attempt, without end."""
    wait = FIRST_WAIT
    while True:
        yield wait
        wait = min(2 * wait, LONGEST_WAIT)


class EarContact:
    """Keeps in contact with the ear that listens at ``path``.

    Parameters
    ----------
    path : Path
        Its socket.
    found, lost : callable
        Called with the contact when the ear is ready to hear, with all it knew forgotten, and when it is
        not any more.
    told : callable
        Called with the contact and what the ear says of calls.
    sleep : callable, optional
        Waits for so many seconds; :func:`asyncio.sleep` by default.

    Attributes
    ----------
    ready : bool
        Whether it hears.
    model : str
        What it hears with; empty as long as it was never ready.
    behind_ms : float
        As in :class:`ivr.wire.ears.EarHealth`, of the last second.
    calls : set of str
        For the owner: what this ear has been given to hear.
    """

    def __init__(
        self,
        path: Path,
        found: Callable[[EarContact], None],
        lost: Callable[[EarContact], None],
        told: Callable[[EarContact, Any], None],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.path = path
        self.ready = False
        self.model = ""
        self.behind_ms = 0.0
        self.calls: set[str] = set()
        self._found, self._lost, self._told = found, lost, told
        self._sleep = sleep
        self._reader: LinkReader | None = None
        self._ended: asyncio.Future[LinkError] | None = None
        self._alive = self._stalled = False

    def send(self, message: Any) -> None:
        """Tell the ear something; dropped where it is not ready."""
        if self.ready and self._reader is not None:
            self._reader.send(message)

    async def keep(self) -> None:
        """Connect, and connect again after each end; runs until it is cancelled."""
        pauses = waits()
        while True:
            try:
                link = connect_to(self.path, ears)
            except LinkError:
                await self._sleep(next(pauses))
                continue
            if await self._serve(link):
                pauses = waits()
            await self._sleep(next(pauses))

    async def _serve(self, link: Link) -> bool:
        """Serve a connection to its end; return whether it ever came to anything."""
        ended: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        self._ended, self._stalled = ended, False
        was_ready = False

        def end(error: LinkError) -> None:
            if not ended.done():
                ended.set_result(error)

        self._reader = LinkReader(link, self._take, end)
        watch = asyncio.ensure_future(self._watch())
        try:
            error = await ended
            was_ready = self.ready or self._stalled
            _log.warning("an ear is lost", socket=self.path.name, why=error.message)
        finally:
            watch.cancel()
            self._reader.close()
            self._reader = None
        self._lose()
        return was_ready

    def _take(self, message: Any) -> None:
        self._alive = True
        if self._stalled:  # it has woken, and still has in mind what was given to others: begin anew
            assert self._ended is not None
            if not self._ended.done():
                self._ended.set_result(LinkError("it did not answer for a while"))
            return
        match message:
            case ears.EarReady(model):
                self.ready, self.model = True, model
                self._found(self)
            case ears.EarHealth(_, behind):
                self.behind_ms = behind
            case _:
                self._told(self, message)

    async def _watch(self) -> None:
        """Take an ear that says nothing for lost.

        The connection stays: one that is stopped accepts no other, and asking for more of them would fill
        the queue of its socket.
        """
        while True:
            self._alive = False
            await self._sleep(PATIENCE)
            if not self._alive and self.ready:
                self._stalled = True
                _log.warning("an ear does not answer", socket=self.path.name)
                self._lose()

    def _lose(self) -> None:
        if self.ready:
            self.ready = False
            self.behind_ms = 0.0
            self._lost(self)
