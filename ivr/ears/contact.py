"""The engine's contact with one ear: a connection, and whether the ear hears or hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog

from ivr.connection import Connection
from ivr.wire import ears

_log = structlog.get_logger(__name__)

#: Seconds without a word after which an ear, which sends its figures once a second, counts as lost.
PATIENCE = 5


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
        self._connection = Connection(
            path.stem,
            path,
            ears,
            told=self._take,
            up=self._up,
            lost=self._lose,
            quiet=self._is_quiet,
            sleep=sleep,
        )
        self._stalled = False

    @property
    def silent(self) -> int | None:
        """As in :class:`Connection`, ``None`` where there is no connection."""
        return self._connection.silent if self._connection.standing else None

    def send(self, message: Any) -> None:
        """Tell the ear something; dropped where it is not ready."""
        if self.ready:
            self._connection.send(message)

    async def keep(self) -> None:
        """Connect, and connect again after each end; runs until it is cancelled."""
        await self._connection.keep()

    def _up(self) -> None:
        self._stalled = False

    def _take(self, message: Any) -> None:
        if self._stalled:  # it has woken, and still has in mind what was given to others
            self._connection.begin_anew("it did not answer for a while")
            return
        match message:
            case ears.EarReady(model):
                self.ready, self.model = True, model
                self._found(self)
            case ears.EarHealth(_, behind):
                self.behind_ms = behind
            case _:
                self._told(self, message)

    def _is_quiet(self, seconds: int) -> None:
        """Take an ear that says nothing for lost.

        The connection stays: one that is stopped accepts no other, and asking for more of them would fill
        the queue of its socket.
        """
        if seconds >= PATIENCE and self.ready:
            self._stalled = True
            _log.warning("an ear does not answer", socket=self.path.name)
            self._lose()

    def _lose(self) -> None:
        if self.ready:
            self.ready = False
            self.behind_ms = 0.0
            self._lost(self)
