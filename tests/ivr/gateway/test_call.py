"""One call, with a party and a port that only remember."""

from __future__ import annotations

from typing import Any

import pytest

from ivr.gateway.call import UNANSWERED_SECONDS, GatewayCall
from ivr.gateway.dialect import Called, Complained, HungUp, Pressed, Sounded
from ivr.sip.sdp import Agreed, Negotiation
from ivr.wire.signalling import (
    Accept,
    Arrived,
    Bye,
    Confirmed,
    Ended,
    InfoDigit,
    Refer,
    ReferProgress,
    Reject,
    Reoffer,
    ReofferAnswered,
    ReofferRefused,
    Ring,
    SendInfo,
)

pytestmark = pytest.mark.unit

HOST, PORT, MEDIA = "127.0.0.1", 20_000, 30_000
FRAME = b"\xd5" * 160


class Party:
    def __init__(self) -> None:
        self.told: list[Any] = []
        self.dropped = 3

    def ring(self) -> None:
        self.told.append("ring")

    def answer(self) -> None:
        self.told.append("answer")

    def hear(self, frame: bytes) -> None:
        self.told.append(frame)

    def tell(self, text: str) -> None:
        self.told.append(text)

    def hang_up(self, code: int, reason: str) -> None:
        self.told.append((code, reason))


class Port:
    number = PORT
    dropped = 2

    def __init__(self) -> None:
        self.agreed: list[Agreed] = []
        self.sent: list[bytes] = []
        self.closed = 0

    def connect(self, agreed: Agreed) -> None:
        self.agreed.append(agreed)

    def send(self, frame: bytes) -> None:
        self.sent.append(frame)

    def close(self) -> None:
        self.closed += 1


class Scene:
    """A call that has arrived, and everything around it."""

    def __init__(self) -> None:
        self.party, self.port = Party(), Port()
        self.engine: list[Any] = []
        self.over: list[GatewayCall] = []
        self.call = GatewayCall("gw-1", self.party, self.port, HOST, self.engine.append, self.over.append)
        self.call.arrive(
            Called("13800001001", "95588", "王", "hotline"), "127.0.0.1:5", {"x-huawu-door": "asterisk"}, 10.0
        )
        (self.arrived,) = self.engine
        self.engine.clear()
        self.media = Negotiation(HOST, MEDIA, 1)

    def answer(self) -> None:
        self.call.obey(Accept("gw-1", self.media.answer(self.arrived.offer)))
        self.engine.clear()
        self.party.told.clear()


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def answered(scene: Scene) -> Scene:
    scene.answer()
    return scene


def test_a_call_arrives_with_a_session_of_its_own(scene: Scene) -> None:
    offer = scene.arrived.offer

    assert scene.arrived == Arrived(
        "gw-1", "13800001001", "95588", offer, "王", "127.0.0.1:5", {"x-huawu-door": "asterisk"}
    )
    scene.media.answer(offer)
    assert scene.media.agreed == Agreed(HOST, PORT, 8, 101, 20, "sendrecv")


def test_a_call_rings_is_answered_and_talks(scene: Scene) -> None:
    scene.call.obey(Ring("gw-1"))
    scene.call.obey(Accept("gw-1", scene.media.answer(scene.arrived.offer)))
    scene.call.take(Sounded(FRAME))
    scene.call.take(Pressed("5"))
    scene.call.take(Complained("a little noise"))
    scene.call.played(FRAME)
    scene.call.obey(SendInfo("gw-1", "application/json", '{"say": "您好"}'))
    scene.call.obey(SendInfo("gw-1", "text/plain", "nothing"))

    assert scene.party.told == ["ring", "answer", FRAME, '{"say": "您好"}']
    assert scene.engine == [Confirmed("gw-1"), InfoDigit("gw-1", "5")]
    assert scene.port.agreed == [Agreed(HOST, MEDIA, 8, 101, 20, "sendrecv")]
    assert scene.port.sent == [FRAME]


def test_early_media_connects_the_port(scene: Scene) -> None:
    scene.call.obey(Ring("gw-1", scene.media.answer(scene.arrived.offer)))

    assert [each.port for each in scene.port.agreed] == [MEDIA]
    assert scene.call.state == "arrived"


def test_the_party_hangs_up(answered: Scene) -> None:
    answered.call.take(HungUp("bye"))
    answered.call.take(Sounded(FRAME))
    answered.call.gone()

    assert answered.engine == [Ended("gw-1", "remote", 0, "bye")]
    assert (answered.party.told, answered.port.closed, answered.port.sent) == ([], 1, [])
    assert (answered.over, answered.call.dropped) == ([answered.call], 5)


def test_the_engine_hangs_up(answered: Scene) -> None:
    answered.call.obey(Bye("gw-1", "done"))
    answered.call.obey(Bye("gw-1"))
    answered.call.played(FRAME)

    assert answered.engine == [Ended("gw-1", "local", 0, "done")]
    assert answered.party.told == [(0, "done")]


@pytest.mark.parametrize(
    ("command", "code", "reason"),
    [(Reject("gw-1", 486, "Busy Here"), 486, "Busy Here"), (Bye("gw-1"), 480, "")],
)
def test_the_engine_does_not_want_the_call(scene: Scene, command: Any, code: int, reason: str) -> None:
    scene.call.obey(command)

    assert scene.engine == [Ended("gw-1", "local", code, reason)]
    assert scene.party.told == [(code, reason)]


@pytest.mark.parametrize("answer", ["", "v=0\r\nm=audio 0 RTP/AVP 8\r\n", "v=0\r\nm=video 9 RTP/AVP 8\r\n"])
def test_an_answer_without_a_session_ends_the_call(scene: Scene, answer: str) -> None:
    scene.call.obey(Accept("gw-1", answer))

    (ended,) = scene.engine
    assert (ended.by, ended.code in (400, 488)) == ("failure", True)
    assert scene.party.told == [(ended.code, "no common session")]


def test_a_new_offer_is_answered_and_moves_the_sound(answered: Scene) -> None:
    answered.call.obey(Reoffer("gw-1", Negotiation(HOST, MEDIA + 2, 2).offer("sendonly")))

    (told,) = answered.engine
    assert isinstance(told, ReofferAnswered)
    assert answered.port.agreed[-1] == Agreed(HOST, MEDIA + 2, 8, 101, 20, "recvonly")


def test_an_offer_that_cannot_be_leaves_the_call_as_it_is(answered: Scene) -> None:
    answered.call.obey(Reoffer("gw-1", "v=0\r\nm=audio 4000 RTP/AVP 111\r\n"))

    assert answered.engine == [ReofferRefused("gw-1", 488)]
    assert len(answered.port.agreed) == 1


def test_a_transfer_is_not_possible_and_said_so(answered: Scene) -> None:
    answered.call.obey(Refer("gw-1", "sip:agent@example.cn"))

    assert answered.engine == [ReferProgress("gw-1", 501, "Not Implemented", final=True)]
    assert answered.call.state == "answered"


def test_a_call_that_nobody_answers_is_given_up(scene: Scene) -> None:
    scene.call.tick(10.0 + UNANSWERED_SECONDS - 1)
    assert scene.engine == []

    scene.call.tick(10.0 + UNANSWERED_SECONDS)
    assert scene.engine == [Ended("gw-1", "failure", 408, "not answered")]


def test_an_answered_call_is_not_given_up(answered: Scene) -> None:
    answered.call.tick(1e9)

    assert answered.engine == []
