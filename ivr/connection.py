"""The engine's standing connection to another process: made again whenever that process is there again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import structlog

from calls.errors import LinkError
from ivr.wire.link import LinkReader, connect_to

_log = structlog.get_logger(__name__)

#: Seconds before the first and the later attempts to connect: each waits twice as long as the one before.
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5


def pauses() -> Iterator[float]:
    """Give the seconds to wait before each next attempt, without end."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE)


class Connection:
    """Keeps one connection.

    Parameters
    ----------
    name : str
        Of the process, for people.
    path : Path
        Where it listens.
    vocabulary : module
        What is spoken.
    told : callable
        Called with each message.
    up, lost : callable
        Called when the connection stands, and when it is gone.
    quiet : callable, optional
        Called every second, as long as it stands, with :attr:`silent`.
    sleep : callable, optional
        Waits for so many seconds; :func:`asyncio.sleep` by default.

    Attributes
    ----------
    silent : int
        Seconds in which nothing was said; 0 where it does not stand. They are counted one by one: a loop
        that was held up has not heard what was said meanwhile.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        vocabulary: ModuleType,
        *,
        told: Callable[[Any], None],
        up: Callable[[], None],
        lost: Callable[[], None],
        quiet: Callable[[int], None] = lambda _seconds: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self._path = path
        self._vocabulary = vocabulary
        self._told = told
        self._up = up
        self._lost = lost
        self._quiet = quiet
        self.silent = 0
        self._sleep = sleep
        self._reader: LinkReader | None = None
        self._over = asyncio.Event()
        self._came_to_something = False

    @property
    def standing(self) -> bool:
        """Whether the process is there."""
        return self._reader is not None

    def send(self, message: Any) -> None:
        """Send a message; where nobody is there it is dropped, and ``lost`` was called."""
        if self._reader is not None:
            self._reader.send(message)

    def begin_anew(self, why: str) -> None:
        """End the connection, and make another."""
        if self._reader is not None:
            _log.warning("a connection begins anew", name=self.name, why=why)
            self._reader.close()
            self._over_with()

    async def keep(self) -> None:
        """Connect, and connect again after each end, until cancelled."""
        waits = pauses()
        try:
            while True:
                if await self._serve():
                    waits = pauses()
                await self._sleep(next(waits))
        finally:
            if self._reader is not None:
                self._reader.close()

    async def _serve(self) -> bool:
        """Serve a connection to its end; return whether anything was ever said on it."""
        try:
            link = connect_to(self._path, self._vocabulary)
        except LinkError:
            return False
        self._over.clear()
        self._came_to_something = False
        self._reader = LinkReader(link, self._take, self._ended)
        _log.info("connected", to=self.name)
        self._up()
        counting = asyncio.ensure_future(self._count())
        try:
            await self._over.wait()
        finally:
            counting.cancel()
        return self._came_to_something

    async def _count(self) -> None:
        while True:
            await self._sleep(1.0)
            self.silent += 1
            self._quiet(self.silent)

    def _take(self, message: Any) -> None:
        self._came_to_something, self.silent = True, 0
        self._told(message)

    def _ended(self, error: LinkError) -> None:
        _log.error("a process is lost", name=self.name, why=str(error))
        self._over_with()

    def _over_with(self) -> None:
        self._reader, self.silent = None, 0
        self._over.set()
        self._lost()
