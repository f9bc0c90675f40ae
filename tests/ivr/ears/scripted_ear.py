"""An ear without ears: takes down what it is told, and says what the test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ivr.wire import ears
from ivr.wire.link import Link, LinkReader, listen_at


class ScriptedEar:
    """Listens at ``path``; serves one connection at a time, on the running loop."""

    def __init__(self, path: Path, *, ready: bool = True) -> None:
        self.commands: list[Any] = []
        self.connections = 0
        self._ready = ready
        self._reader: LinkReader | None = None
        self._listener = listen_at(path)
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def say(self, *messages: Any) -> None:
        """Send to the engine."""
        assert self._reader is not None
        for message in messages:
            self._reader.send(message)

    def hang_up(self) -> None:
        """End the connection; the next may come."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def die(self) -> None:
        """End for good."""
        self.hang_up()
        asyncio.get_running_loop().remove_reader(self._listener)
        self._listener.close()

    def _accept(self) -> None:
        connected, _ = self._listener.accept()
        self.connections += 1
        self.commands.clear()
        self._reader = LinkReader(Link(connected, ears), self.commands.append, lambda _: None)
        if self._ready:
            self.say(ears.EarReady("tiny-cn"))


async def until(condition: Callable[[], object]) -> None:
    """Let everything else go on until the condition holds."""

    async def wait() -> None:
        while not condition():
            await asyncio.sleep(0.001)

    await asyncio.wait_for(wait(), 20)
