"""Sound through rtpengine: what telephones encrypt, nodes hear as plain RTP, and the other way round."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from ivr.wire import signalling as wire
from tests.console.test_webcall import running_chromium
from tests.doors import kamailio as kamailio_peer
from tests.doors import rtpengine as rtpengine_peer
from tests.doors.kamailio import Kamailio
from tests.doors.node import Node
from tests.doors.rtpengine import INSIDE, OUTSIDE, Rtpengine
from tests.peers import baresip as baresip_peer
from tests.peers import hearing
from tests.peers.baresip import Baresip
from tests.peers.caller import Caller
from tests.peers.deadline import until
from tests.peers.ports import free_port
from tests.peers.receiver import Receiver
from tests.peers.rtp import RATE, Samples
from tests.peers.sipp import Sipp

pytestmark = pytest.mark.integration

TELEPHONE = (Path(__file__).parent / "telephone.js").read_text(encoding="utf-8")


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


def secure_baresip(authority: Path, says: Samples) -> Baresip:
    """Return a telephone that calls by TLS and speaks SRTP, its keys in the SDP (RFC 4568)."""
    config = f"module srtp.so\nsip_cafile {authority}\n"
    return Baresip("801", says=says, account={"mediaenc": "srtp-mand"}, config=config)


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
        assert media.busy()
        calling.go(talking)
        calling.succeed()
        until(lambda: not media.busy(), 10, "nothing is left of the call")


def test_sound_finds_the_node_that_took_the_call(media: Rtpengine, ear: Receiver) -> None:
    caller = Caller("is passed on").invite().answered().cue("talking").bye()
    with (
        Node((ear.host, ear.port), max_calls=2) as node,
        Kamailio([f"127.0.0.1:{free_port()}", node.address], defines=media.defines) as kamailio,
        Receiver() as telephone,
        Sipp(caller, kamailio.address, "10010", calls=2, media=(telephone.host, telephone.port)) as calling,
    ):
        talking = [calling.wait("talking") for _ in range(2)]
        for each in node.all(wire.Arrived):
            agreed = node.agreed(each.call)
            ear.connect(agreed.host, agreed.port)
            ear.say(voice(0.5, 1)).wait()
            assert {calling.wait("answered").address[1], agreed.port} <= set(media.ports)
        until(lambda: len({each.source for each in telephone.arrivals()}) == 2, 10, "both calls have sound")
        for cue in talking:
            calling.go(cue)
        calling.succeed()


def test_nothing_is_left_of_a_call_that_was_given_up(media: Rtpengine, ear: Receiver) -> None:
    caller = Caller("gives up").invite().ringing().cue("rings").cancel()
    with (
        Node((ear.host, ear.port), answers=False) as node,
        Kamailio([node.address], defines=media.defines) as kamailio,
        Sipp(caller, kamailio.address, "10010") as calling,
    ):
        rings = calling.wait("rings")
        assert media.busy()
        calling.go(rings)
        calling.succeed()
        until(lambda: not media.busy(), 10, "nothing is left of the call")


def test_a_telephone_that_encrypts_is_heard(media: Rtpengine, ear: Receiver) -> None:
    baresip_peer.require()
    hers, his = voice(1.5, 1), voice(1.5, 2)
    with (
        Node((ear.host, ear.port)) as node,
        Kamailio([node.address], tls=True, defines=media.defines) as kamailio,
        secure_baresip(kamailio.folder / "tls" / "certificate.pem", hers) as telephone,
    ):
        telephone.call(f"sip:10010@127.0.0.1:{kamailio.tls};transport=tls")
        call = node.wait(wire.Confirmed).call
        offer = node.wait(wire.Arrived).offer
        assert ("RTP/AVP" in offer, "crypto" in offer) == (True, False)
        agreed = node.agreed(call)
        ear.connect(agreed.host, agreed.port)
        ear.wait_to_hear(hers)  # before that it may not know yet that it was answered, and hear nothing
        ear.say(np.concatenate([his, np.zeros(RATE // 2, np.int16)])).wait()
        ear.wait_for_silence(0.3)
        node.hold(call)
        assert node.wait(wire.ReofferAnswered).call == call
        telephone.hang_up()
        telephone.wait("CALL_CLOSED")
        assert hearing.find(his, telephone.heard()) is not None
        assert node.wait(wire.Ended).by == "remote"


class _Page(BaseHTTPRequestHandler):
    """An empty page, of this host: others may not speak to it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>telephone</title>")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def page() -> Iterator[str]:
    """Serve the page, and give its origin."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.slow
def test_a_browser_is_heard(media: Rtpengine, ear: Receiver, tmp_path: Path) -> None:
    kamailio_peer.require("websocket")
    with (
        page() as origin,
        running_chromium(
            tmp_path,
            "--ignore-certificate-errors",
            "--allow-loopback-in-peer-connection",
            "--autoplay-policy=no-user-gesture-required",
        ) as browser,
        Node((ear.host, ear.port)) as node,
        Kamailio(
            [node.address], websocket=True, defines={**media.defines, "WEBSOCKET_ORIGIN": f'"^{origin}$"'}
        ) as kamailio,
    ):
        browser.set_script_timeout(20)
        browser.get(origin)
        ear.send_silence()
        address = f"wss://127.0.0.1:{kamailio.websocket}/"
        became = browser.execute_async_script(TELEPHONE, address, "10010")
        assert became == "connected", browser.get_log("browser")
        offer = node.wait(wire.Arrived).offer
        assert [word for word in ("RTP/AVP", "SAVP", "fingerprint", "candidate") if word in offer] == [
            "RTP/AVP"
        ]
        agreed = node.agreed(node.wait(wire.Confirmed).call)
        ear.connect(agreed.host, agreed.port)
        ear.wait_for_sound()
        until(lambda: browser.execute_script("return telephone.packetsHeard()") > 10, 10, "the browser hears")
        browser.execute_script("telephone.hangUp()")
        assert node.wait(wire.Ended).by == "remote"
        until(
            lambda: browser.execute_script("return telephone.over"), 10, "the browser knows that it is over"
        )
