"""Callers who want to speak with somebody: agents on real telephones, transfers, and the calls kept of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
import pytest

from calls.records import EventKind, Outcome, Role
from tests.doors.running import PATIENCE, Kept, Line, RunningCentre, about, caller, prompt
from tests.doors.staff import PEOPLE
from tests.peers import hearing
from tests.peers.callee import Callee
from tests.peers.caller import Caller
from tests.peers.offer import HOLD, USUAL
from tests.peers.receiver import Receiver
from tests.peers.rtp import RATE, Samples
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.integration, pytest.mark.slow]

QUEUE_EVENTS = {
    EventKind.ENTERQUEUE,
    EventKind.CONNECT,
    EventKind.ABANDON,
    EventKind.RINGNOANSWER,
    EventKind.RINGCANCELED,
    EventKind.COMPLETEAGENT,
    EventKind.COMPLETECALLER,
    EventKind.EXITEMPTY,
    EventKind.BLINDTRANSFER,
}


def voice(seed: int, seconds: float = 1.0) -> Samples:
    """Return a sound that no other seed gives."""
    chance = np.random.default_rng(seed)
    return (chance.normal(size=round(seconds * RATE)) * 3000).astype(np.int16)


CALLER, AGENT, OTHER = voice(1), voice(2), voice(3)
#: The tone before a message: 1000 Hz for 0.3 s.
BEEP = (6000 * np.sin(2 * np.pi * 1000 * np.arange(2400) / RATE)).astype(np.int16)


@contextmanager
def telephone(scenario: Callee, number: str) -> Iterator[tuple[Sipp, Receiver]]:
    """Be the telephone of an agent."""
    with Receiver(silence=True) as ear:
        with Sipp(scenario, port=PEOPLE[number].port, media=(ear.host, ear.port)) as phone:
            yield phone, ear


def ask_for(line: Line, keys: str) -> None:
    """Press keys in the menus of the flow main, each when its menu is heard."""
    menus = {"1": "telecom_menu", "2": "fault_menu", "3": "shop_menu", "4": "complaint_menu"}
    line.hear("main/main_menu")
    line.ear.press(keys[0]).wait()
    if keys[1:]:
        line.hear(f"main/{menus[keys[0]]}")
        line.ear.press(keys[1:]).wait()


def talk(one: Receiver, other: Receiver, says: Samples = CALLER, answers: Samples = AGENT) -> None:
    """Let two people hear each other."""
    other.wait_to_hear_from(one, says)
    one.wait_to_hear_from(other, answers)


def queue_log(kept: Kept) -> list[tuple[EventKind, str | None]]:
    """Return what a queue's log holds, with the agents."""
    return [(each.kind, each.data.get("agent")) for each in kept.events if each.kind in QUEUE_EVENTS]


def heard_on_the_recording(kept: Kept) -> tuple[bool, bool]:
    """Return whether the caller's words are on the left, and the agent's on the right channel."""
    return on_channel(kept, 0, CALLER), on_channel(kept, 1, AGENT)


def pieces(words: Samples) -> list[Samples]:
    """Cut words up: where a jitter buffer adapts, a piece is changed, and the others are not."""
    size = round(0.3 * RATE)
    return [words[start : start + size] for start in range(0, len(words) - size + 1, size)]


def on_channel(kept: Kept, channel: int, words: Samples) -> bool:
    """Return whether words are on a channel of the recording."""
    return any(hearing.find(piece, kept.sound[:, channel]) for piece in pieces(words))


def leave_message(line: Line, words: Samples) -> None:
    """Wait for the tone, say something, and press the key that ends it."""
    line.ear.wait_to_hear(BEEP, PATIENCE)
    line.ear.wait_for_silence(0.3)
    line.ear.say(words).wait()
    line.ear.press("#").wait()


