"""Calls with a real SIPp: what it says, what the engine hears of it, and what the engine's commands do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.wire import signalling as wire
from tests.ivr.sip.scenario import NOTHING, SERVICE, Scenario, body, sdp
from tests.ivr.sip.stand import Signalling, Sipp, needs_sipp, session, signalling

pytestmark = [pytest.mark.integration, needs_sipp]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signalling]:
    with signalling(tmp_path_factory.mktemp("sip"), user_agent="huawu") as process:
        yield process
        assert process.health().calls == 0


@pytest.fixture
def sip(process: Signalling) -> Signalling:
    process.connect()  # the calls of the engine before are ended
    return process


@pytest.fixture
def dial(sip: Signalling, tmp_path: Path):
    return lambda scenario: Sipp(tmp_path, scenario, "-s", "110", target=sip.target)


def taken(sip: Signalling) -> str:
    """Answer the call that comes, and wait for its ACK."""
    call: str = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    assert sip.expect(wire.Confirmed) == wire.Confirmed(call)
    return call


def test_a_caller_is_answered_and_hangs_up(sip, dial):
    caller = dial(
        Scenario()
        .invite(None, "X-Queue: vip", "User-Agent: desk phone")
        .receive(100)
        .receive(180)
        .receive(200, "Contact: <sip:huawu@127.0.0.1", route=True)
        .ack()
        .bye('Reason: Q.850;cause=16;text="Terminated"')
    )

    arrived = sip.expect(wire.Arrived)
    sip.tell(wire.Ring(arrived.call), wire.Accept(arrived.call, session()))

    assert (arrived.caller, arrived.callee, arrived.name) == ("13812345678", "110", "Zhang")
    assert arrived.source == f"127.0.0.1:{caller.port}"
    assert arrived.offer.startswith("v=0\r\no=sipp 1 1 IN IP4 127.0.0.1\r\n")
    assert {"x-queue": "vip", "user-agent": "desk phone"}.items() <= arrived.headers.items()
    assert sip.next() == wire.Confirmed(arrived.call)
    assert sip.next() == wire.Ended(arrived.call, "remote", 0, "Terminated")
    assert "a=sendrecv" in caller.succeeds()


def test_a_caller_without_an_offer_answers_ours(sip, dial):
    caller = dial(Scenario().invite(NOTHING).may(100).receive(200, "m=audio", route=True).ack(sdp()).bye())

    arrived = sip.expect(wire.Arrived)
    sip.tell(wire.Accept(arrived.call, session()))

    assert arrived.offer == ""
    assert "o=sipp 1 1" in sip.expect(wire.Confirmed).sdp
    assert sip.next() == wire.Ended(arrived.call, "remote")
    caller.succeeds()


def test_early_media(sip, dial):
    caller = dial(Scenario().invite().may(100).receive(183, "m=audio").receive(200, route=True).ack().bye())

    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Ring(call, session()), wire.Accept(call, session()))

    sip.expect(wire.Confirmed)
    sip.expect(wire.Ended)
    caller.succeeds()


def test_we_hang_up(sip, dial):
    caller = dial(Scenario().established().receive("BYE", 'text="good night"').respond("200 OK"))

    call = taken(sip)
    sip.tell(wire.Bye(call, "good night"))

    assert sip.next() == wire.Ended(call, "local", 0, "good night")
    caller.succeeds()


def test_a_call_is_refused(sip, dial):
    caller = dial(Scenario().invite().may(100).receive(486, "Retry-After: 9").ack_refusal(3))

    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Reject(call, 486, retry_after_seconds=9))

    assert sip.next() == wire.Ended(call, "local", 486, "Busy Here")
    caller.succeeds()


def test_a_caller_gives_up(sip, dial):
    caller = dial(
        Scenario()
        .invite()
        .receive(100)
        .receive(180)
        .pause(100)
        .cancel(4)
        .receive(200)
        .receive(487)
        .ack_refusal(7)
    )

    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Ring(call))

    assert sip.next() == wire.Ended(call, "remote", 487, "Request Terminated")
    caller.succeeds()


def test_keys_by_info(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .request("INFO", body("application/dtmf-relay", "Signal=9\nDuration=160"))
        .receive(200)
        .request("INFO", body("application/dtmf", "#"))
        .receive(200)
        .request("INFO", body("application/json", '{"工号": "八零一"}'))
        .receive(200)
        .request("INFO")
        .receive(200)
        .bye()
    )

    call = taken(sip)

    assert sip.next() == wire.InfoDigit(call, "9", 160)
    assert sip.next() == wire.InfoDigit(call, "#")
    assert sip.next() == wire.Info(call, "application/json", '{"工号": "八零一"}\r\n')
    sip.expect(wire.Ended)
    caller.succeeds()


def test_info_of_ours_counts_bytes(sip, dial):
    caller = dial(Scenario().established().receive("INFO", "Content-Length: 9").respond("200 OK").bye())

    call = taken(sip)
    sip.tell(wire.SendInfo(call, "text/plain", "八零一"))

    sip.expect(wire.Ended)
    assert "八零一" in caller.succeeds()


def test_a_party_holds_and_resumes(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .reinvite(sdp("sendonly", version=2))
        .may(100)
        .receive(200, "a=recvonly", route=True)
        .ack()
        .reinvite(sdp(version=3))
        .may(100)
        .receive(200, "a=sendrecv", route=True)
        .ack()
        .bye()
    )

    call = taken(sip)
    held = sip.expect(wire.Reoffered)
    sip.tell(wire.Accept(call, session(2, "recvonly")))
    resumed = sip.expect(wire.Reoffered)
    sip.tell(wire.Accept(call, session(3)))

    assert ("a=sendonly" in held.offer, "a=sendrecv" in resumed.offer) == (True, True)
    assert sip.next() == wire.Ended(call, "remote")
    caller.succeeds()


def test_a_party_asks_for_our_offer(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .reinvite(NOTHING)
        .may(100)
        .receive(200, "m=audio", route=True)
        .ack(sdp())
        .bye()
    )

    call = taken(sip)
    assert sip.expect(wire.Reoffered) == wire.Reoffered(call, "")
    sip.tell(wire.Accept(call, session(2)))

    assert "o=sipp" in sip.expect(wire.Confirmed).sdp
    sip.expect(wire.Ended)
    caller.succeeds()


def test_a_new_offer_is_refused_and_the_call_goes_on(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .reinvite(sdp(formats="18", version=2))
        .may(100)
        .receive(488)
        .ack_refusal(3)
        .bye()
    )

    call = taken(sip)
    sip.expect(wire.Reoffered)
    sip.tell(wire.Reject(call, 488))

    assert sip.next() == wire.Ended(call, "remote")
    caller.succeeds()


def test_a_refresh_is_answered_without_the_engine(sip, dial):
    caller = dial(
        Scenario().established().reinvite(sdp()).may(100).receive(200, "o=huawu 1 1", route=True).ack().bye()
    )

    call = taken(sip)

    assert sip.next() == wire.Ended(call, "remote")
    caller.succeeds()


def test_update(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .request("UPDATE")
        .receive(200)
        .request("UPDATE", sdp("sendonly", version=2))
        .receive(200, "a=recvonly")
        .bye()
    )

    call = taken(sip)
    assert "a=sendonly" in sip.expect(wire.Reoffered).offer
    sip.tell(wire.Accept(call, session(2, "recvonly")))

    sip.expect(wire.Ended)
    caller.succeeds()


@pytest.mark.slow
def test_an_update_that_the_engine_answers_too_late_is_taken_back(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .request("UPDATE", sdp("sendonly", version=2))
        .receive(500, "Retry-After: 5")
        .request("UPDATE", sdp("sendonly", version=3))  # too early: the engine is not done with the first
        .receive(500)
        .pause(1000)
        .request("UPDATE", sdp("sendonly", version=4))
        .receive(200, "o=huawu 1 4")
        .bye()
    )

    call = taken(sip)
    assert "a=sendonly" in sip.expect(wire.Reoffered).offer
    undone = sip.expect(wire.Reoffered)
    assert "o=sipp 1 1" in undone.offer and "a=sendrecv" in undone.offer
    assert sip.next(0.5) is None
    sip.tell(wire.Accept(call, session(2, "recvonly")), wire.Accept(call, session(3)))
    assert "o=sipp 1 4" in sip.expect(wire.Reoffered).offer
    sip.tell(wire.Accept(call, session(4, "recvonly")))

    sip.expect(wire.Ended)
    caller.succeeds()


def test_an_offer_that_is_cancelled_is_taken_back(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .reinvite(sdp("sendonly", version=2))
        .receive(100)
        .cancel(2)
        .receive(200)
        .receive(487)
        .ack_refusal(5)
        .pause(1000)
        .reinvite(sdp("sendonly", version=3))
        .may(100)
        .receive(200, "o=huawu 1 4", route=True)
        .ack()
        .bye()
    )

    call = taken(sip)
    assert "a=sendonly" in sip.expect(wire.Reoffered).offer
    assert "a=sendrecv" in sip.expect(wire.Reoffered).offer
    sip.tell(wire.Accept(call, session(2, "recvonly")), wire.Accept(call, session(3)))
    assert "o=sipp 1 3" in sip.expect(wire.Reoffered).offer
    sip.tell(wire.Accept(call, session(4, "recvonly")))

    sip.expect(wire.Ended)
    caller.succeeds()


def test_we_hold_a_party(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .receive("INVITE", "a=sendonly")
        .respond("200 OK", sdp("recvonly", version=2))
        .receive("ACK")
        .pause(100)
        .bye()
    )

    call = taken(sip)
    sip.tell(wire.Reoffer(call, session(2, "sendonly")))

    assert "a=recvonly" in sip.expect(wire.ReofferAnswered).sdp
    sip.expect(wire.Ended)
    caller.succeeds()


def test_a_glare_is_resolved_by_asking_again(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .receive("INVITE")
        .respond("491 Request Pending")
        .receive("ACK")
        .receive("INVITE")
        .respond("200 OK", sdp(version=2))
        .receive("ACK")
        .bye()
    )

    call = taken(sip)
    sip.tell(wire.Reoffer(call, session(2, "sendonly")))

    sip.expect(wire.ReofferAnswered)
    sip.expect(wire.Ended)
    caller.succeeds()


def test_a_glare_that_stays_is_told(sip, dial):
    scenario = Scenario().established()
    for _ in range(3):
        scenario.receive("INVITE").respond("491 Request Pending").receive("ACK")
    caller = dial(scenario.bye())

    call = taken(sip)
    sip.tell(wire.Reoffer(call, session(2, "sendonly")))

    assert sip.expect(wire.ReofferRefused) == wire.ReofferRefused(call, 491)
    sip.expect(wire.Ended)
    caller.succeeds()


def test_an_offer_that_crosses_theirs_is_out_of_date(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .reinvite(sdp("sendonly", version=2))
        .may(100)
        .receive(200, route=True)
        .ack()
        .bye()
    )

    call = taken(sip)
    sip.expect(wire.Reoffered)
    sip.tell(wire.Reoffer(call, session(2, "inactive")), wire.Accept(call, session(2, "recvonly")))

    assert sip.next() == wire.ReofferRefused(call, 491)
    assert sip.next() == wire.Ended(call, "remote")
    caller.succeeds()


def test_other_requests_in_a_call(sip, dial):
    caller = dial(
        Scenario()
        .established()
        .request("OPTIONS")
        .receive(200, "Accept: application/sdp")
        .request("MESSAGE")
        .receive(405, "Allow: INVITE")
        .request("FROBNICATE")
        .receive(405, "Allow: INVITE")
        .request("NOTIFY", NOTHING, "Event: refer")
        .receive(481)
        .request("INFO", cseq=1)
        .receive(500)
        .request("INFO", NOTHING, "Require: teleport")
        .receive(420, "Unsupported: teleport")
        .bye()
    )

    taken(sip)
    sip.expect(wire.Ended)
    caller.succeeds()


def test_options_as_a_ping(sip, dial):
    ping = Scenario().request("OPTIONS", to=SERVICE, tag="").receive(200, "Allow: INVITE, ACK, BYE")
    dial(ping).succeeds()
    sip.tell(wire.Drain())
    sip.settle()

    dial(Scenario().request("OPTIONS", to=SERVICE, tag="").receive(503, "Retry-After")).succeeds()
    dial(Scenario().invite().receive(503, "Retry-After").ack_refusal(2)).succeeds()
    sip.tell(wire.Drain(False))
    sip.settle()
    dial(ping).succeeds()


def test_requests_in_no_call(sip, dial):
    caller = dial(
        Scenario()
        .request("BYE", to=SERVICE, tag=";tag=no")
        .receive(481)
        .request("INFO", to=SERVICE, tag="")
        .receive(481)
        .request("REFER", NOTHING, "Refer-To: <sip:8001@127.0.0.1>", to=SERVICE, tag="")
        .receive(403)
        .request("REGISTER", to=SERVICE, tag="")
        .receive(405)
        .request("INVITE", sdp(), to=SERVICE, tag=";tag=no")
        .receive(481)
        .ack_refusal(2)
    )

    caller.succeeds()


def test_a_tel_number_is_called(sip, dial):
    caller = dial(Scenario().invite(to="tel:+8610010").may(100).receive(603).ack_refusal(3))

    arrived = sip.expect(wire.Arrived)
    sip.tell(wire.Reject(arrived.call, 603))

    assert arrived.callee == "+8610010"
    sip.expect(wire.Ended)
    caller.succeeds()
