from __future__ import annotations

import numpy as np
import pytest

from tests.peers import hearing
from tests.peers.baresip import Baresip
from tests.peers.callee import Callee
from tests.peers.caller import Caller
from tests.peers.offer import Offer
from tests.peers.receiver import Receiver
from tests.peers.rtp import RATE, Samples
from tests.peers.sipp import Sipp

pytestmark = pytest.mark.integration


def voice(seconds: float, seed: int) -> Samples:
    chance = np.random.default_rng(seed)
    return (chance.normal(size=round(seconds * RATE)) * 3000).astype(np.int16)


def test_it_speaks_hears_and_presses_keys() -> None:
    hers, his = voice(1.5, 1), voice(1.5, 2)
    agent = Callee("listens").arrive().answer().expect_bye()
    with (
        Receiver() as ear,
        Sipp(agent, media=(ear.host, ear.port)) as called,
        Baresip(says=hers) as telephone,
    ):
        telephone.call(f"sip:110@{called.address}")
        ear.say(his)
        ear.wait_to_hear(hers)
        telephone.press("5#")
        keys = ear.wait_for_keys("5#")
        ear.wait_for_silence(0.3)
        telephone.hang_up()
        telephone.wait("CALL_CLOSED")
        called.succeed()
        assert hearing.find(his, telephone.heard()) is not None
        assert telephone.cpu_seconds() < 1.0
    assert [each.key for each in keys] == ["5", "#"]


def test_hold_and_resume() -> None:
    agent = Callee("is held").arrive().answer()
    agent.expect_reinvite(Offer(direction="recvonly"), expect="sendonly").expect_reinvite().expect_bye()
    with Sipp(agent) as called, Baresip() as telephone:
        telephone.call(f"sip:110@{called.address}")
        telephone.hold()
        called.wait("reoffered")
        telephone.resume()
        called.wait("reoffered")
        telephone.hang_up()
        called.succeed()


def test_it_is_called_and_hangs_up() -> None:
    caller = Caller("calls").invite().ringing().answered().expect_bye()
    with Baresip("802") as telephone, Sipp(caller, telephone.address, "802") as calling:
        telephone.wait("CALL_INCOMING")
        telephone.answer()
        calling.wait("answered")
        telephone.hang_up()
        calling.succeed()


def test_it_answers_by_itself_and_sends_the_caller_on() -> None:
    caller = Caller("calls").invite().answered().expect_refer(notify=(100, 200)).expect_bye()
    with Baresip("802", answers=True) as telephone, Sipp(caller, telephone.address, "802") as calling:
        telephone.wait("CALL_ESTABLISHED")
        telephone.transfer("sip:803@127.0.0.1:5999")
        assert "sip:803@127.0.0.1:5999" in calling.wait("referred").words[0]
        telephone.wait("CALL_CLOSED")
        calling.succeed()
