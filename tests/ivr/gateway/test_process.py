"""The gateway as a whole: parties that speak as Asterisk and browsers do, a link, RTP."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
import uuid
import wave
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError

from calls import ticket
from calls.errors import LinkError, ServeError
from ivr.gateway.process import serving
from ivr.gateway.rtp import Stream
from ivr.gateway.settings import SOCKET, GatewaySettings
from ivr.gateway.sound import FRAME
from ivr.gateway.webserver import BAD_TICKET, NO_ROOM
from ivr.wire.signalling import (
    Arrived,
    Bye,
    Drain,
    Ended,
    InfoDigit,
    Reject,
    Reoffer,
    ReofferAnswered,
    SendInfo,
)
from speech.dtmf import detect_digits
from speech.g711 import alaw_decode, alaw_encode
from speech.keytones import key_tones
from tests.ivr.gateway.asterisk import AudioSocketAsterisk, ChanWebsocketAsterisk
from tests.ivr.gateway.centre import Centre, free_port, patiently

pytestmark = pytest.mark.integration

TOKEN, SECRET = "t0ken-" * 4, "s3cret-" * 4
WHO = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
ORIGIN = {"Origin": "http://127.0.0.1:8000"}
Sounds = npt.NDArray[np.int16]
#: One prompt of 0.4 s, A-law.
PROMPT = alaw_encode((8000 * np.sin(np.arange(20 * FRAME) / 5)).astype(np.int16))


@pytest.fixture
def settings(tmp_path: Path) -> GatewaySettings:
    return GatewaySettings(
        str(tmp_path),
        web_port=free_port(),
        audiosocket_port=free_port(),
        token=TOKEN,
        web_secret=SECRET,
        most_calls=2,
    )


@pytest.fixture
def caller(tmp_path: Path) -> Sounds:
    """What the caller says, read from a WAV file as a softphone would."""
    with wave.open(str(tmp_path / "caller.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((6000 * np.sin(np.arange(25 * FRAME) / 3)).astype("<i2").tobytes())
    with wave.open(str(tmp_path / "caller.wav")) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)


def media(settings: GatewaySettings, query: str = "") -> str:
    return f"http://127.0.0.1:{settings.web_port}/asterisk/media{query}"


def page(settings: GatewaySettings, text: str) -> str:
    return f"http://127.0.0.1:{settings.web_port}/web/call?ticket={text}"


def together(settings: GatewaySettings, scene: Callable[[Centre], Awaitable[None]]) -> None:
    """Run a scene with a gateway and its engine."""

    async def run() -> None:
        async with serving(settings), Centre(Path(settings.run)) as centre:
            await scene(centre)

    asyncio.run(run())


@pytest.mark.parametrize("json_format", [False, True], ids=["plain", "json"])
def test_a_call_through_chan_websocket(settings: GatewaySettings, caller: Sounds, json_format: bool) -> None:
    async def scene(centre: Centre) -> None:
        url = media(settings, "?caller=13800001001&callee=95588&flow=hotline")
        async with ChanWebsocketAsterisk(url, password=TOKEN, json_format=json_format) as asterisk:
            arrived = await centre.next(Arrived)
            assert (arrived.caller, arrived.callee) == ("13800001001", "95588")
            assert arrived.headers["x-huawu-flow"] == "hotline"
            leg = await centre.answer(arrived)
            sound = alaw_encode(caller)
            speaking = asyncio.create_task(asterisk.speak(sound))
            assert await leg.hear(25) == sound
            await speaking
            leg.play(PROMPT)
            assert await asterisk.hear(len(PROMPT)) == PROMPT
            await asterisk.press("5")
            assert await centre.next(InfoDigit) == InfoDigit(arrived.call, "5")
            centre.send(Bye(arrived.call, "done"))
            assert await centre.next(Ended) == Ended(arrived.call, "local", 0, "done")
            await patiently(asterisk.hung_up.wait())
            assert [each for each in asterisk.commands if each != "GET_STATUS"] == ["ANSWER", "HANGUP"]

    together(settings, scene)


def test_a_call_through_audiosocket(settings: GatewaySettings, caller: Sounds) -> None:
    async def scene(centre: Centre) -> None:
        form = {"token": TOKEN, "uuid": str(WHO), "caller": "13800001001", "flow": "survey"}
        async with ClientSession() as session:
            url = f"http://127.0.0.1:{settings.web_port}/asterisk/announce"
            async with session.post(url, data=form) as answer:
                assert answer.status == 200
        async with AudioSocketAsterisk(settings.audiosocket_port, WHO) as asterisk:
            arrived = await centre.next(Arrived)
            assert (arrived.caller, arrived.headers["x-huawu-flow"]) == ("13800001001", "survey")
            leg = await centre.answer(arrived)
            speaking = asyncio.create_task(asterisk.speak(caller.astype("<i2").tobytes()))
            assert await leg.hear(25) == alaw_encode(caller)
            await speaking
            leg.play(PROMPT)
            assert await asterisk.hear(20) == alaw_decode(PROMPT).tobytes()
            asterisk.send(0x03, b"#")
            assert await centre.next(InfoDigit) == InfoDigit(arrived.call, "#")
            centre.send(Bye(arrived.call))
            assert await asterisk.read() == (0x00, b"")
            assert await asterisk.closed()
            assert await centre.next(Ended) == Ended(arrived.call, "local", 0, "")

    together(settings, scene)


def test_a_call_from_a_page(settings: GatewaySettings, caller: Sounds) -> None:
    async def scene(centre: Centre) -> None:
        url = page(settings, ticket.sign(SECRET, "客服", time.time()))
        async with ClientSession() as session, session.ws_connect(url, headers=ORIGIN) as socket:
            arrived = await centre.next(Arrived)
            assert (arrived.name, arrived.headers["x-huawu-door"]) == ("web", "web")
            assert arrived.headers["x-huawu-flow"] == "客服"
            leg = await centre.answer(arrived)
            assert await patiently(socket.receive_json()) == {"state": "answered"}
            await socket.send_bytes(caller[: 4 * FRAME].astype("<i2").tobytes())
            assert await leg.hear(4) == alaw_encode(caller[: 4 * FRAME])
            leg.play(PROMPT[:FRAME])
            assert await patiently(socket.receive_bytes()) == alaw_decode(PROMPT[:FRAME]).tobytes()
            centre.send(SendInfo(arrived.call, "application/json", '{"say": "您好"}'))
            assert await patiently(socket.receive_json()) == {"say": "您好"}
            await socket.send_str(json.dumps({"key": "1"}))
            assert await centre.next(InfoDigit) == InfoDigit(arrived.call, "1")
            centre.send(Bye(arrived.call, "再见"))
            assert await patiently(socket.receive_json()) == {"state": "ended", "code": 0, "reason": "再见"}
            assert (await patiently(socket.receive())).type is WSMsgType.CLOSE
            await centre.next(Ended)

    together(settings, scene)


def test_the_caller_hangs_up_through_each_door(settings: GatewaySettings) -> None:
    async def scene(centre: Centre) -> None:
        async with ChanWebsocketAsterisk(media(settings), password=TOKEN) as asterisk:
            arrived = await centre.next(Arrived)
            await centre.answer(arrived)
            await asterisk.hang_up()
            assert await centre.next(Ended) == Ended(arrived.call, "remote", 0, "connection closed")
        async with ClientSession() as session:
            url = page(settings, ticket.sign(SECRET, "", time.time()))
            async with session.ws_connect(url, headers=ORIGIN) as socket:
                arrived = await centre.next(Arrived)
                await socket.send_str('{"hangup": true}')
                assert await centre.next(Ended) == Ended(arrived.call, "remote", 0, "")

    together(settings, scene)


def test_a_key_that_the_engine_presses_is_heard_as_a_tone(settings: GatewaySettings) -> None:
    async def scene(centre: Centre) -> None:
        async with ChanWebsocketAsterisk(media(settings), password=TOKEN) as asterisk:
            leg = await centre.answer(await centre.next(Arrived))
            for payload in (b"\7\x0a\0\xa0", b"\7\x0a\1\x40", b"\7\x8a\1\x40"):  # RFC 4733: one event
                packet = Stream(1, 0, 0).packet(payload, 101, 0.0)
                assert packet is not None
                leg.send(packet)
            heard = alaw_decode(await asterisk.hear(len(alaw_encode(key_tones("7", on=0.12, off=0.06)))))
            assert [each.digit for each in detect_digits(heard)] == ["7"]

    together(settings, scene)


def test_a_new_offer_moves_the_sound(settings: GatewaySettings) -> None:
    async def scene(centre: Centre) -> None:
        async with ChanWebsocketAsterisk(media(settings), password=TOKEN) as asterisk:
            arrived = await centre.next(Arrived)
            await centre.answer(arrived)
            other, _ = await centre.leg(arrived.offer)
            centre.send(Reoffer(arrived.call, other.negotiation.offer()))
            answered = await centre.next(ReofferAnswered)
            other.negotiation.accept(answered.sdp)
            speaking = asyncio.create_task(asterisk.speak(PROMPT))
            assert await other.hear(20) == PROMPT
            await speaking

    together(settings, scene)


def test_a_refused_call_is_hung_up(settings: GatewaySettings) -> None:
    async def scene(centre: Centre) -> None:
        async with ChanWebsocketAsterisk(media(settings), password=TOKEN) as asterisk:
            arrived = await centre.next(Arrived)
            centre.send(Reject(arrived.call, 486, "Busy Here"))
            await patiently(asterisk.hung_up.wait())
            assert await centre.next(Ended) == Ended(arrived.call, "local", 486, "Busy Here")

    together(settings, scene)


def test_strangers_are_refused(settings: GatewaySettings) -> None:
    async def scene(centre: Centre) -> None:
        async with ClientSession() as session:
            for url, headers, status in [
                (media(settings), {}, 403),
                (media(settings, "?token=wrong"), {}, 403),
                (media(settings), {"Authorization": "Basic %%%"}, 403),
                (
                    page(settings, ticket.sign(SECRET, "", time.time())),
                    {"Origin": "http://evil.example"},
                    403,
                ),
                (page(settings, ticket.sign(SECRET, "", time.time())), {}, 403),
            ]:
                with pytest.raises(WSServerHandshakeError) as refused:
                    await session.ws_connect(url, headers=headers)
                assert refused.value.status == status
            form = {"uuid": str(WHO)}
            async with session.post(media(settings).replace("media", "announce"), data=form) as answer:
                assert answer.status == 403
            for text in (
                "",
                "forged",
                ticket.sign(SECRET, "", time.time() - 100),
                ticket.sign("other" * 4, "", time.time()),
            ):
                async with session.ws_connect(page(settings, text), headers=ORIGIN) as socket:
                    message = await patiently(socket.receive())
                    assert (message.type, message.data) == (WSMsgType.CLOSE, BAD_TICKET)
        async with AudioSocketAsterisk(settings.audiosocket_port, WHO) as asterisk:
            assert await asterisk.read() == (0x00, b"")

    together(settings, scene)


def test_a_page_of_this_machine_that_poses_as_an_asterisk_is_refused(settings: GatewaySettings) -> None:
    async def scene(centre: Centre) -> None:
        async with ClientSession() as session:
            with pytest.raises(WSServerHandshakeError):
                await session.ws_connect(media(settings), headers={"Origin": "http://evil.example"})
        async with ChanWebsocketAsterisk(media(settings)):
            await centre.next(Arrived)

    together(replace(settings, token=""), scene)


def test_what_there_is_no_room_for_is_refused(settings: GatewaySettings) -> None:
    async def scene(centre: Centre) -> None:
        async with ChanWebsocketAsterisk(media(settings), password=TOKEN):
            first = await centre.next(Arrived)
            async with ClientSession() as session:
                url = page(settings, ticket.sign(SECRET, "", time.time()))
                async with session.ws_connect(url, headers=ORIGIN) as socket:
                    message = await patiently(socket.receive())
                    assert (message.data, message.extra) == (NO_ROOM, "Busy Here")
            with pytest.raises(WSServerHandshakeError) as refused:
                async with ChanWebsocketAsterisk(media(settings), password=TOKEN):
                    pass
            assert refused.value.status == 503
            centre.send(Bye(first.call))
            await centre.next(Ended)
        centre.send(Drain())
        async with AudioSocketAsterisk(settings.audiosocket_port, WHO) as asterisk:
            assert await asterisk.read() == (0x00, b"")

    together(replace(settings, most_calls=1), scene)


def test_calls_end_with_their_engine_and_the_next_engine_is_served(settings: GatewaySettings) -> None:
    async def run() -> None:
        async with serving(settings), Centre(Path(settings.run)) as first:
            async with ChanWebsocketAsterisk(media(settings), password=TOKEN) as asterisk:
                await first.answer(await first.next(Arrived))
                async with Centre(Path(settings.run)) as second:
                    await patiently(first.lost.wait())
                    await patiently(asterisk.hung_up.wait())
                    async with ChanWebsocketAsterisk(media(settings), password=TOKEN):
                        await second.answer(await second.next(Arrived))

    asyncio.run(run())


def test_the_process_serves_and_ends_on_sigterm(settings: GatewaySettings) -> None:
    command = [sys.executable, "-m", "huawu.child", "gateway", json.dumps(asdict(settings))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        ready = json.loads(process.stderr.readline())

        async def run() -> None:
            async with Centre(Path(settings.run)) as centre:
                async with ChanWebsocketAsterisk(media(settings), password=TOKEN) as asterisk:
                    await centre.answer(await centre.next(Arrived))
                    process.send_signal(signal.SIGTERM)
                    await patiently(asterisk.hung_up.wait())
                    await patiently(centre.lost.wait())

        asyncio.run(run())
        said = [json.loads(line) for line in process.communicate(timeout=20)[1].splitlines()]
    assert (ready["event"], ready["process"]) == ("gateway is ready", "gateway")
    assert (process.returncode, [line for line in said if line["level"] == "error"]) == (0, [])
    assert not (Path(settings.run) / SOCKET).exists()


def test_a_taken_port_and_a_run_folder_that_is_not_there_are_named(settings: GatewaySettings) -> None:
    async def run(wrong: GatewaySettings) -> None:
        async with serving(settings), serving(wrong):
            pass

    with pytest.raises(ServeError, match=f"gateway: port {settings.web_port} cannot be used"):
        asyncio.run(run(replace(settings, audiosocket_port=0)))
    with pytest.raises(LinkError, match="nowhere"):
        asyncio.run(run(replace(settings, run="/nowhere", web_port=free_port(), audiosocket_port=0)))
