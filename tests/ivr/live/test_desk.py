"""Agents on telephones that the test plays, and callers who wait for them, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from calls.records import (
    Agent,
    AgentState,
    Call,
    Callback,
    EventKind,
    Leg,
    Outcome,
    Queue,
    Role,
    Survey,
)
from ivr.live.livecall import LiveCall
from ivr.wire import ears, media, signalling
from tests.ivr.live.stage import HELD, OFFER, Stage, perform

pytestmark = pytest.mark.integration

FLOW = """
name: desk
start: agent
defaults:
  no_input: {max: 3, next: bye}
  no_match: {max: 3, next: bye}
nodes:
  agent:
    type: queue
    queue: refund
    prompt: 正在转接
    keys: {"1": message, "2": again, "3": ring_back}
    position: true
    max_wait_seconds: 600
    no_agent: message
    after: survey
  again: {type: queue, queue: sales, prompt: 请再等等, max_wait_seconds: 600, no_agent: message}
  ring_back: {type: callback, queue: refund, next: bye, failed: bye}
  survey: {type: survey, prompt: 请评价, next: bye}
  message: {type: record, prompt: 请留言, max_seconds: 20, silence_seconds: 3, next: bye}
  bye: {type: hangup}
"""
ANN = Agent(id="A01", name="安", skills=("退款",), address="sip:8001@10.0.0.9")
BEN = Agent(id="A02", name="本", skills=("退款",), address="sip:8002@10.0.0.9")
STAFF = (Queue(id="refund", skills=("退款",)), ANN, BEN)
QUEUE_LOG = {
    EventKind.ENTERQUEUE,
    EventKind.CONNECT,
    EventKind.ABANDON,
    EventKind.RINGNOANSWER,
    EventKind.RINGCANCELED,
    EventKind.COMPLETEAGENT,
    EventKind.COMPLETECALLER,
    EventKind.BLINDTRANSFER,
    EventKind.EXITWITHKEY,
    EventKind.EXITWITHTIMEOUT,
    EventKind.EXITEMPTY,
}
ENTERED = ("ENTERQUEUE", {"queue": "refund", "position": 1})


def play(
    folder: Path,
    scene: Callable[[Stage], Awaitable[None]],
    *,
    staff: tuple[Agent | Queue, ...] = STAFF,
    at_work: tuple[str, ...] = ("A01", "A02"),
    **settings: Any,
) -> None:
    """Play a scene in which agents logged in one minute after another; ring 20 s, wrap up 15 s."""

    async def played() -> None:
        async with Stage(folder, FLOW, staff, **settings) as stage:
            for agent in at_work:
                stage.desk.login(agent)
                stage.pass_time(60)
            await scene(stage)

    perform(played)


async def in_queue(stage: Stage, id: str = "c1") -> LiveCall:
    """Call, hear the prompt to its end, and wait."""
    call = await stage.call(id)
    await heard(stage, id)
    await stage.media.until(media.Play, lambda each: each.leg == id and each.loop)
    return call


async def heard(stage: Stage, id: str = "c1") -> None:
    """Hear the prompt that was begun last to its end."""
    last = [
        each
        for each in stage.media.heard
        if isinstance(each, (media.Play, media.PlayStream)) and each.leg == id
    ][-1]
    stage.media.say(media.PlayEnded(id, last.play))


async def rung(stage: Stage) -> tuple[str, str]:
    """Return the call that is dialled next, and the number."""
    dial = await stage.sip.until(signalling.Dial)
    return dial.call, dial.target.removeprefix("sip:").partition("@")[0]


async def talking(stage: Stage) -> tuple[LiveCall, str]:
    """Speak with the first agent; return the call, and the agent's side."""
    call = await in_queue(stage)
    ring, _ = await rung(stage)
    stage.sip.say(signalling.Answered(ring, OFFER))
    assert await stage.media.until(media.Bridge) == media.Bridge("c1", ring)
    return call, ring


async def trace(stage: Stage, call: LiveCall) -> list[tuple[str, dict[str, Any]]]:
    """Return the queue log of a call."""
    return [(kind.value, data) for kind, data in await stage.notes(call) if kind in QUEUE_LOG]


def spoken_with(stage: Stage, call: Call) -> list[tuple[str, float, float]]:
    """Return with whom the caller spoke, from when to when, in seconds since the call was answered."""
    begin = call.answered_at
    assert begin is not None
    return [
        (leg.address, (leg.started_at - begin).total_seconds(), (leg.ended_at - begin).total_seconds())
        for leg in stage.store.find(Leg, call_id=call.id, role=Role.AGENT, order_by=("started_at",))
        if leg.ended_at is not None
    ]