def served(centre: RunningCentre) -> Kept:
    agent = Callee("agent").arrive().ring().cue("ringing").answer().cue("talked").bye()
    with telephone(agent, "810") as (phone, headset):
        with centre.line(caller("asks").invite().answered().expect_bye(timeout=60_000), "1001") as line:
            ask_for(line, "23")
            line.hear("main/repair_phone")
            line.ear.press("13812345678").wait()
            phone.wait("arrived")
            assert line.ear.wait_for_sound() > 0
            phone.then("ringing")
            talk(line.ear, headset)
            phone.then("talked")
            phone.succeed()
            return line.over()


@about(served)
def test_an_agent_answers_and_hangs_up(kept: Kept) -> None:
    assert (kept.call.outcome, kept.call.hangup_cause) == (Outcome.HANDED_OFF, "agent")
    assert (kept.call.agent_id, kept.call.queue_id) == ("810", "repair")
    assert queue_log(kept) == [
        (EventKind.ENTERQUEUE, None),
        (EventKind.CONNECT, "810"),
        (EventKind.COMPLETEAGENT, "810"),
    ]
    assert heard_on_the_recording(kept) == (True, True)
    assert {leg.role for leg in kept.legs} == {Role.CALLER, Role.AGENT}


def served_by_the_second(centre: RunningCentre) -> Kept:
    """The first agent is busy."""
    answers = Callee("answers").arrive().answer().cue("talked").bye()
    with ExitStack() as stack:
        stack.enter_context(telephone(Callee("busy").arrive().refuse(486), "802"))
        phone, headset = stack.enter_context(telephone(answers, "803"))
        who = caller("meets a busy one").invite().answered().expect_bye(timeout=60_000)
        line = stack.enter_context(centre.line(who, "1001"))
        ask_for(line, "12")
        headset.wait_for_packets(1, PATIENCE)
        talk(line.ear, headset)
        phone.then("talked")
        phone.succeed()
        return line.over()


@about(served_by_the_second)
def test_an_agent_who_is_busy_is_passed_over(kept: Kept) -> None:
    assert kept.call.agent_id == "803"
    assert queue_log(kept) == [
        (EventKind.ENTERQUEUE, None),
        (EventKind.RINGNOANSWER, "802"),
        (EventKind.CONNECT, "803"),
        (EventKind.COMPLETEAGENT, "803"),
    ]


def served_after_no_answer(centre: RunningCentre) -> Kept:
    """The first agent does not answer within the four seconds that a phone rings, the second does."""
    rings = Callee("does not answer").arrive().ring().cancelled(timeout=60_000)
    answers = Callee("answers").arrive().ring().answer().cue("talked").bye()
    with ExitStack() as stack:
        phones = {
            "804": stack.enter_context(telephone(rings, "804")),
            "805": stack.enter_context(telephone(answers, "805")),
        }
        who = caller("waits").invite().answered().expect_bye(timeout=60_000)
        line = stack.enter_context(centre.line(who, "1001"))
        ask_for(line, "13")
        phone, headset = phones["805"]
        headset.wait_for_packets(1, PATIENCE)
        talk(line.ear, headset)
        phone.then("talked")
        phone.succeed()
        return line.over()


@about(served_after_no_answer)
def test_who_does_not_answer_is_passed_over(kept: Kept) -> None:
    assert kept.call.agent_id == "805"
    assert queue_log(kept) == [
        (EventKind.ENTERQUEUE, None),
        (EventKind.RINGNOANSWER, "804"),
        (EventKind.CONNECT, "805"),
        (EventKind.COMPLETEAGENT, "805"),
    ]


