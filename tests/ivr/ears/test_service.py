from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from calls.errors import LinkError
from ivr.ears.hearing import Ear
from ivr.ears.service import RingFile, Service
from ivr.wire import ears
from ivr.wire.link import Link, connect_to, listen_at
from ivr.wire.ring import SoundRing
from speech.recogniser import VoskModel
from tests.ivr.ears.sound import quiet, write


def received(service: Service, link: Link, count: int) -> list[object]:
    """Return the next messages, but for figures."""
    messages: list[object] = []
    while len(messages) < count:
        service.turn()
        if select.select([link], [], [], 0)[0]:
            messages += [each for each in link.receive() if not isinstance(each, ears.EarHealth)]
    return messages


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    return tmp_path / "ear-0.sock"


@pytest.fixture
def service(model: VoskModel, ring: SoundRing, tmp_path: Path, socket: Path) -> Iterator[Service]:
    made = Service(listen_at(socket), Ear(model, RingFile(tmp_path / "ring")), model.name)
    yield made
    made.close()


@pytest.fixture
def connect(socket: Path) -> Iterator[Callable[[], Link]]:
    """Returns an engine's end of a new connection each time it is called."""
    with ExitStack() as open_links:

        def connect() -> Link:
            link = connect_to(socket, ears)
            open_links.callback(link.close)
            return link

        yield connect


@pytest.mark.integration
def test_an_engine_is_greeted_and_told_of_its_calls(
    service: Service, connect: Callable[[], Link], ring: SoundRing
) -> None:
    engine = connect()
    assert received(service, engine, 1) == [ears.EarReady("tiny-cn")]
    engine.send(ears.Attach("c1", 2))
    engine.send(ears.AwaitSilence("c1", 7, 0.5))
    service.turn()
    write(ring, 2, quiet(0.6))
    assert received(service, engine, 1) == [ears.FellSilent("c1", 7)]


@pytest.mark.integration
def test_another_engine_ends_the_connection_of_the_one_before(
    service: Service, connect: Callable[[], Link], ring: SoundRing
) -> None:
    first = connect()
    received(service, first, 1)
    first.send(ears.Attach("c1", 2))
    first.send(ears.AwaitSilence("c1", 7, 0.5))
    service.turn()
    second = connect()
    assert received(service, second, 1) == [ears.EarReady("tiny-cn")]
    with pytest.raises(LinkError, match="gone"):
        while True:
            first.receive()
    write(ring, 2, quiet(0.6))
    second.send(ears.Attach("c2", 1))
    second.send(ears.AwaitSilence("c2", 7, 0.1))
    service.turn()
    write(ring, 1, quiet(0.2))
    assert received(service, second, 1) == [ears.FellSilent("c2", 7)]


@pytest.mark.integration
def test_when_the_engine_goes_its_calls_are_forgotten(
    service: Service, connect: Callable[[], Link], ring: SoundRing
) -> None:
    engine = connect()
    received(service, engine, 1)
    engine.send(ears.Attach("c1", 2))
    engine.send(ears.Listen("c1", 1, ("查话费",)))
    service.turn()
    engine.close()
    service.turn()
    write(ring, 2, quiet(0.6))
    engine = connect()
    engine.send(ears.StopListening("c1"))
    assert received(service, engine, 1) == [ears.EarReady("tiny-cn")]


@pytest.mark.integration
def test_what_is_no_message_ends_the_connection_only(service: Service, connect: Callable[[], Link]) -> None:
    engine = connect()
    received(service, engine, 1)
    engine._socket.send(b"nonsense")
    service.turn()
    again = connect()
    assert received(service, again, 1) == [ears.EarReady("tiny-cn")]


@pytest.mark.unit
def test_a_ring_that_was_made_anew_is_mapped_anew(tmp_path: Path) -> None:
    path = tmp_path / "ring"
    file = RingFile(path)
    with pytest.raises(LinkError, match="is the media process running"):
        file()
    SoundRing.create(path, 2)
    first = file()
    assert file() is first
    SoundRing.create(path, 3)
    assert (file().slots, first.slots) == (3, 2)
