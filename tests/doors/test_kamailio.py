"""Kamailio before huawu nodes: the files of ``deploy/kamailio/``, real signalling processes, real callers."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from ivr.wire import signalling as wire
from tests.doors.kamailio import SHIPPED, Kamailio, check, make_certificate, require
from tests.doors.node import Node
from tests.doors.telephone import SDP, Datagrams, Telephone, Tls, Way, WebSocket
from tests.peers.callee import Callee
from tests.peers.caller import Caller
from tests.peers.deadline import until
from tests.peers.offer import HOLD, USUAL
from tests.peers.ports import free_port
from tests.peers.sipp import Outcome, Sipp

pytestmark = pytest.mark.integration

CALL = Caller("calls").invite().answered().bye()
OFFER = SDP.format(port=40_000)


@pytest.fixture(autouse=True)
def _kamailio_is_installed() -> None:
    require()


@pytest.fixture
def nodes() -> Iterator[tuple[Node, Node]]:
    with Node() as one, Node() as other:
        yield one, other


@pytest.fixture
def kamailio(nodes: tuple[Node, Node]) -> Iterator[Kamailio]:
    with Kamailio([each.address for each in nodes]) as started:
        yield started


def call(kamailio: Kamailio, caller: Caller = CALL, calls: int = 1) -> Outcome:
    """Let somebody call Kamailio, every call to the end that is planned for it."""
    with Sipp(caller, kamailio.address, "10010", calls=calls, rate=50) as calling:
        return calling.succeed()


def arrivals(*nodes: Node) -> list[int]:
    return [len(each.all(wire.Arrived)) for each in nodes]


def states(nodes: tuple[Node, Node], ofs: str) -> dict[str, str]:
    return {node.address: state for node, state in zip(nodes, ofs, strict=True)}


# -- the files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whole", [False, True], ids=["as it is", "with everything switched on"])
def test_what_is_shipped_is_a_configuration(tmp_path: Path, whole: bool) -> None:
    require("tls", "websocket")
    shutil.copytree(SHIPPED, tmp_path, dirs_exist_ok=True)
    make_certificate(tmp_path / "tls")
    place = (tmp_path / "kamailio-local.cfg").read_text()
    here = "".join(
        f'#!define {name} "{tmp_path}/{file}"\n'
        for name, file in (
            ("DISPATCHER_LIST", "dispatcher.list"),
            ("ADDRESS_LIST", "address.list"),
            ("TLS_CONFIG", "tls.cfg"),
        )
    )
    (tmp_path / "kamailio-local.cfg").write_text(here + (place.replace("##!", "#!") if whole else place))
    checked = check(tmp_path)
    assert (checked.returncode, "config file ok" in checked.stderr + checked.stdout) == (0, True), (
        checked.stderr
    )


# -- balance and failure ---------------------------------------------------------------------------------


def test_calls_are_spread_over_the_nodes(nodes: tuple[Node, Node], kamailio: Kamailio) -> None:
    assert call(kamailio, calls=10).succeeded == 10
    assert arrivals(*nodes) == [5, 5]
    assert {each.callee for node in nodes for each in node.all(wire.Arrived)} == {"10010"}


def test_a_look_at_kamailio_is_nobody_s_turn(nodes: tuple[Node, Node], kamailio: Kamailio) -> None:
    for _ in range(4):
        call(kamailio)
        call(kamailio, Caller("looks").ask("OPTIONS", 200))
    assert arrivals(*nodes) == [2, 2]


def test_a_node_dies_and_comes_back(nodes: tuple[Node, Node], kamailio: Kamailio) -> None:
    dead, alive = nodes
    dead.kill()
    assert call(kamailio, calls=10).succeeded == 10
    assert arrivals(alive) == [10]
    kamailio.wait_for(states(nodes, "IA"))
    quick = call(kamailio, calls=6)
    assert (quick.succeeded, quick.retransmissions) == (6, 0)  # nobody waits for the dead
    with Node(port=dead.port) as again:
        kamailio.wait_for(states(nodes, "AA"))
        call(kamailio, calls=4)
        assert arrivals(again, alive) == [2, 18]


def test_a_node_that_drains_gets_no_new_call_and_keeps_those_it_has(
    nodes: tuple[Node, Node], kamailio: Kamailio
) -> None:
    talks = (
        Caller("talks").invite().answered().cue("talking").reinvite(HOLD, expect="recvonly").info("5").bye()
    )
    with Sipp(talks, kamailio.address, "10010") as talking:
        cue = talking.wait("talking")
        drains, other = nodes if nodes[0].all(wire.Arrived) else nodes[::-1]
        drains.send(wire.Drain())
        kamailio.wait_for({drains.address: "I", other.address: "A"})
        assert call(kamailio, calls=4).succeeded == 4
        assert arrivals(drains, other) == [1, 4]
        talking.go(cue)
        talking.succeed()
    assert drains.wait(wire.InfoDigit).key == "5"
    drains.send(wire.Drain(False))
    kamailio.wait_for(states(nodes, "AA"))


def test_an_operator_gives_a_node_no_more_calls(nodes: tuple[Node, Node], kamailio: Kamailio) -> None:
    closed, open_ = nodes
    asked = "dispatcher.set_state", "d", "1", f"sip:{closed.address}"
    kamailio.control(*asked)
    assert kamailio.states() == states(nodes, "DA")
    call(kamailio, calls=4)
    assert arrivals(closed, open_) == [0, 4]


def test_a_call_that_a_node_has_no_room_for_goes_to_the_next() -> None:
    with Node(max_calls=1) as small, Node() as large, Kamailio([small.address, large.address]) as kamailio:
        stays = Caller("stays").invite().answered().cue("talking").bye()
        with Sipp(stays, kamailio.address, "10010", calls=4) as calling:
            cues = [calling.wait("talking") for _ in range(4)]
            assert arrivals(small, large) == [1, 3]
            for cue in cues:
                calling.go(cue)
            calling.succeed()


def test_a_refusal_is_the_caller_s_to_hear_and_not_the_next_node_s() -> None:
    with ExitStack() as stack:
        rude = [stack.enter_context(Node(answers=False)) for _ in range(2)]
        kamailio = stack.enter_context(Kamailio([each.address for each in rude]))
        caller = Caller("hears it").invite().ringing().refused(404)
        with Sipp(caller, kamailio.address, "10010") as calling:
            refusing = next(each for each in rude if _has_arrived(each, rude))
            refusing.send(wire.Reject(refusing.wait(wire.Arrived).call, 404))
            calling.succeed()
        assert sum(arrivals(*rude)) == 1


def test_without_a_node_callers_are_told_to_come_again(nodes: tuple[Node, Node], kamailio: Kamailio) -> None:
    for each in nodes:
        each.send(wire.Drain())
    kamailio.wait_for(states(nodes, "II"))
    refused = call(kamailio, Caller("comes again").invite().refused(503, "Retry-After:", "[0-9]+"))
    assert [each.header("Retry-After") for each in refused.received("SIP/2.0 503")] == ["5"]
    call(kamailio, Caller("looks").ask("OPTIONS", 503))


def _has_arrived(node: Node, nodes: list[Node]) -> bool:
    """Whether the only call came to this node, once it came to any."""
    until(lambda: sum(arrivals(*nodes)), 10, "the call arrives")
    return bool(node.all(wire.Arrived))


# -- within a call ---------------------------------------------------------------------------------------


def test_a_caller_who_gives_up_is_heard() -> None:
    with Node(answers=False) as node, Kamailio([node.address]) as kamailio:
        call(kamailio, Caller("gives up").invite().ringing().cancel())
        assert node.wait(wire.Ended).by == "remote"


def test_hold_keys_and_the_end_pass_both_ways(nodes: tuple[Node, Node], kamailio: Kamailio) -> None:
    caller = Caller("holds").invite().answered()
    caller.reinvite(HOLD, expect="recvonly").reinvite(USUAL, expect="sendrecv")
    caller.info("7").tell("done").expect_bye()
    with Sipp(caller, kamailio.address, "10010") as calling:
        calling.wait("done")
        node = next(each for each in nodes if each.all(wire.Arrived))
        node.send(wire.Bye(node.all(wire.Arrived)[0].call))
        calling.succeed()
        assert node.wait(wire.Ended).by == "local"
    assert node.wait(wire.InfoDigit).key == "7"


def test_a_session_whose_first_offer_is_the_node_s() -> None:
    with Node() as node, Kamailio([node.address]) as kamailio:
        call(kamailio, Caller("offers nothing").invite(None).answered(answer=USUAL).bye())
        assert "m=audio" in node.wait(wire.Confirmed).sdp


def test_a_call_goes_on_after_kamailio_began_anew() -> None:
    caller = Caller("stays").invite().answered().cue("talking").reinvite(HOLD, expect="recvonly").expect_bye()
    with (
        Node() as node,
        Kamailio([node.address]) as kamailio,
        Sipp(caller, kamailio.address, "10010") as calling,
    ):
        talking = calling.wait("talking")
        kamailio.restart()
        calling.go(talking)
        node.send(wire.Bye(node.wait(wire.Reoffered).call))
        calling.succeed()


@pytest.mark.parametrize("apart", [True, False], ids=["two networks", "one network"])
@pytest.mark.parametrize("named", [True, False], ids=["to the trunk", "to the host in the address"])
def test_a_node_calls_out_through_kamailio(apart: bool, named: bool) -> None:
    place = f"127.0.0.1:{free_port()}"
    outside, inside = ("127.0.0.1", place) if apart else (place, "")
    agent = Callee("agent").arrive().ring().answer().cue("talking").bye()
    with Sipp(agent) as called:
        domain = "trunk.test" if named else called.address
        defines = {"TRUNK": f'"sip:{called.address}"'} if named else {}
        with (
            Node(trunk=place, domain=domain) as node,
            Kamailio([node.address], outside=outside, inside=inside, defines=defines),
        ):
            node.dial("out", f"sip:801@{domain}", "trunk")
            called.then("talking")
            called.succeed()
            assert node.wait(wire.Ended).by == "remote"


# -- other ways than UDP ---------------------------------------------------------------------------------


def test_a_caller_by_tcp() -> None:
    with Node() as node, Kamailio([node.address], tcp=True) as kamailio:
        caller = Caller("by TCP").invite().answered().tell("talking").expect_bye()
        with Sipp(caller, f"127.0.0.1:{kamailio.tcp}", "10010", options=("-t", "t1")) as calling:
            calling.wait("talking")
            node.send(wire.Bye(node.all(wire.Arrived)[0].call))
            calling.succeed()


def _by_tls(kamailio: Kamailio) -> Way:
    return Tls("127.0.0.1", kamailio.tls, kamailio.folder / "tls" / "certificate.pem")


def _by_websocket(kamailio: Kamailio) -> Way:
    certificate = kamailio.folder / "tls" / "certificate.pem"
    return WebSocket("127.0.0.1", kamailio.websocket, certificate, "https://desk.test")


def _from_behind_a_nat(kamailio: Kamailio) -> Way:
    return Datagrams(kamailio.host, kamailio.udp)


@pytest.mark.parametrize(
    ("way", "address", "scheme"),
    [
        pytest.param(_by_tls, "10.9.9.9:5060", "sip", id="TLS"),
        pytest.param(_by_tls, "10.9.9.9:5061", "sips", id="TLS and nothing else"),
        pytest.param(_by_websocket, "gone.invalid", "sip", id="WebSocket"),
        pytest.param(_from_behind_a_nat, "10.9.9.9:5060", "sip", id="behind a NAT"),
    ],
)
@pytest.mark.parametrize("hangs_up", ["the caller", "the node"])
def test_a_caller_is_reached_by_the_way_it_came(
    way: Callable[[Kamailio], Way], address: str, scheme: str, hangs_up: str
) -> None:
    require("tls", "websocket")
    with Node() as node, Kamailio([node.address], tls=True, websocket=True) as kamailio:
        with Telephone(way(kamailio), address, scheme) as telephone:
            answer = telephone.invite("10010", OFFER)
            assert (answer.status, "m=audio" in answer.body) == (200, True)
            confirmed = node.wait(wire.Confirmed)
            if hangs_up == "the node":
                node.send(wire.Bye(confirmed.call))
                request = telephone.hear()
                assert request.first_line.startswith("BYE sip")
                telephone.agree(request)
            else:
                assert telephone.bye().status == 200
            assert node.wait(wire.Ended).by == ("local" if hangs_up == "the node" else "remote")


def test_a_page_of_somebody_else_opens_no_websocket() -> None:
    require("tls", "websocket")
    page = {"WEBSOCKET_ORIGIN": '"^https://desk\\.test$"'}
    with Node() as node, Kamailio([node.address], websocket=True, defines=page) as kamailio:
        _by_websocket(kamailio).close()
        certificate = kamailio.folder / "tls" / "certificate.pem"
        with pytest.raises(InvalidStatus, match="403"):
            WebSocket("127.0.0.1", kamailio.websocket, certificate, "https://elsewhere.test")


# -- strangers -------------------------------------------------------------------------------------------


def test_a_source_that_is_not_on_the_list_is_not_answered(nodes: tuple[Node, Node]) -> None:
    addresses = [each.address for each in nodes]
    with (
        Kamailio(addresses, sources="1 127.0.0.1 32") as kamailio,
        Telephone(strange := Datagrams(kamailio.host, kamailio.udp, "127.0.0.9"), "127.0.0.9") as stranger,
        Telephone(Datagrams(kamailio.host, kamailio.udp), "127.0.0.1") as known,
    ):
        stranger.ask("OPTIONS")
        known.ask("OPTIONS")
        assert known.answer().status == 200
        assert strange.nothing_came()


def test_a_source_that_floods_is_not_answered_for_a_while(nodes: tuple[Node, Node]) -> None:
    sources = "1 127.0.0.0 8\n2 127.0.0.8 32"
    with (
        Kamailio([each.address for each in nodes], sources=sources, defines={"FLOOD": "16"}) as kamailio,
        Telephone(Datagrams(kamailio.host, kamailio.udp, "127.0.0.9"), "127.0.0.9") as loud,
        Telephone(Datagrams(kamailio.host, kamailio.udp, "127.0.0.8"), "127.0.0.8") as trunk,
    ):
        for _ in range(100):
            loud.ask("OPTIONS")
            trunk.ask("OPTIONS")
        answered = [trunk.answer().status for _ in range(100)]
        assert answered == [200] * 100
        assert "127.0.0.9" in kamailio.control("htable.dump", "banned")
        assert "127.0.0.8" not in kamailio.control("htable.dump", "banned")


def test_kamailio_relays_for_nobody(nodes: tuple[Node, Node], kamailio: Kamailio) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim,
        Telephone(Datagrams(kamailio.host, kamailio.udp), "127.0.0.1") as thief,
    ):
        victim.bind(("127.0.0.1", 0))
        victim.setblocking(False)
        elsewhere = f"127.0.0.1:{victim.getsockname()[1]}"
        ours, theirs = f"<sip:{kamailio.address};lr>", f"<sip:{elsewhere};lr>"
        thief.ask("INVITE", f"sip:0900@{elsewhere}", to_tag="made-up", routes=[ours])
        assert thief.answer().status == 403
        thief.ask("BYE", f"sip:0900@{nodes[0].address}", to_tag="made-up", routes=[ours, theirs])
        assert thief.answer().status == 403
        thief.ask("MESSAGE", f"sip:0900@{elsewhere}")
        assert thief.answer().status == 405
        thief.ask("INVITE", f"sip:10010@{elsewhere}", routes=[theirs])
        assert thief.answer().status == 200  # a node's
        assert sum(arrivals(*nodes)) == 1
        with pytest.raises(BlockingIOError):
            victim.recv(1)
