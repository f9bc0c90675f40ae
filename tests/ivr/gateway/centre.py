"""The engine and the media process, small: they talk to a gateway over its real link and in real RTP."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from ivr.gateway.rtp import Packet, Stream, read_packet
from ivr.gateway.settings import SOCKET
from ivr.gateway.sound import FRAME
from ivr.sip.sdp import Negotiation
from ivr.wire import signalling
from ivr.wire.link import LinkReader, connect_to
from ivr.wire.signalling import Accept, Arrived, Confirmed, SignallingHealth

PATIENCE = 20.0
_T = TypeVar("_T")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Leg(asyncio.DatagramProtocol):
    """The media process's end of one call."""

    def __init__(self) -> None:
        self.packets: asyncio.Queue[Packet] = asyncio.Queue()
        self._stream = Stream(1, 0, 0)
        self._begun = 0

    async def open(self, offer: str, session: int = 1) -> str:
        """Take a port; return the answer to ``offer``."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.port: int = self._transport.get_extra_info("sockname")[1]
        self.negotiation = Negotiation("127.0.0.1", self.port, session)
        return self.negotiation.answer(offer)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        packet = read_packet(data)
        assert packet is not None
        self.packets.put_nowait(packet)

    def play(self, sound: bytes) -> None:
        """Send A-law, all at once."""
        for start in range(0, len(sound), FRAME):
            frame = sound[start : start + FRAME]
            self.send(self._stream.packet(frame, 8, self._begun * 0.02) or b"")
            self._begun += 1

    def send(self, packet: bytes) -> None:
        agreed = self.negotiation.agreed
        assert agreed is not None
        self._transport.sendto(packet, (agreed.host, agreed.port))

    async def hear(self, frames: int) -> bytes:
        """Return the next frames that the party sends."""
        return b"".join([(await patiently(self.packets.get())).payload for _ in range(frames)])

    def close(self) -> None:
        self._transport.close()


class Centre:
    """Connects to the gateway of a run folder; use as an asynchronous context."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._messages: asyncio.Queue[Any] = asyncio.Queue()
        self._legs: list[Leg] = []
        self.lost = asyncio.Event()
        self.health: SignallingHealth | None = None

    async def __aenter__(self) -> Centre:
        self._reader = LinkReader(
            connect_to(self._run / SOCKET, signalling), self._told, lambda _error: self.lost.set()
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for leg in self._legs:
            leg.close()
        self._reader.close()

    def _told(self, message: Any) -> None:
        if isinstance(message, SignallingHealth):
            self.health = message
        else:
            self._messages.put_nowait(message)

    def send(self, command: Any) -> None:
        self._reader.send(command)

    async def next(self, kind: type[_T]) -> _T:
        """Return the next message, which must be of this kind."""
        message = await patiently(self._messages.get())
        assert isinstance(message, kind), message
        return message

    async def leg(self, offer: str) -> tuple[Leg, str]:
        leg = Leg()
        self._legs.append(leg)
        return leg, await leg.open(offer)

    async def answer(self, arrived: Arrived) -> Leg:
        """Answer a call that has come."""
        leg, answer = await self.leg(arrived.offer)
        self.send(Accept(arrived.call, answer))
        assert await self.next(Confirmed) == Confirmed(arrived.call)
        return leg


async def patiently(waiting: Any) -> Any:
    return await asyncio.wait_for(waiting, PATIENCE)
