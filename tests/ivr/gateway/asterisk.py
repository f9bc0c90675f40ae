"""An Asterisk as its documentation describes it, seen from the gateway: one call by either protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections import deque
from types import TracebackType

from aiohttp import ClientSession, WSMsgType

from ivr.gateway.sound import FRAME, FRAME_SECONDS
from tests.ivr.gateway.centre import patiently

#: Frames that Asterisk keeps for its caller, and lengths at which it says stop and go on.
QUEUE_MOST, QUEUE_HIGH, QUEUE_LOW = 1000, 900, 800


class Timer:
    """Asterisk's own clock: a tick each 20 ms, none of which is lost."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._at = self._loop.time()

    async def next(self) -> None:
        self._at += FRAME_SECONDS
        await asyncio.sleep(max(self._at - self._loop.time(), 0))


class ChanWebsocketAsterisk:
    """A channel ``WebSocket/…/c(alaw)``: it says what it sends, plays what comes to its caller on a timer."""

    def __init__(self, url: str, *, password: str = "", json_format: bool = False) -> None:
        self._url = url
        basic = base64.b64encode(f"huawu:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {basic}"} if password else {}
        self._json = json_format
        self._queue: deque[bytes] = deque()
        self._tell_drained = False
        self.commands: list[str] = []
        self.played = b""  # to the caller, without the silence between
        self.heard = asyncio.Event()
        self.hung_up = asyncio.Event()

    async def __aenter__(self) -> ChanWebsocketAsterisk:
        self._session = ClientSession()
        try:
            self._socket = await self._session.ws_connect(
                self._url, protocols=("media",), headers=self._headers
            )
        except BaseException:
            await self._session.close()
            raise
        assert self._socket.protocol == "media"
        await self.event(
            "MEDIA_START",
            connection_id="e226e283-c90a-4ea9-9e37-389000b9ef47",
            channel="WebSocket/huawu/0x5140001a0040",
            channel_id="1761245643.1",
            format="alaw",
            optimal_frame_size=FRAME,
            ptime=20,
        )
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._timer())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()
        await self._session.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def event(self, name: str, **fields: str | int) -> None:
        if self._json:
            await self._socket.send_str(json.dumps({"event": name, "channel_id": "1761245643.1"} | fields))
        else:
            said = "".join(f" {key}:{value}" for key, value in fields.items())
            await self._socket.send_str(name + said)

    async def press(self, key: str) -> None:
        await self.event("DTMF_END", digit=key)

    async def speak(self, sound: bytes) -> None:
        """Send the caller's sound as it comes, A-law."""
        tick = Timer()
        for start in range(0, len(sound), FRAME):
            await self._socket.send_bytes(sound[start : start + FRAME])
            await tick.next()

    async def hang_up(self) -> None:
        await self._socket.close(code=1000)

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                assert len(message.data) % FRAME == 0  # the rest would be thrown away
                if len(self._queue) < QUEUE_MOST:
                    data = message.data
                    self._queue.extend(data[at : at + FRAME] for at in range(0, len(data), FRAME))
            elif message.type is WSMsgType.TEXT:
                await self._obey(message.data)
        self.hung_up.set()

    async def _obey(self, text: str) -> None:
        assert len(text) <= 128  # longer ones are not read
        command = json.loads(text)["command"] if self._json else text
        self.commands.append(command)
        if command == "HANGUP":
            await self.hang_up()
        elif command == "FLUSH_MEDIA":
            self._queue.clear()
        elif command == "GET_STATUS":
            await self.event(
                "STATUS", queue_length=len(self._queue), xon_level=QUEUE_LOW, xoff_level=QUEUE_HIGH
            )
        else:
            assert command == "ANSWER"

    async def _timer(self) -> None:
        tick = Timer()
        while True:
            await tick.next()
            if self._queue:
                self.played += self._queue.popleft()
                self.heard.set()

    async def hear(self, size: int) -> bytes:
        """Return the first ``size`` bytes that the caller heard."""
        while len(self.played) < size:
            self.heard.clear()
            await patiently(self.heard.wait())
        return self.played[:size]


class AudioSocketAsterisk:
    """The application ``AudioSocket()``."""

    def __init__(self, port: int, identifier: uuid.UUID) -> None:
        self._port = port
        self._identifier = identifier

    async def __aenter__(self) -> AudioSocketAsterisk:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.send(0x01, self._identifier.bytes)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)

    def send(self, kind: int, payload: bytes = b"") -> None:
        self._writer.write(bytes([kind]) + len(payload).to_bytes(2, "big") + payload)

    async def speak(self, sound: bytes) -> None:
        """Send the caller's sound as it comes, int16."""
        tick = Timer()
        for start in range(0, len(sound), 2 * FRAME):
            self.send(0x10, sound[start : start + 2 * FRAME])
            await tick.next()

    async def hear(self, frames: int) -> bytes:
        """Return the sound of the next messages, int16."""
        messages = [await self.read() for _ in range(frames)]
        assert {kind for kind, _ in messages} == {0x10}
        return b"".join(payload for _, payload in messages)

    async def read(self) -> tuple[int, bytes]:
        """Return the next message; where Asterisk would end the call for it, fail."""
        head = await patiently(self._reader.readexactly(3))
        payload = await patiently(self._reader.readexactly(int.from_bytes(head[1:], "big")))
        assert head[0] in (0x00, 0x10)
        return head[0], payload

    async def closed(self) -> bool:
        """Wait until the gateway has closed the connection."""
        return bool(await patiently(self._reader.read()) == b"")
