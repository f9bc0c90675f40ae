"""An engine made of a socket that answers when the test says so."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator

import pytest

from huawu.centre.pulse import Pulse

pytestmark = pytest.mark.integration

MOST = 15.0


class Engine:
    """Listens; whoever asks is answered by :meth:`answer`."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(10)
        self.page = f"127.0.0.1:{self._listener.getsockname()[1]}/healthz"

    def asked(self) -> socket.socket:
        asking, _ = self._listener.accept()
        asking.settimeout(10)
        assert asking.recv(100).startswith(b"GET /healthz HTTP/1.0\r\n")
        return asking

    def answer(self, body: str) -> None:
        with self.asked() as asking:
            asking.sendall(f"HTTP/1.0 200 OK\r\n\r\n{body}".encode())

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    yield made
    made.close()


@pytest.fixture
def pulse(engine: Engine) -> Iterator[Pulse]:
    made = Pulse("engine", engine.page, MOST)
    yield made
    made.forget()


def felt(pulse: Pulse, engine: Engine, body: str, now: float = 0.0) -> dict[str, float]:
    """Ask, be answered, and return what comes of it."""
    assert pulse.feel(now) == {}
    engine.answer(body)
    return pulse.feel(now + 1)


def test_who_says_nothing_for_so_long_hangs(pulse: Pulse, engine: Engine) -> None:
    assert felt(pulse, engine, '{"silent_seconds": {"media": 14, "sip": 0}}') == {}
    assert felt(pulse, engine, '{"silent_seconds": {"media": 15, "sip": 0}}', 2.0) == {"media": 15.0}


def test_the_engine_itself_hangs_if_it_does_not_answer(pulse: Pulse, engine: Engine) -> None:
    assert [pulse.feel(now) for now in (0.0, 1.0, 14.0)] == [{}, {}, {}]
    assert pulse.feel(15.0) == {"engine": 15.0}
    pulse.forget()
    assert pulse.feel(16.0) == {}


def test_a_late_answer_counts(pulse: Pulse, engine: Engine) -> None:
    assert [pulse.feel(now) for now in (0.0, 14.0)] == [{}, {}]
    engine.answer('{"silent_seconds": {}}')
    assert pulse.feel(100.0) == {}


@pytest.mark.parametrize(
    "body", ["", "no JSON", "[]", '{"silent_seconds": 3}', '{"silent_seconds": {"a": "b"}}']
)
def test_an_answer_that_says_nothing_blames_nobody(pulse: Pulse, engine: Engine, body: str) -> None:
    assert felt(pulse, engine, body) == {}


def test_where_nobody_listens_nobody_hangs(pulse: Pulse, engine: Engine) -> None:
    engine.close()
    assert [pulse.feel(now) for now in (0.0, 1.0, 20.0, 40.0)] == [{}, {}, {}, {}]


def test_it_is_asked_once_a_second_or_never(pulse: Pulse, engine: Engine) -> None:
    assert (pulse.due, pulse.feel(5.0), pulse.due) == (0.0, {}, 6.0)
    engine.answer('{"silent_seconds": {"media": 99}}')
    assert (pulse.feel(5.9), pulse.feel(6.0)) == ({}, {"media": 99.0})
    assert Pulse("engine", engine.page, 0.0).due == Pulse("engine", "", MOST).due == math.inf
