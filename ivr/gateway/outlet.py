"""What is on its way to a party: in order, never waiting, and of sound only what is still worth hearing."""

from __future__ import annotations

import asyncio
from collections import deque

from ivr.gateway.dialect import Piece

#: Frames that wait at most: one second. What is older is dropped for what is new.
MOST_FRAMES = 50
#: Other messages that wait at most; who does not take them is gone.
MOST_MESSAGES = 500


class Outlet:
    """A queue between the call, which never waits, and the connection, which may.

    Attributes
    ----------
    dropped : int
        Frames that the party did not take in time.
    """

    def __init__(self) -> None:
        self._pieces: deque[tuple[Piece, bool]] = deque()
        self._frames = 0
        self._ended = False
        self._something = asyncio.Event()
        self.dropped = 0

    def put(self, piece: Piece, *, sound: bool = False) -> None:
        """Send ``piece``; after :meth:`end` it is not sent."""
        if self._ended:
            return
        if sound and self._frames >= MOST_FRAMES:
            self._drop_oldest()
        if len(self._pieces) - self._frames >= MOST_MESSAGES:
            self.end()
            return
        self._pieces.append((piece, sound))
        self._frames += sound
        self._something.set()

    def end(self) -> None:
        """Let nothing more in; what waits is still sent."""
        self._ended = True
        self._something.set()

    async def get(self) -> Piece | None:
        """Return what is to be sent next; wait for it; ``None`` at the end."""
        while not self._pieces:
            if self._ended:
                return None
            self._something.clear()
            await self._something.wait()
        piece, sound = self._pieces.popleft()
        self._frames -= sound
        return piece

    def _drop_oldest(self) -> None:
        place = next(place for place, (_, sound) in enumerate(self._pieces) if sound)
        del self._pieces[place]
        self._frames -= 1
        self.dropped += 1