def states(stage: Stage) -> dict[str, str]:
    return {each["id"]: each["state"] for each in stage.desk.agents()}


# -- ringing ------------------------------------------------------------------------------------------


def test_who_is_idle_longest_is_rung_answers_and_is_recorded_with_the_call(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        dial = await stage.sip.until(signalling.Dial)
        assert (dial.target, dial.caller, dial.name) == (ANN.address, "19900010001", "refund")
        assert states(stage) == {"A01": "ringing", "A02": "available"}
        stage.pass_time(7)
        stage.sip.say(signalling.Ringing(dial.call))
        stage.sip.say(signalling.Answered(dial.call, OFFER))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", dial.call)
        assert call.state == "talking"
        stage.pass_time(90)
        stage.sip.say(signalling.Ended("c1", "remote"))
        assert (await stage.sip.until(signalling.Bye)).call == dial.call
        record = await stage.over(call)
        assert (record.outcome, record.agent_id, record.queue_id) == (Outcome.HANDED_OFF, "A01", "refund")
        hold = {"hold_seconds": 7.0, "original_position": 1}
        assert await trace(stage, call) == [
            ENTERED,
            ("CONNECT", {"queue": "refund", "agent": "A01", "ring_ms": 7000, **hold}),
            ("COMPLETECALLER", {"queue": "refund", "agent": "A01", "talk_seconds": 90.0, **hold}),
        ]
        legs = [(each.role, each.address) for each in stage.store.find(Leg, call_id=call.id)]
        assert sorted(legs) == [(Role.AGENT, "A01"), (Role.CALLER, "19900010001")]
        assert states(stage) == {"A01": "wrap-up", "A02": "available"}
        stage.pass_time(15)
        await stage.changes("A01", 5)
        assert [each.state for each in await stage.changes("A01", 5)] == [
            AgentState.AVAILABLE,
            AgentState.RINGING,
            AgentState.TALKING,
            AgentState.WRAP_UP,
            AgentState.AVAILABLE,
        ]

    play(tmp_path, scene)


def test_a_phone_that_is_not_answered_stops_and_the_next_one_rings(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        first, number = await rung(stage)
        assert number == "8001"
        stage.pass_time(20)
        assert (await stage.sip.until(signalling.Bye)).call == first
        second, number = await rung(stage)
        assert number == "8002"
        stage.pass_time(3)
        stage.sip.say(signalling.Answered(second, OFFER))
        await stage.media.until(media.Bridge)
        stage.sip.say(signalling.Ended("c1", "remote"))
        record = await stage.over(call)
        assert record.agent_id == "A02"
        hold = {"hold_seconds": 23.0, "original_position": 1}
        assert await trace(stage, call) == [
            ENTERED,
            ("RINGNOANSWER", {"queue": "refund", "agent": "A01", "ring_ms": 20000, "code": 408}),
            ("CONNECT", {"queue": "refund", "agent": "A02", "ring_ms": 3000, **hold}),
            ("COMPLETECALLER", {"queue": "refund", "agent": "A02", "talk_seconds": 0.0, **hold}),
        ]

    play(tmp_path, scene)


@pytest.mark.parametrize("code", [486, 603, 480, 404])
def test_a_phone_that_refuses_is_followed_by_the_next_one(tmp_path: Path, code: int) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        first, _ = await rung(stage)
        stage.pass_time(1)
        stage.sip.say(signalling.Ended(first, "remote", code))
        _, number = await rung(stage)
        assert number == "8002"
        refused = {"queue": "refund", "agent": "A01", "ring_ms": 1000, "code": code}
        assert await trace(stage, call) == [ENTERED, ("RINGNOANSWER", refused)]

    play(tmp_path, scene)


def test_a_phone_that_offers_nothing_to_agree_on_is_hung_up_and_the_next_one_rings(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await in_queue(stage)
        first, _ = await rung(stage)
        stage.sip.say(signalling.Answered(first, "v=0\r\nm=audio 4000 RTP/AVP 96\r\n"))
        assert (await stage.sip.until(signalling.Bye)).call == first
        assert (await rung(stage))[1] == "8002"

    play(tmp_path, scene)


def test_a_phone_that_is_answered_too_late_is_hung_up(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        stage.sip_replies_to_bye = False  # the answer crosses our CANCEL
        await in_queue(stage)
        first, _ = await rung(stage)
        stage.pass_time(20)
        await stage.sip.until(signalling.Bye)
        stage.sip.say(signalling.Answered(first, OFFER))
        second, _ = await rung(stage)
        stage.sip.say(signalling.Answered(second, OFFER))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", second)

    play(tmp_path, scene)


def test_a_caller_who_gives_up_leaves_no_phone_ringing(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        ring, _ = await rung(stage)
        stage.pass_time(4)
        stage.sip.say(signalling.Ended("c1", "remote"))
        assert (await stage.sip.until(signalling.Bye)).call == ring
        record = await stage.over(call)
        assert (record.outcome, record.agent_id) == (Outcome.ABANDONED, None)
        gone = {"position": 1, "original_position": 1, "wait_seconds": 4.0}
        assert await trace(stage, call) == [
            ENTERED,
            ("RINGCANCELED", {"queue": "refund", "agent": "A01", "ring_ms": 4000}),
            ("ABANDON", {"queue": "refund", **gone}),
        ]
        assert states(stage) == {"A01": "available", "A02": "available"}

    play(tmp_path, scene)


def test_a_pause_while_it_rings_gives_the_call_to_the_next_one(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await in_queue(stage)
        first, _ = await rung(stage)
        assert stage.desk.pause("A01", "午餐")["state"] == "paused"
        assert (await stage.sip.until(signalling.Bye)).call == first
        assert (await rung(stage))[1] == "8002"

    play(tmp_path, scene)


def test_three_phones_unanswered_in_a_row_pause_the_agent_and_lost_signalling_does_not(
    tmp_path: Path,
) -> None:
    async def scene(stage: Stage) -> None:
        await in_queue(stage)
        for code in (486, 503, 486, 503):
            ring, _ = await rung(stage)
            stage.sip.say(signalling.Ended(ring, "failure", code))
            await stage.until(lambda: states(stage)["A01"] == "available")
            stage.pass_time(5)
        ring, _ = await rung(stage)
        stage.sip.say(signalling.Ended(ring, "remote", 480))
        await stage.until(lambda: states(stage)["A01"] == "paused")
        assert (await stage.changes("A01"))[-1].reason == "no-answer"

    play(tmp_path, scene, at_work=("A01",))


# -- waiting ------------------------------------------------------------------------------------------


def test_callers_are_told_their_place_and_when_it_is_a_better_one(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await in_queue(stage)
        second = await in_queue(stage, "c2")
        told = second.dialog._course.variables
        for place in (2, 1):
            await stage.media.until(media.PlayStream, lambda each: each.leg == "c2")
            assert told["position"] == place
            await heard(stage, "c2")
            stage.pass_time(90)
            stage.sip.say(signalling.Ended("c1", "remote"))

    play(tmp_path, scene, at_work=("A01",))


def test_where_nobody_works_the_caller_is_sent_on_to_leave_a_message(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await stage.call()
        await heard(stage)
        await stage.media.until(media.Play, lambda each: not each.loop)
        await heard(stage)
        await stage.media.until(media.StartMessage)
        call.heard(ears.FellSilent(call.id, stage.ears.record))
        record = await stage.over(call)
        assert record.outcome is Outcome.VOICEMAIL
        left = {"position": 1, "original_position": 1, "wait_seconds": 0.0}
        assert await trace(stage, call) == [ENTERED, ("EXITEMPTY", {"queue": "refund", **left})]

    play(tmp_path, scene, at_work=())


def test_who_waits_too_long_leaves_a_message_and_no_phone_rings_on(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        while call.partner.enqueued is not None:
            await rung(stage)
            stage.pass_time(20)
            await stage.sip.until(signalling.Bye)
        await stage.media.until(media.Play, lambda each: not each.loop)
        dialled = [each.call for each in stage.sip.heard if isinstance(each, signalling.Dial)]
        ended = [each.call for each in stage.sip.heard if isinstance(each, signalling.Bye)]
        assert ended[: len(dialled)] == dialled  # one more may have been about to be dialled
        kinds = [kind for kind, _ in await trace(stage, call)]
        assert kinds.count("RINGNOANSWER") + kinds.count("RINGCANCELED") == len(ended)
        assert kinds.count("EXITWITHTIMEOUT") == 1

    play(tmp_path, scene, most_no_answers=0)


def test_a_key_leads_out_of_the_queue_into_another_one(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        first, _ = await rung(stage)
        stage.pass_time(5)
        await stage.press("2")
        assert (await stage.sip.until(signalling.Bye)).call == first
        await stage.media.until(media.Play)
        await heard(stage)
        second, number = await rung(stage)
        assert number == "8001"  # who was given up is as idle as before
        stage.sip.say(signalling.Answered(second, OFFER))
        await stage.media.until(media.Bridge)
        stage.sip.say(signalling.Ended("c1", "remote"))
        record = await stage.over(call)
        assert record.queue_id == "sales"
        left = {"key": "2", "position": 1, "original_position": 1, "wait_seconds": 5.0}
        hold = {"hold_seconds": 0.0, "original_position": 1}
        assert await trace(stage, call) == [
            ENTERED,
            ("EXITWITHKEY", {"queue": "refund", **left}),
            ("RINGCANCELED", {"queue": "refund", "agent": "A01", "ring_ms": 5000}),
            ("ENTERQUEUE", {"queue": "sales", "position": 1}),
            ("CONNECT", {"queue": "sales", "agent": "A01", "ring_ms": 0, **hold}),
            ("COMPLETECALLER", {"queue": "sales", "agent": "A01", "talk_seconds": 0.0, **hold}),
        ]

    play(tmp_path, scene)


def test_a_callback_is_kept_for_the_number_that_called(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        ring, _ = await rung(stage)
        await stage.press("3")
        assert (await stage.sip.until(signalling.Bye)).call == ring
        record = await stage.over(call)
        assert record.outcome is Outcome.CONTAINED
        (kept,) = stage.store.find(Callback, call_id=call.id)
        assert (kept.number, kept.queue_id, kept.state) == ("19900010001", "refund", "open")

    play(tmp_path, scene)


# -- talking ------------------------------------------------------------------------------------------


def test_an_agent_who_hangs_up_first_is_judged_in_the_survey(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.pass_time(30)
        stage.sip.say(signalling.Ended(ring, "remote"))
        await stage.media.until(media.Play)
        await stage.press("5")
        record = await stage.over(call)
        assert (record.outcome, record.agent_id) == (Outcome.HANDED_OFF, "A01")
        (survey,) = stage.store.find(Survey, call_id=call.id)
        assert (survey.score, survey.agent_id) == (5, "A01")
        assert (await trace(stage, call))[-1] == (
            "COMPLETEAGENT",
            {
                "queue": "refund",
                "agent": "A01",
                "hold_seconds": 0.0,
                "talk_seconds": 30.0,
                "original_position": 1,
            },
        )
        assert states(stage)["A01"] == "wrap-up"

    play(tmp_path, scene)


def test_an_agent_s_phone_that_falls_silent_is_as_if_it_was_hung_up(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.media.say(media.MediaTimeout(ring, 30.0))
        assert (await stage.sip.until(signalling.Bye)).call == ring
        await stage.media.until(media.Play)
        assert (await trace(stage, call))[-1][0] == "COMPLETEAGENT"

    play(tmp_path, scene)


def test_a_caller_hears_music_while_the_agent_holds(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.sip.say(signalling.Reoffered(ring, HELD))
        connect = await stage.media.until(media.ConnectLeg)
        assert (connect.leg, connect.direction) == (ring, "recvonly")
        await stage.media.until(media.Unbridge)
        music = await stage.media.until(media.Play)
        assert (music.leg, music.sound, music.loop) == ("c1", stage.board.sounds.hold_music.id, True)
        stage.sip.say(signalling.Reoffered(ring, OFFER))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", ring)
        assert (
            "a=sendrecv" in [each.sdp for each in stage.sip.heard if isinstance(each, signalling.Accept)][-1]
        )
        held = [data for kind, data in await stage.notes(call) if kind is EventKind.HOLD]
        assert held == [{"by": "agent", "on": True}, {"by": "agent", "on": False}]

    play(tmp_path, scene)


def test_who_answers_on_hold_lets_the_caller_hear_music(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await in_queue(stage)
        ring, _ = await rung(stage)
        stage.sip.say(signalling.Answered(ring, HELD))
        await stage.media.until(media.Play, lambda each: each.loop)
        stage.sip.say(signalling.Reoffered(ring, OFFER))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", ring)

    play(tmp_path, scene)


def test_keys_are_for_the_conversation(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        await stage.press("1")
        stage.media.say(media.DigitPressed(ring, "1", 0.0, "event"))
        stage.sip.say(signalling.Ended("c1", "remote"))
        record = await stage.over(call)
        assert record.outcome is Outcome.HANDED_OFF

    play(tmp_path, scene)


# -- transfers ----------------------------------------------------------------------------------------


def test_an_agent_sends_the_caller_to_another_number(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.pass_time(40)
        stage.sip.say(signalling.ReferRequested(ring, "sip:8888@10.0.0.9"))
        await stage.media.until(media.Unbridge)
        tone = await stage.media.until(media.Play)
        assert (tone.leg, tone.sound, tone.loop) == ("c1", stage.board.sounds.ringing.id, True)
        dial = await stage.sip.until(signalling.Dial)
        assert (dial.target, dial.caller) == ("sip:8888@10.0.0.9", "19900010001")
        assert states(stage)["A01"] == "talking"
        stage.sip.say(signalling.Answered(dial.call, OFFER))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", dial.call)
        assert (await stage.sip.until(signalling.Bye)).call == ring
        assert states(stage)["A01"] == "wrap-up"
        stage.pass_time(100)
        stage.sip.say(signalling.Ended(dial.call, "remote"))
        await stage.media.until(media.Play, lambda each: not each.loop)  # the survey
        await stage.press("4")
        record = await stage.over(call)
        assert record.agent_id == "A01"
        hold = {"hold_seconds": 0.0, "original_position": 1}
        assert await trace(stage, call) == [
            ENTERED,
            ("CONNECT", {"queue": "refund", "agent": "A01", "ring_ms": 0, **hold}),
            ("BLINDTRANSFER", {"queue": "refund", "agent": "A01", "talk_seconds": 40.0, **hold}),
        ]
        assert spoken_with(stage, record) == [("A01", 0, 40), ("8888", 40, 140)]

    play(tmp_path, scene)


@pytest.mark.parametrize("target", ["sip:8002@10.0.0.9", "sip:A02@10.0.0.1", "sip:8002@10.0.0.1:5060;x=y"])
def test_an_agent_hands_the_caller_on_to_a_colleague_by_address_or_at_our_own(
    tmp_path: Path, target: str
) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.pass_time(40)
        stage.sip.say(signalling.ReferRequested(ring, target))
        tone = await stage.media.until(media.Play)
        assert (tone.leg, tone.sound, tone.loop) == ("c1", stage.board.sounds.ringing.id, True)
        dial = await stage.sip.until(signalling.Dial)
        assert (dial.target, dial.caller) == ("sip:8002@10.0.0.9", "19900010001")
        assert (states(stage)["A01"], states(stage)["A02"]) == ("talking", "ringing")
        stage.sip.say(signalling.Answered(dial.call, OFFER))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", dial.call)
        assert (await stage.sip.until(signalling.Bye)).call == ring
        assert (states(stage)["A01"], states(stage)["A02"]) == ("wrap-up", "talking")
        stage.pass_time(100)
        stage.sip.say(signalling.Ended(dial.call, "remote"))
        await stage.media.until(media.Play, lambda each: not each.loop)  # the survey
        assert states(stage)["A02"] == "wrap-up"
        await stage.press("4")
        record = await stage.over(call)
        assert record.agent_id == "A02"
        assert [each.agent_id for each in stage.store.find(Survey, call_id=call.id)] == ["A02"]
        first, second = {"queue": "refund", "agent": "A01"}, {"queue": "refund", "agent": "A02"}
        hold = {"hold_seconds": 0.0, "original_position": 1}
        assert await trace(stage, call) == [
            ENTERED,
            ("CONNECT", {**first, "ring_ms": 0, **hold}),
            ("BLINDTRANSFER", {**first, "talk_seconds": 40.0, **hold}),
            ("CONNECT", {**second, "ring_ms": 0, "handed_on": True}),
            ("COMPLETEAGENT", {**second, "talk_seconds": 100.0, **hold}),
        ]
        assert spoken_with(stage, record) == [("A01", 0, 40), ("A02", 40, 140)]

    play(tmp_path, scene, address="10.0.0.1:5060")


def test_a_colleague_who_does_not_answer_leaves_the_caller_with_the_agent(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.sip.say(signalling.ReferRequested(ring, "sip:8002@10.0.0.9"))
        dial = await stage.sip.until(signalling.Dial)
        stage.sip.say(signalling.Ended(dial.call, "remote", 486))
        assert await stage.media.until(media.Bridge, lambda each: each.other == ring)
        told = await stage.sip.until(signalling.ReferProgress)
        assert (told.call, told.code, told.final) == (ring, 486, True)
        assert (states(stage)["A01"], states(stage)["A02"]) == ("talking", "available")
        assert call.log.call.agent_id == "A01"

    play(tmp_path, scene)


@pytest.mark.parametrize(("target", "code"), [("sip:A02@10.0.0.1", 480), ("sip:9999@10.0.0.1:5060", 404)])
def test_our_own_address_leads_to_agents_at_work_and_to_nobody_else(
    tmp_path: Path, target: str, code: int
) -> None:
    async def scene(stage: Stage) -> None:
        _, ring = await talking(stage)
        stage.sip.say(signalling.ReferRequested(ring, target))
        told = await stage.sip.until(signalling.ReferProgress)
        assert (told.call, told.code, told.final) == (ring, code, True)
        assert states(stage)["A01"] == "talking"
        assert len([each for each in stage.sip.heard if isinstance(each, signalling.Dial)]) == 1

    play(tmp_path, scene, at_work=("A01",), address="10.0.0.1:5060")


def test_an_agent_who_hangs_up_while_a_colleague_is_rung_is_out_of_it(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.sip.say(signalling.ReferRequested(ring, "sip:8002@10.0.0.9"))
        dial = await stage.sip.until(signalling.Dial)
        stage.sip.say(signalling.Ended(ring, "remote"))
        await stage.until(lambda: states(stage)["A01"] == "wrap-up")
        stage.sip.say(signalling.Answered(dial.call, OFFER))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", dial.call)
        stage.sip.say(signalling.Ended("c1", "remote"))
        await stage.over(call)
        assert [(kind, data.get("agent")) for kind, data in await trace(stage, call)] == [
            ("ENTERQUEUE", None),
            ("CONNECT", "A01"),
            ("BLINDTRANSFER", "A01"),
            ("CONNECT", "A02"),
            ("COMPLETECALLER", "A02"),
        ]

    play(tmp_path, scene)


def test_a_caller_who_hangs_up_while_a_colleague_is_rung_ends_both(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.sip.say(signalling.ReferRequested(ring, "sip:8002@10.0.0.9"))
        dial = await stage.sip.until(signalling.Dial)
        stage.sip.say(signalling.Ended("c1", "remote"))
        assert {(await stage.sip.until(signalling.Bye)).call for _ in range(2)} == {ring, dial.call}
        await stage.over(call)
        assert (states(stage)["A01"], states(stage)["A02"]) == ("wrap-up", "available")

    play(tmp_path, scene)


@pytest.mark.parametrize("code", [486, 408, 403])
def test_a_transfer_that_fails_brings_the_caller_back_to_the_agent(tmp_path: Path, code: int) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.sip.say(signalling.ReferRequested(ring, "sip:8888@10.0.0.9"))
        dial = await stage.sip.until(signalling.Dial)
        await stage.media.until(media.Play)
        stage.sip.say(signalling.Ended(dial.call, "remote", code))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", ring)
        told = await stage.sip.until(signalling.ReferProgress)
        assert (told.call, told.code, told.final) == (ring, code, True)
        reason = {486: "busy", 408: "no-answer", 403: "failed"}[code]
        transfers = [data for kind, data in await stage.notes(call) if kind is EventKind.TRANSFER]
        assert transfers == [
            {"by": "agent", "to": "8888"},
            {"by": "agent", "failed": reason, "code": code},
        ]
        assert states(stage)["A01"] == "talking"

    play(tmp_path, scene)


def test_a_transfer_from_hold_that_fails_comes_back_to_hold(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        _, ring = await talking(stage)
        stage.sip.say(signalling.Reoffered(ring, HELD))
        await stage.media.until(media.Play)
        stage.sip.say(signalling.ReferRequested(ring, "sip:8888@10.0.0.9"))
        dial = await stage.sip.until(signalling.Dial)
        assert (await stage.media.until(media.Play)).sound == stage.board.sounds.ringing.id
        stage.sip.say(signalling.Ended(dial.call, "remote", 486))
        assert (await stage.media.until(media.Play)).sound == stage.board.sounds.hold_music.id
        stage.sip.say(signalling.Reoffered(ring, OFFER))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", ring)

    play(tmp_path, scene)


def test_a_transfer_that_fails_when_the_agent_is_gone_lets_the_flow_go_on(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.sip.say(signalling.ReferRequested(ring, "sip:8888@10.0.0.9"))
        dial = await stage.sip.until(signalling.Dial)
        stage.sip.say(signalling.Ended(ring, "remote"))
        await stage.until(lambda: states(stage)["A01"] == "wrap-up")
        stage.sip.say(signalling.Ended(dial.call, "remote", 486))
        await stage.media.until(media.Play, lambda each: not each.loop)  # the survey
        assert [kind for kind, _ in await trace(stage, call)] == ["ENTERQUEUE", "CONNECT", "BLINDTRANSFER"]

    play(tmp_path, scene)


def test_an_agent_transfers_to_one_number_at_a_time(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        _, ring = await talking(stage)
        stage.sip.say(signalling.ReferRequested(ring, "sip:8888@10.0.0.9"))
        await stage.sip.until(signalling.Dial)
        stage.sip.say(signalling.ReferRequested(ring, "sip:9999@10.0.0.9"))
        told = await stage.sip.until(signalling.ReferProgress)
        assert (told.call, told.code, told.final) == (ring, 603, True)

    play(tmp_path, scene)


def test_a_caller_transfers_nobody(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await talking(stage)
        stage.sip.say(signalling.ReferRequested("c1", "sip:8888@10.0.0.9"))
        told = await stage.sip.until(signalling.ReferProgress)
        assert (told.call, told.code, told.final) == ("c1", 603, True)

    play(tmp_path, scene)


def test_a_caller_who_hangs_up_in_a_transfer_ends_both(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, ring = await talking(stage)
        stage.sip.say(signalling.ReferRequested(ring, "sip:8888@10.0.0.9"))
        dial = await stage.sip.until(signalling.Dial)
        stage.sip.say(signalling.Ended("c1", "remote"))
        assert {(await stage.sip.until(signalling.Bye)).call for _ in range(2)} == {ring, dial.call}
        await stage.over(call)
        assert [kind for kind, _ in await trace(stage, call)][-1] == "COMPLETECALLER"

    play(tmp_path, scene)


# -- dial codes ---------------------------------------------------------------------------------------


def dial_code(stage: Stage, code: str, source: str = "10.0.0.9:5060", caller: str = "8001") -> None:
    stage.sip.say(signalling.Arrived("k1", caller, code, OFFER, source=source))


@pytest.mark.parametrize(
    ("before", "code", "after"),
    [
        ((), "*70", "available"),
        (("login",), "*71", "offline"),
        (("login",), "%2A72", "paused"),
        (("login", "pause"), "*73", "available"),
    ],
    ids=["login", "logout", "pause", "unpause"],
)
def test_a_dial_code_beeps_changes_the_agent_and_hangs_up(
    tmp_path: Path, before: tuple[str, ...], code: str, after: str
) -> None:
    async def scene(stage: Stage) -> None:
        for what in before:
            stage.desk.login("A01") if what == "login" else stage.desk.pause("A01", "")
        dial_code(stage, code)
        await stage.sip.until(signalling.Accept)
        assert states(stage)["A01"] == after
        stage.sip.say(signalling.Confirmed("k1"))
        beep = await stage.media.until(media.Play)
        assert (beep.leg, beep.sound) == ("k1", stage.board.sounds.beep.id)
        stage.media.say(media.PlayEnded("k1", beep.play))
        assert (await stage.sip.until(signalling.Bye)).call == "k1"
        assert stage.board.calls == {}
        assert (await stage.changes("A01"))[-1].state == after

    play(tmp_path, scene, at_work=())


@pytest.mark.parametrize(
    ("source", "caller"),
    [("10.0.0.8:5060", "8001"), ("10.0.0.9:5060", "8003"), ("10.0.0.9:5060", "")],
    ids=["another host", "nobody's number", "no number"],
)
def test_a_dial_code_of_somebody_else_is_refused(tmp_path: Path, source: str, caller: str) -> None:
    async def scene(stage: Stage) -> None:
        dial_code(stage, "*72", source, caller)
        assert (await stage.sip.until(signalling.Reject)).code == 403
        assert states(stage) == {"A01": "available", "A02": "available"}

    play(tmp_path, scene)


def test_the_host_tells_agents_with_one_number_apart(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        dial_code(stage, "*70")
        await stage.sip.until(signalling.Accept)
        assert states(stage) == {"A01": "available", "A03": "offline"}

    other = Agent(id="A03", address="sip:8001@10.0.0.7")
    play(tmp_path, scene, staff=(ANN, other), at_work=())


def test_an_agent_may_be_at_an_ipv6_address(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        dial_code(stage, "*70", "[2001:db8::1]:5060")
        await stage.sip.until(signalling.Accept)
        assert states(stage) == {"A01": "available"}

    there = Agent(id="A01", address="sip:8001@[2001:DB8::1]:5062")
    play(tmp_path, scene, staff=(there,), at_work=())


def test_a_code_call_that_is_lost_leaves_nothing_behind(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        dial_code(stage, "*72")
        await stage.sip.until(signalling.Accept)
        stage.sip.say(signalling.Ended("k1", "remote"))
        assert (await stage.media.until(media.CloseLeg)).leg == "k1"
        await stage.until(lambda: not stage.board._parties)
        assert states(stage)["A01"] == "paused"

    play(tmp_path, scene)


# -- what dies ----------------------------------------------------------------------------------------


def test_when_the_media_process_dies_while_a_phone_rings_all_is_given_up(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        ring, _ = await rung(stage)
        stage.media.die()
        assert {(await stage.sip.until(signalling.Bye)).call for _ in range(2)} == {"c1", ring}
        record = await stage.over(call)
        assert (record.outcome, record.hangup_cause) == (Outcome.INTERRUPTED, "media-died")
        kinds = [kind for kind, _ in await trace(stage, call)]
        assert kinds == ["ENTERQUEUE", "ABANDON", "RINGCANCELED"]
        assert states(stage) == {"A01": "available", "A02": "available"}
        assert stage.board._parties == {}

    play(tmp_path, scene)


def test_when_the_media_process_dies_in_a_conversation_its_end_is_told(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call, _ = await talking(stage)
        stage.pass_time(12)
        stage.media.die()
        record = await stage.over(call)
        assert (record.outcome, record.agent_id) == (Outcome.INTERRUPTED, "A01")
        kind, figures = (await trace(stage, call))[-1]
        assert (kind, figures["talk_seconds"]) == ("COMPLETECALLER", 12.0)
        assert states(stage)["A01"] == "wrap-up"

    play(tmp_path, scene)


def test_when_signalling_dies_callers_hear_an_apology_and_no_agent_is_blamed(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        await rung(stage)
        stage.sip.die()
        apology = await stage.media.until(media.Play)
        assert (apology.leg, apology.sound) == ("c1", stage.board.sounds.apology.id)
        stage.pass_time(stage.board.sounds.apology.seconds)
        record = await stage.over(call)
        assert (record.outcome, record.hangup_cause) == (Outcome.INTERRUPTED, "signalling-died")
        assert [kind for kind, _ in await trace(stage, call)] == ["ENTERQUEUE", "ABANDON", "RINGCANCELED"]
        assert states(stage) == {"A01": "available", "A02": "available"}
        assert stage.board._parties == {}

    play(tmp_path, scene)


def test_a_centre_that_closes_stops_phones(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await in_queue(stage)
        ring, _ = await rung(stage)
        stage.board.give_up()
        assert {(await stage.sip.until(signalling.Bye)).call for _ in range(2)} == {"c1", ring}
        record = await stage.over(call)
        assert (record.outcome, record.hangup_cause) == (Outcome.INTERRUPTED, "drained")

    play(tmp_path, scene)


# -- who is at work -----------------------------------------------------------------------------------


def test_an_engine_that_starts_anew_knows_who_is_at_work(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        stage.desk.pause("A02", "午餐")
        await talking(stage)
        await stage.changes("A01", 3)
        stage.open_desk()  # the other one was killed in the midst of the conversation
        assert [(each["id"], each["state"], each["reason"]) for each in stage.desk.agents()] == [
            ("A01", "available", ""),
            ("A02", "paused", "午餐"),
        ]
        assert (await stage.changes("A01", 4))[-1].state is AgentState.AVAILABLE

    play(tmp_path, scene)


def test_changes_of_state_are_kept_with_their_times(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        stage.pass_time(600)
        stage.desk.pause("A01", "午餐")
        stage.pass_time(1800)
        stage.desk.unpause("A01")
        stage.pass_time(3600)
        stage.desk.logout("A01")
        kept = await stage.changes("A01", 4)
        zero = kept[0].at
        assert [(each.state, each.reason, (each.at - zero).total_seconds()) for each in kept] == [
            (AgentState.AVAILABLE, "", 0.0),
            (AgentState.PAUSED, "午餐", 660.0),
            (AgentState.AVAILABLE, "", 2460.0),
            (AgentState.OFFLINE, "", 6060.0),
        ]

    play(tmp_path, scene, at_work=("A01",))


def test_an_agent_who_is_added_while_the_centre_runs_is_rung(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        following = stage.follow_staff()
        await in_queue(stage)
        first, _ = await rung(stage)
        stage.store.add(Agent(id="A03", skills=("退款",), address="tel:+8613800000000"))
        stage.pass_time(5)
        await stage.until(lambda: "A03" in states(stage))
        stage.desk.login("A03")
        stage.sip.say(signalling.Ended(first, "remote", 486))
        dial = await stage.sip.until(signalling.Dial)
        assert (dial.target, dial.trunk) == ("tel:+8613800000000", "carrier")
        following.cancel()

    play(tmp_path, scene, staff=STAFF[:2], at_work=("A01",), trunk="carrier")
