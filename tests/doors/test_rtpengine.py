"""Sound through rtpengine: what telephones encrypt, nodes hear as plain RTP, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ivr.wire import signalling as wire
from tests.doors import kamailio as kamailio_peer
from tests.doors import rtpengine as rtpengine_peer
from tests.doors.kamailio import Kamailio
from tests.doors.node import Node
from tests.doors.rtpengine import INSIDE, OUTSIDE, Rtpengine
from tests.peers import baresip as baresip_peer
from tests.peers import hearing
from tests.peers.baresip import Baresip
from tests.peers.caller import Caller
from tests.peers.receiver import Receiver
from tests.peers.rtp import RATE, Samples
from tests.peers.sipp import Sipp

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _all_is_installed() -> None:
    kamailio_peer.require("tls")
    rtpengine_peer.require()


@pytest.fixture
def media() -> Iterator[Rtpengine]:
    with Rtpengine() as started:
        yield started


@pytest.fixture
def ear() -> Iterator[Receiver]:
    """The node's side of the sound."""
    with Receiver(INSIDE) as listening:
        yield listening


def voice(seconds: float, seed: int) -> Samples:
    chance = np.random.default_rng(seed)
    return (chance.normal(size=round(seconds * RATE)) * 3000).astype(np.int16)


class SecureBaresip(Baresip):
    """A telephone that calls by TLS and speaks SRTP, its keys in the session description (RFC 4568)."""

    def __init__(self, authority: Path, says: Samples) -> None:
        super().__init__("801", says=says, account={"mediaenc": "srtp-mand"})
        with (self._folder / "config").open("a", encoding="utf-8") as config:
            config.write(f"module srtp.so\nsip_cafile {authority}\n")


def test_plain_sound_passes(media: Rtpengine, ear: Receiver) -> None:
    hers, his = voice(1.0, 1), voice(1.0, 2)
    caller = Caller("speaks").invite().answered().cue("talking").bye()
    with (
        Node((ear.host, ear.port)) as node,
        Kamailio([node.address], defines=media.defines) as kamailio,
        Receiver() as telephone,
        Sipp(caller, kamailio.address, "10010", media=(telephone.host, telephone.port)) as calling,
    ):
        answered = calling.wait("answered")
        talking = calling.wait("talking")
        agreed = node.agreed(node.wait(wire.Confirmed).call)
        assert (answered.address[0], agreed.host) == (OUTSIDE, INSIDE)
        assert {answered.address[1], agreed.port} <= set(media.ports)
        telephone.connect(*answered.address)
        ear.connect(agreed.host, agreed.port)
        telephone.say(hers)
        ear.say(his)
        ear.wait_to_hear(hers)
        telephone.wait_to_hear(his)
        calling.go(talking)
        calling.succeed()


def test_a_telephone_that_encrypts_is_heard(media: Rtpengine, ear: Receiver) -> None:
    baresip_peer.require()
    hers, his = voice(1.5, 1), voice(1.5, 2)
    with (
        Node((ear.host, ear.port)) as node,
        Kamailio([node.address], tls=True, defines=media.defines) as kamailio,
        SecureBaresip(kamailio.folder / "tls" / "certificate.pem", hers) as telephone,
    ):
        telephone.call(f"sip:10010@127.0.0.1:{kamailio.tls};transport=tls")
        call = node.wait(wire.Confirmed).call
        offer = node.wait(wire.Arrived).offer
        assert ("RTP/AVP" in offer, "crypto" in offer) == (True, False)
        agreed = node.agreed(call)
        ear.connect(agreed.host, agreed.port)
        ear.say(his)
        ear.wait_to_hear(hers)
        ear.wait_for_silence(0.3)
        telephone.hang_up()
        telephone.wait("CALL_CLOSED")
        assert hearing.find(his, telephone.heard()) is not None
        assert node.wait(wire.Ended).by == "remote"
