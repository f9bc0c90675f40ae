"""A standing connection to another process: made again whenever that process is there again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import structlog

from calls.errors import LinkError
from ivr.wire.link import LinkReader, connect_to

#: Seconds between attempts, at first and at most.
FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.5


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
    ) -> None:
        self.name = name
        self._path = path
        self._vocabulary = vocabulary
        self._told = told
        self._up = up
        self._lost = lost
        self._reader: LinkReader | None = None
        self._over = asyncio.Event()

    @property
    def standing(self) -> bool:
        """Whether the process is there."""
        return self._reader is not None

    def send(self, message: Any) -> None:
        """Send a message; where nobody is there it is dropped, and ``lost`` was called."""
        if self._reader is not None:
            self._reader.send(message)

    async def keep(self) -> None:
        """Connect, and connect again, until cancelled."""
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    link = connect_to(self._path, self._vocabulary)
                except LinkError:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                    continue
                pause = FIRST_PAUSE
                self._over.clear()
                self._reader = LinkReader(link, self._told, self._ended)
                structlog.get_logger().info("connected", to=self.name)
                self._up()
                await self._over.wait()
        finally:
            if self._reader is not None:
                self._reader.close()

    def _ended(self, error: LinkError) -> None:
        structlog.get_logger().error("a process is lost", name=self.name, why=str(error))
        self._reader = None
        self._over.set()
        self._lost()