def put_on_hold(centre: RunningCentre) -> Kept:
    agent = Callee("holds").arrive().answer().cue("talking").reinvite(HOLD, expect="recvonly")
    agent.cue("held").reinvite(USUAL, expect="sendrecv").cue("back").bye()
    with telephone(agent, "806") as (phone, headset):
        with centre.line(caller("is held").invite().answered().expect_bye(timeout=60_000), "1001") as line:
            ask_for(line, "14")
            headset.wait_for_packets(1, PATIENCE)
            talk(line.ear, headset)
            phone.then("talking")
            held = phone.wait("held")
            said = line.ear.say(OTHER).wait()
            music = line.ear.wait_for_sound(since=said.ended)  # nobody speaks: it is the music
            assert music > said.ended
            assert headset.heard(OTHER) is None
            phone.go(held)
            back = phone.wait("back")
            talk(line.ear, headset, voice(4), voice(5))
            phone.go(back)
            phone.succeed()
            return line.over()


@about(put_on_hold)
def test_an_agent_puts_the_caller_on_hold(kept: Kept) -> None:
    assert [(each.data["by"], each.data["on"]) for each in kept.of(EventKind.HOLD)] == [
        ("agent", True),
        ("agent", False),
    ]
    assert heard_on_the_recording(kept) == (True, True)
    assert on_channel(kept, 1, voice(5))


def sent_on(centre: RunningCentre) -> Kept:
    """The agent transfers the caller to somebody else by REFER, and is out of it."""
    with Receiver(silence=True) as third:
        other = Callee("third").arrive().ring().answer().cue("talked").bye()
        with Sipp(other, media=(third.host, third.port)) as called:
            agent = Callee("transfers").arrive().answer().cue("talking")
            agent.refer(f"sip:8888@{called.address}", notified=(100, 200)).expect_bye()
            with telephone(agent, "807") as (phone, headset):
                who = caller("is sent on").invite().answered().expect_bye(timeout=60_000)
                with centre.line(who, "1001") as line:
                    ask_for(line, "22")
                    headset.wait_for_packets(1, PATIENCE)
                    talk(line.ear, headset)
                    phone.then("talking")
                    third.wait_for_packets(1, PATIENCE)
                    talk(line.ear, third, voice(6), voice(7))
                    phone.succeed()
                    called.then("talked")
                    called.succeed()
                    return line.over()


@about(sent_on)
def test_an_agent_transfers_the_caller(kept: Kept) -> None:
    (transfer,) = kept.of(EventKind.TRANSFER)
    assert transfer.data["by"] == "agent"
    assert (EventKind.BLINDTRANSFER, "807") in queue_log(kept)
    assert kept.call.agent_id == "807"
    assert on_channel(kept, 1, voice(7))


def giving_up_while_it_rings(centre: RunningCentre) -> Kept:
    agent = Callee("rings").arrive().ring().tell("ringing").cancelled()
    with telephone(agent, "808") as (phone, _):
        with centre.line(caller("gives up").invite().answered().cue("waiting").bye(), "1001") as line:
            ask_for(line, "32")
            phone.wait("ringing")
            line.then("waiting")
            phone.succeed()
            return line.over()


@about(giving_up_while_it_rings)
def test_an_agent_s_phone_stops_ringing_when_the_caller_is_gone(kept: Kept) -> None:
    assert (kept.call.outcome, kept.call.agent_id) == (Outcome.ABANDONED, None)
    log = [kind for kind, _ in queue_log(kept)]
    assert log[0] == EventKind.ENTERQUEUE
    assert EventKind.ABANDON in log and EventKind.CONNECT not in log


def hanging_up_on_the_agent(centre: RunningCentre) -> Kept:
    agent = Callee("is left").arrive().answer().expect_bye()
    with telephone(agent, "809") as (phone, headset):
        with centre.line(caller("leaves").invite().answered().cue("talking").bye(), "1001") as line:
            ask_for(line, "33")
            headset.wait_for_packets(1, PATIENCE)
            talk(line.ear, headset)
            line.then("talking")
            phone.succeed()
            return line.over()


