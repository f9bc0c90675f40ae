"""Connections between processes: in order, never waiting, and honest about what is lost."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from calls.errors import LinkError
from ivr.wire import media
from ivr.wire.link import BACKLOG, Link, LinkReader, connect_to, listen_at

pytestmark = pytest.mark.unit


def pair() -> tuple[Link, Link]:
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Link(here, media), Link(there, media)


def test_messages_come_in_order() -> None:
    here, there = pair()
    said = [media.DigitPressed("a", key, 0.0, "tone") for key in "1234"]
    for each in said:
        here.send(each)
    assert there.receive() == said
    assert there.receive() == []
    here.close()
    there.close()


def test_sending_never_waits_and_the_rest_follows() -> None:
    here, there = pair()
    for number in range(5000):
        here.send(media.PlayEnded("a", number))
    assert here.waiting > 0
    heard: list[Any] = []
    while here.waiting:
        heard += there.receive()
        here.flush()
    heard += there.receive(10_000)
    assert heard == [media.PlayEnded("a", number) for number in range(5000)]
    here.close()
    there.close()


def test_a_full_queue_drops_what_only_informs_and_gives_up_on_the_rest() -> None:
    here, there = pair()
    while here.waiting < BACKLOG:
        here.send(media.PlayEnded("a", 1))
    here.send(media.VoiceActivity("a", True, 0.0))
    assert (here.dropped, here.closed) == (1, False)
    with pytest.raises(LinkError, match="stuck"):
        here.send(media.PlayEnded("a", 2))
    assert here.closed
    there.close()


def test_what_came_before_the_end_is_told_before_the_end() -> None:
    here, there = pair()
    here.send(media.OpenLeg("a"))
    here.close()
    assert there.receive() == [media.OpenLeg("a")]
    with pytest.raises(LinkError, match="gone"):
        there.receive()
    assert there.closed


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"media\.sock.*is the process running"):
        connect_to(tmp_path / "media.sock", media)


def test_a_socket_left_by_a_dead_process_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "media.sock"
    listen_at(path).close()
    with listen_at(path) as listener:
        assert path.stat().st_mode & 0o777 == 0o600
        link = connect_to(path, media)
        connection, _ = listener.accept()
        link.close()
        connection.close()


def test_too_long_a_path_is_said(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match="shorter run folder"):
        listen_at(tmp_path / ("x" * 120))


def test_a_reader_serves_a_link_on_a_loop() -> None:
    async def scene() -> None:
        here, there = pair()
        told: list[Any] = []
        over = asyncio.Event()
        reader = LinkReader(there, told.append, lambda _error: over.set())
        for number in range(3000):
            here.send(media.PlayEnded("a", number))
        async with asyncio.timeout(10):
            while here.waiting or len(told) < 3000:
                here.flush()
                await asyncio.sleep(0)
            reader.send(media.OpenLeg("b"))
            assert here.receive() == [media.OpenLeg("b")]
            here.close()
            await over.wait()
        assert told == [media.PlayEnded("a", number) for number in range(3000)]
        reader.send(media.OpenLeg("c"))  # to nobody, and that is all

    asyncio.run(scene())
