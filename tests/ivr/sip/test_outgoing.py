"""Calls that we make, transfers, trunks: with a real SIPp as the other side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.wire import signalling as wire
from tests.ivr.sip.scenario import HANG_UP, NOTHING, Scenario, answering, body, sdp
from tests.ivr.sip.stand import Signalling, Sipp, free_port, needs_sipp, session, signalling

pytestmark = [pytest.mark.integration, needs_sipp]

CHALLENGE = 'Authenticate: Digest realm="cc.example", nonce="abc123", algorithm=MD5, qop="auth"'
RIGHT = '<verifyauth assign_to="ok" username="u801" password="secret"/>'


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signalling]:
    allowed = ("agent@127.0.0.1", "8???@*", "+8610*@cc.example")
    with signalling(tmp_path_factory.mktemp("sip"), allow_targets=allowed) as process:
        yield process
        assert process.health().calls == 0


@pytest.fixture
def sip(process: Signalling) -> Signalling:
    process.connect()
    return process


def called(sip: Signalling, folder: Path, scenario: Scenario, **more: object) -> Sipp:
    """Dial a SIPp that plays ``scenario``."""
    agent = Sipp(folder, scenario)
    sip.tell(wire.Dial("c1", f"sip:8001@127.0.0.1:{agent.port}", session(), **more))  # type: ignore[arg-type]
    return agent


def test_an_agent_answers(sip, tmp_path):
    agent = called(
        sip, tmp_path, answering().receive("BYE").respond("200 OK"), caller="13812345678", name="张三"
    )

    assert sip.next() == wire.Ringing("c1")
    assert "o=sipp 1 1" in sip.expect(wire.Answered).sdp
    sip.tell(wire.Bye("c1"))

    assert sip.next() == wire.Ended("c1", "local")
    messages = agent.succeeds()
    assert 'From: "张三" <sip:13812345678@127.0.0.1>;tag=' in messages


def test_an_agent_hangs_up(sip, tmp_path):
    agent = called(sip, tmp_path, answering().raw(HANG_UP).receive(200))

    sip.expect(wire.Ringing)
    sip.expect(wire.Answered)

    assert sip.next() == wire.Ended("c1", "remote")
    agent.succeeds()


def test_early_media_and_answer_without_a_session(sip, tmp_path):
    agent = called(
        sip,
        tmp_path,
        Scenario()
        .receive("INVITE")
        .respond("183 Session Progress", sdp(), tag="a1")
        .respond("200 OK", NOTHING, tag="a1")
        .receive("ACK")
        .receive("BYE")
        .respond("200 OK"),
    )

    early = sip.expect(wire.Ringing).sdp
    assert sip.expect(wire.Answered).sdp == early != ""
    sip.tell(wire.Bye("c1"))
    sip.expect(wire.Ended)
    agent.succeeds()


def test_an_agent_is_busy(sip, tmp_path):
    agent = called(
        sip, tmp_path, Scenario().receive("INVITE").respond("486 Busy Here", tag="a1").receive("ACK")
    )

    assert sip.next() == wire.Ended("c1", "remote", 486, "Busy Here")
    agent.succeeds()


def test_we_give_up(sip, tmp_path):
    agent = called(
        sip,
        tmp_path,
        Scenario()
        .receive("INVITE")
        .respond("180 Ringing", tag="a1")
        .receive("CANCEL")
        .respond("200 OK")
        .raw(
            "<send><![CDATA[\nSIP/2.0 487 Request Terminated\n[last_Via:]\n[last_From:]\n[last_To:];tag=a1\n"
            "[last_Call-ID:]\nCSeq: [last_cseq_number] INVITE\nContent-Length: 0\n\n]]></send>\n"
        )
        .receive("ACK"),
    )

    sip.expect(wire.Ringing)
    sip.tell(wire.Bye("c1", "the caller left"))

    assert sip.next() == wire.Ended("c1", "local", 487, "the caller left")
    agent.succeeds()


def test_nobody_answers(sip, tmp_path):
    agent = called(
        sip,
        tmp_path,
        Scenario().receive("INVITE").respond("180 Ringing", tag="a1").receive("CANCEL").respond("200 OK"),
        timeout_seconds=1.0,
    )

    sip.expect(wire.Ringing)
    assert sip.next() == wire.Ended("c1", "failure", 408, "no answer")
    agent.succeeds()


def test_an_answer_that_crosses_our_cancel_is_hung_up(sip, tmp_path):
    agent = called(
        sip,
        tmp_path,
        Scenario()
        .receive("INVITE")
        .respond("180 Ringing", tag="a1")
        .receive("CANCEL")
        .respond("200 OK")
        .raw(
            "<send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:];tag=a1\n[last_Call-ID:]\n"
            "CSeq: [last_cseq_number] INVITE\nContact: <sip:8001@[local_ip]:[local_port]>\n"
            + sdp()
            + "]]></send>\n"
        )
        .receive("ACK")
        .receive("BYE")
        .respond("200 OK"),
    )

    sip.expect(wire.Ringing)
    sip.tell(wire.Bye("c1"))

    assert sip.next() == wire.Ended("c1", "local", 487)
    agent.succeeds()


def test_a_second_party_that_answers_is_acknowledged_and_hung_up(sip, tmp_path):
    second = (
        "<send><![CDATA[\nSIP/2.0 200 OK\nVia:[$via]\n[last_From:]\nTo: <sip:8001@127.0.0.1>;tag=b2\n"
        "[last_Call-ID:]\nCSeq:[$cseq]\n"
        "Contact: <sip:second@[local_ip]:[local_port]>\n" + sdp() + "]]></send>\n"
    )
    find = "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{name}:" check_it="true" assign_to="{name.lower()}"/>'
        for name in ("Via", "CSeq")
    )
    agent = called(
        sip,
        tmp_path,
        Scenario()
        .raw(f'<recv request="INVITE" timeout="12000"><action>{find}</action></recv>\n', "via", "cseq")
        .respond("200 OK", sdp(), tag="a1")
        .receive("ACK", ";tag=a1")
        .raw(second)
        .receive("ACK", "ACK sip:second@.*;tag=b2")
        .receive("BYE", "BYE sip:second@.*;tag=b2")
        .respond("200 OK")
        .raw(second)  # as if it had missed our ACK
        .receive("ACK", ";tag=b2")
        .receive("BYE", "BYE sip:agent@.*;tag=a1")
        .respond("200 OK"),
    )

    sip.expect(wire.Answered)
    sip.settle()
    assert sip.next(1.0) is None
    sip.tell(wire.Bye("c1"))
    assert sip.next() == wire.Ended("c1", "local")
    agent.succeeds()


@pytest.mark.parametrize(
    "target",
    [
        "sip:9001@127.0.0.1",
        "sip:8001@127.0.0.1;maddr=10.0.0.1",
        "tel:+8613812345678",
        "sips:8001@127.0.0.1",
        "sip:8001@127.0.0.1@evil.example",
        "nonsense",
    ],
)
def test_whom_we_may_not_call(sip, target):
    sip.tell(wire.Dial("c1", target, session()))

    assert sip.next() == wire.Ended("c1", "failure", 403, "target: not allowed")


def test_an_unknown_trunk(sip):
    sip.tell(wire.Dial("c1", "sip:8001@127.0.0.1", session(), trunk="carrier"))

    assert sip.next() == wire.Ended("c1", "failure", 404, "no trunk carrier")


# -- transfers ----------------------------------------------------------------------------------------


def notify(scenario: Scenario, status: str, state: str) -> Scenario:
    content = body("message/sipfrag", f"SIP/2.0 {status}")
    return scenario.request("NOTIFY", content, "Event: refer", f"Subscription-State: {state}").receive(200)


def transferred(sip: Signalling, folder: Path, scenario: Scenario) -> tuple[str, Sipp]:
    """Ask a caller that plays ``scenario`` to call 8001 instead."""
    caller = Sipp(folder, scenario, "-s", "110", target=sip.target)
    call: str = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    sip.expect(wire.Confirmed)
    sip.tell(wire.Refer(call, "sip:8001@127.0.0.1:5999"))
    return call, caller


def test_a_transfer_is_followed_to_its_end(sip, tmp_path):
    scenario = Scenario().established().receive("REFER", "Refer-To: <sip:8001@127.0.0.1:5999>")
    scenario.respond("202 Accepted")
    notify(scenario, "100 Trying", "active;expires=60")
    notify(scenario, "180 Ringing", "active;expires=60")
    notify(scenario, "200 OK", "terminated;reason=noresource").bye()

    call, caller = transferred(sip, tmp_path, scenario)

    assert sip.next() == wire.ReferProgress(call, 100, "Trying")
    assert sip.next() == wire.ReferProgress(call, 180, "Ringing")
    assert sip.next() == wire.ReferProgress(call, 200, "OK", final=True)
    assert sip.next() == wire.Ended(call, "remote")
    caller.succeeds()


def test_a_transfer_that_fails_leaves_the_call(sip, tmp_path):
    scenario = Scenario().established().receive("REFER").respond("202 Accepted")
    notify(scenario, "486 Busy Here", "terminated;reason=noresource").receive("BYE").respond("200 OK")

    call, caller = transferred(sip, tmp_path, scenario)

    assert sip.next() == wire.ReferProgress(call, 486, "Busy Here", final=True)
    sip.tell(wire.Bye(call))
    assert sip.next() == wire.Ended(call, "local")
    caller.succeeds()


def test_a_transfer_is_refused(sip, tmp_path):
    scenario = Scenario().established().receive("REFER").respond("405 Method Not Allowed").bye()

    call, caller = transferred(sip, tmp_path, scenario)

    assert sip.next() == wire.ReferProgress(call, 405, "Method Not Allowed", final=True)
    sip.expect(wire.Ended)
    caller.succeeds()


def test_whom_we_may_not_transfer_to(sip, tmp_path):
    caller = Sipp(tmp_path, Scenario().established().pause(300).bye(), "-s", "110", target=sip.target)
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    sip.expect(wire.Confirmed)
    sip.tell(wire.Refer(call, "sip:009001@elsewhere.example"))

    assert sip.next() == wire.ReferProgress(call, 403, "target: not allowed", final=True)
    sip.expect(wire.Ended)
    caller.succeeds()


def test_an_attended_transfer_names_the_call_to_replace(sip, tmp_path):
    agent = called(sip, tmp_path, answering().receive("BYE").respond("200 OK"))
    sip.expect(wire.Ringing)
    sip.expect(wire.Answered)
    scenario = Scenario().established().receive("REFER").respond("202 Accepted")
    caller = Sipp(tmp_path, notify(scenario, "200 OK", "terminated").bye(), "-s", "110", target=sip.target)
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    sip.expect(wire.Confirmed)

    sip.tell(wire.Refer(call, "sip:8001@127.0.0.1", replaces="c1"))

    assert sip.next() == wire.ReferProgress(call, 200, "OK", final=True)
    sip.expect(wire.Ended)
    sip.tell(wire.Bye("c1"))
    sip.expect(wire.Ended)
    theirs = agent.succeeds()
    call_id, tag = re.search(r"Call-ID: (\S+)", theirs)[1], re.search(r"From: .*;tag=(\w+)", theirs)[1]  # type: ignore[index]
    replaces = f"?Replaces={call_id}%3Bto-tag%3Da1%3Bfrom-tag%3D{tag}>"
    assert f"Refer-To: <sip:8001@127.0.0.1{replaces}" in caller.succeeds()


def test_a_party_asks_to_be_transferred(sip, tmp_path):
    caller = Sipp(
        tmp_path,
        Scenario()
        .established()
        .request("REFER", NOTHING, "Refer-To: <sip:9001@127.0.0.1>")
        .receive(403)
        .request("REFER", NOTHING, "Refer-To: <sip:8002@127.0.0.1>")
        .receive(202)
        .receive("NOTIFY", "SIP/2.0 100 Trying")
        .respond("200 OK")
        .receive("NOTIFY", "SIP/2.0 200 OK")
        .respond("200 OK")
        .receive("BYE")
        .respond("200 OK"),
        "-s",
        "110",
        target=sip.target,
    )
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    sip.expect(wire.Confirmed)

    assert sip.next() == wire.ReferRequested(call, "sip:8002@127.0.0.1")
    sip.settle()
    sip.tell(wire.Bye(call))
    assert sip.next() == wire.Ended(call, "local")
    caller.succeeds()


def test_our_own_address_is_left_to_the_engine_and_never_dialled(sip, tmp_path):
    ours = f"sip:A01@{sip.target}"
    caller = Sipp(
        tmp_path,
        Scenario()
        .established()
        .request("REFER", NOTHING, f"Refer-To: <{ours}>")
        .receive(202)
        .receive("NOTIFY", "SIP/2.0 100 Trying")
        .respond("200 OK")
        .bye(),
        target=sip.target,
    )
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    sip.expect(wire.Confirmed)
    assert sip.next() == wire.ReferRequested(call, ours)
    sip.tell(wire.Dial("c2", ours, session()))

    ended = [sip.next(), sip.next()]
    assert wire.Ended("c2", "failure", 403, "target: not allowed") in ended
    assert wire.Ended(call, "remote") in ended
    caller.succeeds()


def test_a_transfer_that_a_party_asked_for_fails(sip, tmp_path):
    caller = Sipp(
        tmp_path,
        Scenario()
        .established()
        .request("REFER", NOTHING, "Refer-To: <sip:8002@127.0.0.1>")
        .receive(202)
        .receive("NOTIFY", "SIP/2.0 100 Trying")
        .respond("200 OK")
        .receive("NOTIFY", "Subscription-State: terminated")
        .respond("200 OK")
        .bye(),
        "-s",
        "110",
        target=sip.target,
    )
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    sip.expect(wire.Confirmed)
    sip.expect(wire.ReferRequested)
    sip.tell(wire.ReferProgress(call, 486, final=True))

    assert sip.next() == wire.Ended(call, "remote")
    assert "SIP/2.0 486 Busy Here" in caller.succeeds()


# -- trunks -------------------------------------------------------------------------------------------


def trunk(*ports: int, **more: object) -> dict[str, object]:
    return {
        "name": "carrier",
        "proxies": [f"127.0.0.1:{port}" for port in ports],
        "user": "u801",
        "password": "secret",
        "domain": "cc.example",
    } | more


@pytest.mark.parametrize(("code", "name"), [("401 Unauthorized", "WWW"), ("407 Proxy", "Proxy")])
def test_a_trunk_asks_who_we_are(tmp_path, code, name):
    proof = "Authorization: Digest" if name == "WWW" else "Proxy-Authorization: Digest"
    agent = Sipp(
        tmp_path,
        Scenario()
        .receive("INVITE", "INVITE sip:[+]861012345678@cc.example SIP/2.0")
        .respond(code, NOTHING, f"{name}-{CHALLENGE}", tag="u1")
        .receive("ACK")
        .receive("INVITE", proof)
        .respond("200 OK", sdp(), tag="u2")
        .receive("ACK")
        .receive("BYE")
        .respond(code, NOTHING, f"{name}-{CHALLENGE}")
        .receive("BYE", proof)
        .respond("200 OK"),
    )
    with signalling(tmp_path, allow_targets=("+8610*@cc.example",), trunks=[trunk(agent.port)]) as sip:
        sip.tell(wire.Dial("c1", "tel:+86-10-1234-5678", session(), trunk="carrier"))

        sip.expect(wire.Answered)
        sip.tell(wire.Bye("c1"))
        assert sip.next() == wire.Ended("c1", "local")
        messages = agent.succeeds()
    assert "From: <sip:u801@cc.example>" in messages
    assert "secret" not in sip.log.read_text()


def test_another_proxy_is_tried(tmp_path):
    silent = free_port()
    agent = Sipp(tmp_path, answering().receive("BYE").respond("200 OK"))
    busy = Sipp(tmp_path, Scenario().receive("INVITE").respond("503 Full", tag="b1").receive("ACK"))
    way = trunk(silent, busy.port, agent.port)
    with signalling(tmp_path, allow_targets=("8???@*",), trunks=[way]) as sip:
        sip.tell(wire.Dial("c1", "sip:8001@cc.example", session(), trunk="carrier"))

        sip.expect(wire.Ringing)
        sip.expect(wire.Answered)
        sip.tell(wire.Bye("c1"))
        assert sip.next() == wire.Ended("c1", "local")
        busy.succeeds()
        agent.succeeds()


def test_we_register_at_a_trunk_and_take_it_back(tmp_path):
    registrar = Sipp(
        tmp_path,
        Scenario()
        .receive("REGISTER", "Expires: 300")
        .respond("401 Unauthorized", NOTHING, f"WWW-{CHALLENGE}", tag="r1")
        .receive("REGISTER", "Authorization: Digest")
        .respond("200 OK", NOTHING, "Expires: 6", tag="r1")
        .receive("REGISTER")
        .respond("200 OK", NOTHING, "Expires: 300", tag="r1")
        .receive("REGISTER", "Expires: 0")
        .respond("200 OK", tag="r1"),
    )
    with signalling(tmp_path, trunks=[trunk(registrar.port, register=True)]) as sip:
        assert sip.trunk_state() == wire.TrunkState("carrier", True)
        assert sip.next(6.0) is None  # it is refreshed meanwhile
    registrar.succeeds()


def test_another_proxy_registers_us(tmp_path):
    registrar = Sipp(
        tmp_path, Scenario().receive("REGISTER").respond("200 OK", NOTHING, "Expires: 300", tag="r1")
    )
    refusing = Sipp(tmp_path, Scenario().receive("REGISTER").respond("503 Full", tag="r1"))
    with signalling(tmp_path, trunks=[trunk(refusing.port, registrar.port, register=True)]) as sip:
        assert sip.trunk_state() == wire.TrunkState("carrier", True)
        refusing.succeeds()
        registrar.succeeds()


def test_a_trunk_that_calls_us(tmp_path):
    port = free_port()
    way = trunk(port, register=True)
    with signalling(tmp_path, trunks=[way]) as sip:
        caller = Sipp(
            tmp_path,
            Scenario()
            .invite(to="sip:u801@[remote_ip]:[remote_port]")
            .may(100)
            .receive(200, route=True)
            .ack()
            .receive("BYE")
            .respond("401 Unauthorized", NOTHING, f"WWW-{CHALLENGE}")
            .receive("BYE", "Authorization: Digest")
            .respond("200 OK"),
            "-s",
            "10010",
            target=sip.target,
        )
        arrived = sip.expect(wire.Arrived)
        sip.tell(wire.Accept(arrived.call, session()))
        sip.expect(wire.Confirmed)
        sip.tell(wire.Bye(arrived.call))

        assert arrived.callee == "10010"  # the To says whom; u801 is we
        sip.expect(wire.Ended)
        caller.succeeds()
