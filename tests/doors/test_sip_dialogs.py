"""What telephones and lines do to a dialog: hold, glare, late and lost messages, odd requests."""

from __future__ import annotations

import pytest

from calls.records import Call, EventKind, Outcome
from tests.doors.running import Kept, RunningCentre, about, caller, prompt
from tests.peers import hearing
from tests.peers.caller import Caller
from tests.peers.impairment import Impairment
from tests.peers.offer import HOLD, USUAL, Offer
from tests.peers.shaper import Shaper
from tests.peers.sipp import Outcome as Calls
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def holding(centre: RunningCentre) -> Kept:
    """Put the menu on hold for longer than it waits for a key, and take it back."""
    who = caller("holds").invite().answered().cue("menu").reinvite(HOLD, expect="recvonly")
    who.cue("held").reinvite(USUAL, expect="sendrecv").cue("back").info("3").cue("end").bye()
    with centre.line(who, "1001") as line:
        line.hear("main/main_menu")
        line.then("menu")
        held = line.calling.wait("held")
        line.ear.wait_for_silence(8.0)
        line.calling.go(held)
        line.then("back")
        line.hear("main/shop_menu")
        line.then("end")
        return line.over()


@about(holding)
def test_time_stands_still_on_hold(kept: Kept) -> None:
    assert [(each.data["by"], each.data["on"]) for each in kept.of(EventKind.HOLD)] == [
        ("caller", True),
        ("caller", False),
    ]
    assert kept.of(EventKind.NO_INPUT) == []
    assert (kept.nodes, kept.keys) == (["welcome", "main_menu", "shop_menu"], "3")
    on, off = (each.at for each in kept.of(EventKind.HOLD))
    assert off - on > 8
    assert not hearing.audible(kept.sound[round(on * 8000) : round(off * 8000), 0]).any()


def refreshing(centre: RunningCentre) -> Kept:
    """Let us refresh the session, and offer another one just then."""
    timer = ("Supported: timer", "Session-Expires: 90;refresher=uas")
    who = caller("glare").invite(headers=timer).answered().cue("menu")
    who.glare(HOLD, timeout=60_000).expect_reinvite().reinvite(HOLD, expect="recvonly").bye()
    with centre.line(who, "1004") as line:  # its node modem_ok waits for a minute
        line.ear.wait_for_sound()
        for key, node in (("2", "main_menu"), ("1", "fault_menu")):
            line.hear(f"telecom/{node}")
            line.ear.press(key).wait()
        line.hear("telecom/modem_ok")
        line.then("menu")
        return line.over(90)


@about(refreshing)
def test_offers_that_cross_are_made_again(kept: Kept) -> None:
    assert kept.call.hangup_cause == "caller"
    assert [each.data["on"] for each in kept.of(EventKind.HOLD)] == [True]


def acknowledging_late(centre: RunningCentre) -> Kept:
    who = caller("late").invite().answered(ack_after_ms=1500).cue("end").bye()
    with centre.line(who, "1001") as line:
        line.hear("main/welcome")
        line.then("end")
        return line.over()


@about(acknowledging_late)
def test_the_greeting_waits_for_a_late_acknowledgement(kept: Kept) -> None:
    assert kept.nodes == ["welcome"]
    assert kept.call.hangup_cause == "caller"


def acknowledging_never(centre: RunningCentre) -> Kept:
    who = caller("never").invite().answered(acknowledge=False).expect_bye(timeout=60_000)
    with centre.line(who, "1001") as line:
        return line.over(60)


@about(acknowledging_never)
def test_a_call_that_is_never_acknowledged_ends(kept: Kept) -> None:
    assert kept.nodes == []
    assert kept.call.ended_at is not None and kept.call.outcome in (Outcome.ABANDONED, Outcome.FAILED)


def saying_all_twice(centre: RunningCentre) -> Kept:
    who = caller("twice").invite().answered().cue("menu").info("3").cue("end").bye()
    with Shaper((centre.host, centre.port), Impairment(duplicates=1)) as twice:
        with centre.line(who, "1001", f"127.0.0.1:{twice.port}") as line:
            line.hear("main/main_menu")
            line.then("menu")
            line.hear("main/shop_menu")
            line.then("end")
            return line.over()


@about(saying_all_twice)
def test_requests_that_come_twice_count_once(kept: Kept, centre: RunningCentre) -> None:
    assert centre.store.count(Call, caller=kept.call.caller) == 1
    assert (kept.keys, kept.nodes) == ("3", ["welcome", "main_menu", "shop_menu"])


def losing_the_caller_s_bye(centre: RunningCentre) -> Kept:
    who = caller("lost BYE").invite().answered().cue("end").bye()
    with Shaper((centre.host, centre.port), Impairment(), first_lost=b"BYE") as bad:
        with centre.line(who, "1001", f"127.0.0.1:{bad.port}") as line:
            line.hear("main/welcome")
            line.then("end")
            assert line.finish().retransmissions >= 1
    return centre.kept(who.number)