@about(hanging_up_on_the_agent)
def test_a_caller_hangs_up_on_the_agent(kept: Kept) -> None:
    assert (kept.call.outcome, kept.call.hangup_cause) == (Outcome.HANDED_OFF, "caller")
    assert queue_log(kept)[-1] == (EventKind.COMPLETECALLER, "809")
    assert heard_on_the_recording(kept) == (True, True)


def referred(centre: RunningCentre, notify: tuple[int, ...]) -> tuple[Caller, Kept]:
    who = caller("is referred").invite().answered().expect_refer(notify)
    who = who.expect_bye() if notify[-1] == 200 else who.cue("failed").bye()
    with centre.line(who, "1003") as line:
        line.hear("hotline/main_menu")
        line.ear.press("4").wait()
        line.hear("hotline/urgent_menu")
        line.ear.press("119").wait()
        target = line.calling.wait("referred").words[0]
        assert f"119@{centre.host}:{centre.outside}" in target
        if notify[-1] != 200:
            line.hear("hotline/hang_up_and_dial")
            line.then("failed")
        return who, line.over()


def referred_with_success(centre: RunningCentre) -> Kept:
    return referred(centre, (100, 180, 200))[1]


def referred_in_vain(centre: RunningCentre) -> Kept:
    return referred(centre, (100, 486))[1]


@about(referred_with_success)
def test_a_caller_is_sent_elsewhere_by_refer(kept: Kept) -> None:
    assert kept.nodes[-1] == "fire"
    assert kept.call.outcome == Outcome.HANDED_OFF


@about(referred_in_vain)
def test_a_refer_that_fails_leads_on_in_the_flow(kept: Kept) -> None:
    failed = [each.data["failed"] for each in kept.of(EventKind.TRANSFER) if "failed" in each.data]
    assert set(failed) == {"busy"}
    assert kept.nodes[-2:] == ["fire", "hang_up_and_dial"]


def dialled(centre: RunningCentre) -> Kept:
    """Numbers that the centre dials: the first is busy, the second answers."""
    police = Callee("police").arrive().ring().answer().cue("talked").bye()
    with Receiver(silence=True) as other:
        with Sipp(police, port=centre.outside, media=(other.host, other.port)) as called:
            who = caller("calls the police").invite().answered().expect_bye(timeout=60_000)
            with centre.line(who, "1003") as line:
                line.hear("hotline/main_menu")
                line.ear.press("4").wait()
                line.hear("hotline/urgent_menu")
                line.ear.press("110").wait()
                other.wait_for_packets(1, PATIENCE)
                talk(line.ear, other)
                called.then("talked")
                outcome = called.succeed()
                assert outcome.received("INVITE sip:110@")
                return line.over()


@about(dialled)
def test_a_number_is_dialled_and_connected(kept: Kept) -> None:
    assert kept.nodes[-1] == "police"
    assert kept.call.outcome == Outcome.HANDED_OFF
    assert heard_on_the_recording(kept) == (True, True)


def leaving_a_message(centre: RunningCentre) -> Kept:
    """Nobody is at work in the queue for complaints."""
    who = caller("leaves a message").invite().answered().expect_bye(timeout=60_000)
    with centre.line(who, "1001") as line:
        ask_for(line, "41")
        line.hear("main/voicemail")
        leave_message(line, CALLER)
        line.hear("main/message_kept")
        line.hear("main/goodbye")
        return line.over()


@about(leaving_a_message)
def test_a_message_is_kept_where_no_agent_is_at_work(kept: Kept) -> None:
    assert kept.nodes[-6:] == ["agent_complaint", "busy", "voicemail", "message_kept", "goodbye", "end"]
    assert kept.call.outcome == Outcome.VOICEMAIL
    assert [kind for kind, _ in queue_log(kept)] == [EventKind.ENTERQUEUE, EventKind.EXITEMPTY]
    assert on_channel(kept, 0, CALLER)
    assert hearing.find(prompt("main/message_kept"), kept.sound[:, 1]) is not None
    assert len(kept.of(EventKind.MESSAGE)) == 1
