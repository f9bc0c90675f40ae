from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from calls.errors import LinkError
from ivr.gateway.call import GatewayCall
from ivr.gateway.chanwebsocket import ChanWebsocket
from ivr.gateway.dialect import Called, HungUp
from ivr.gateway.switchboard import BUSY, UNAVAILABLE, Switchboard
from ivr.gateway.webcall import WebCall
from ivr.wire.signalling import Arrived, Bye, Dial, Drain, Ended, SignallingHealth
from tests.ivr.gateway.test_call import FRAME, HOST, Party, Port

pytestmark = pytest.mark.unit


class Scene:
    """A switchboard with an engine, and ports that hand over what is played."""

    def __init__(self, most_calls: int = 2) -> None:
        self.board = Switchboard(HOST, most_calls, self._open)
        self.play: list[Callable[[bytes], None]] = []
        self.engine: list[Any] = []
        self.board.engine_came(self.engine.append)

    def _open(self, played: Callable[[bytes], None]) -> Port:
        self.play.append(played)
        return Port()

    def arrive(self, party: Party | None = None, called: Called | None = None) -> GatewayCall | None:
        return self.board.arrive(ChanWebsocket({}), party or Party(), called or Called(), "127.0.0.1:5", 10.0)


def test_calls_are_told_apart_and_say_where_they_come_from() -> None:
    scene = Scene()
    scene.arrive()
    scene.board.arrive(WebCall(), Party(), Called(name="web", flow="hotline"), "127.0.0.1:6", 10.0)

    first, second = scene.engine
    assert isinstance(first, Arrived) and isinstance(second, Arrived)
    assert first.headers == {"x-huawu-door": "asterisk", "x-huawu-kind": "chan_websocket"}
    assert second.headers == {"x-huawu-door": "web", "x-huawu-kind": "web", "x-huawu-flow": "hotline"}
    assert first.call != second.call and len(scene.board) == 2


def test_commands_and_sound_find_their_call() -> None:
    scene = Scene()
    one, other = Party(), Party()
    scene.arrive(one)
    scene.arrive(other)

    scene.play[1](FRAME)
    scene.board.told(Bye(scene.engine[0].call))
    scene.board.told(Bye("nobody"))

    assert (one.told, other.told) == ([(480, "")], [FRAME])
    assert len(scene.board) == 1


def test_without_an_engine_no_call_is_taken() -> None:
    scene = Scene()
    scene.board.engine_gone("it died")
    party = Party()

    assert scene.board.refusal() == UNAVAILABLE
    assert scene.arrive(party) is None
    assert party.told == [UNAVAILABLE]


def test_no_more_calls_than_there_is_room_for() -> None:
    scene = Scene(most_calls=1)
    call = scene.arrive()
    party = Party()

    assert scene.arrive(party) is None
    assert party.told == [BUSY]
    assert call is not None
    call.take(HungUp())
    assert scene.arrive() is not None


def test_where_there_is_no_port_there_is_no_call() -> None:
    def none(played: Callable[[bytes], None]) -> Port:
        raise LinkError("no port")

    board = Switchboard(HOST, 1, none)
    board.engine_came(lambda _: None)
    party = Party()

    assert board.arrive(WebCall(), party, Called(), "", 0.0) is None
    assert (party.told, len(board)) == ([UNAVAILABLE], 0)


def test_a_draining_gateway_keeps_its_calls_and_takes_no_more() -> None:
    scene = Scene()
    scene.arrive()
    scene.board.told(Drain())

    assert (scene.board.refusal(), len(scene.board)) == (UNAVAILABLE, 1)
    scene.board.told(Drain(on=False))
    assert scene.board.refusal() is None


def test_with_their_engine_calls_end_and_the_next_one_begins_anew() -> None:
    scene = Scene()
    party = Party()
    scene.arrive(party)
    scene.board.told(Drain())
    following: list[Any] = []

    scene.board.engine_came(following.append)

    assert party.told == [(480, "another engine came")]
    assert (following, len(scene.board), scene.board.refusal()) == ([], 0, None)


def test_nobody_is_dialled_from_here() -> None:
    scene = Scene()

    scene.board.told(Dial("c-1", "sip:agent@example.cn", ""))

    assert scene.engine == [Ended("c-1", "failure", 501, "Not Implemented")]


def test_figures_are_told_each_second() -> None:
    scene = Scene(most_calls=1)
    call = scene.arrive()
    scene.arrive()
    scene.engine.clear()

    scene.board.tick(11.0)
    assert call is not None
    call.gone()
    scene.board.tick(12.0)

    assert scene.engine == [
        SignallingHealth(calls=1, refused=1, dropped=5),
        Ended(call.id, "remote", 0, ""),
        SignallingHealth(calls=0, refused=1, dropped=5),
    ]