@about(losing_the_caller_s_bye)
def test_a_goodbye_that_was_lost_is_said_again(kept: Kept) -> None:
    assert (kept.call.hangup_cause, kept.call.outcome) == ("caller", Outcome.ABANDONED)


def losing_our_bye(centre: RunningCentre) -> Kept:
    who = caller("deaf").invite().answered().cue("menu").expect_bye(reply_after_ms=1200)
    with centre.line(who, "1003") as line:
        line.hear("hotline/main_menu")
        line.then("menu")
        centre.hang_up(who.number)
        outcome = line.finish()
    assert len(outcome.received("BYE")) >= 2
    return centre.kept(who.number)


@about(losing_our_bye)
def test_our_own_goodbye_is_said_again(kept: Kept) -> None:
    assert (kept.call.hangup_cause, kept.call.outcome) == ("operator", Outcome.INTERRUPTED)


def vanishing(centre: RunningCentre) -> Kept:
    """Send nothing any more, neither sound nor BYE."""
    who = caller("vanishes").invite().answered().cue("menu").expect_bye(timeout=60_000)
    with centre.line(who, "1001") as line:
        line.hear("main/main_menu")
        line.ear.send_silence(False)
        line.then("menu")
        return line.over(60)


@about(vanishing)
def test_a_caller_who_is_not_there_any_more_is_hung_up(kept: Kept) -> None:
    assert (kept.call.hangup_cause, kept.call.outcome) == ("caller", Outcome.ABANDONED)
    assert [each.data for each in kept.of(EventKind.ERROR)] == [{"reason": "media-timeout"}]


def offering_nothing(centre: RunningCentre) -> Kept:
    who = caller("no offer").invite(None).answered(answer=USUAL).cue("end").bye()
    with centre.line(who, "1001") as line:
        line.hear("main/welcome")
        line.then("end")
        return line.over()


def dialling_a_tel_uri(centre: RunningCentre) -> Kept:
    who = caller("tel", uri="tel:1001").invite().answered().cue("end").bye()
    with centre.line(who, "1001") as line:
        line.hear("main/welcome")
        line.then("end")
        return line.over()


def speaking_mu_law(centre: RunningCentre) -> Kept:
    who = caller("µ-law").invite(Offer(codecs=(0,), ptime=40)).answered().cue("end").bye()
    with centre.line(who, "1001", payload_type=0) as line:
        line.hear("main/welcome")
        sizes = {len(each.packet.payload) for each in line.ear.arrivals()}
        assert ({each.packet.payload_type for each in line.ear.arrivals()}, sizes) == ({0}, {320})
        line.then("end")
        return line.over()


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(each, marks=about(each), id=each.__name__)
        for each in (offering_nothing, dialling_a_tel_uri, speaking_mu_law)
    ],
)
def test_odd_ways_to_call_lead_into_the_same_flow(way: object, kept: Kept) -> None:
    assert (kept.call.callee, kept.nodes) == ("1001", ["welcome"])
    assert hearing.find(prompt("main/welcome"), kept.sound[:, 1]) is not None


def giving_up_at_once(centre: RunningCentre) -> Kept:
    """Give up before the call is answered: the engine is held up for so long."""
    who = caller("gives up").invite().trying().cue("sent").cancel()
    with centre.standing_still("engine"), centre.line(who, "1001") as line:
        line.then("sent")
        line.finish()
    return centre.kept(who.number)


def test_a_caller_gives_up_before_the_call_is_answered(centre: RunningCentre) -> None:
    kept = giving_up_at_once(centre)
    assert (kept.call.outcome, kept.call.answered_at, kept.recording) == (Outcome.ABANDONED, None, None)


def finish(centre: RunningCentre, who: Caller, number: str = "1001") -> Calls:
    with Sipp(who, centre.address, number) as calling:
        return calling.succeed()


def test_what_is_asked_for_and_not_there_is_refused(centre: RunningCentre) -> None:
    require = ("Require: something-new",)
    outcome = finish(
        centre, caller("Require").invite(headers=require).refused(420, "Unsupported:", "something-new")
    )
    assert outcome.received("SIP/2.0 420")
    finish(centre, caller("codec").invite(Offer(codecs=(18,))).refused(488))
    finish(centre, caller("nobody").invite().refused(404), "4711")


def test_requests_beside_the_dialog_are_answered(centre: RunningCentre) -> None:
    finish(centre, Caller("ping").ask("OPTIONS"))
    who = caller("asks").invite().answered().send("OPTIONS").send("UPDATE", expect=200).bye()
    outcome = finish(centre, who)
    assert [each.first_line for each in outcome.received("SIP/2.0 200 OK")]
