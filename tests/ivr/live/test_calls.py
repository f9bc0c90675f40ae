"""Calls as the engine holds them, played on both sides by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from calls.records import Call, EventKind, Outcome
from ivr.live.saying import NO_PLAY
from ivr.wire import ears, media, signalling
from tests.ivr.live.stage import HELD, OFFER, Stage

pytestmark = pytest.mark.integration

FLOW = """
name: desk
start: hello
defaults:
  no_input: {max: 3, next: bye}
  no_match: {max: 3, next: bye}
nodes:
  hello: {type: play, prompt: 您好通话将被录音, notice: true, next: menu}
  menu:
    type: menu
    prompt: 话费一快递二
    choices:
      - {digits: "1", phrases: [话费], next: secret}
      - {digits: "2", next: message}
      - {digits: "3", next: agent}
      - {digits: "4", next: other}
      - {digits: "5", next: unspeakable}
  secret: {type: collect, prompt: 密码, variable: pin, secret: true, min_length: 2, max_length: 2, next: told}
  told: {type: play, prompt: "好的{caller_last4}", next: bye}
  message: {type: record, prompt: 请留言, max_seconds: 20, silence_seconds: 3, next: bye}
  agent: {type: queue, queue: general, prompt: 请稍候, max_wait_seconds: 30, no_agent: bye, after: survey}
  other: {type: transfer, to: "110", prompt: 正在接通, timeout_seconds: 20, failed: bye}
  survey: {type: survey, prompt: 请评价, next: bye}
  unspeakable: {type: play, prompt: 说不出, next: bye}
  bye: {type: hangup}
"""


def play(folder: Path, scene: Callable[[Stage], Awaitable[None]], **settings: Any) -> None:
    async def run() -> None:
        async with Stage(folder, FLOW, **settings) as stage:
            await scene(stage)

    asyncio.run(run())


async def heard(stage: Stage, id: str = "c1") -> None:
    """Hear the prompt that was begun last to its end."""
    last = [each for each in stage.media.heard if isinstance(each, (media.Play, media.PlayStream))][-1]
    stage.media.say(media.PlayEnded(id, last.play))


async def at_menu(stage: Stage) -> Any:
    call = await stage.call()
    await heard(stage)
    await stage.media.until(media.Play)
    return call


def test_a_call_is_answered_greeted_recorded_and_kept(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        assert stage.ears.listens[call.id].phrases == ("话费",)
        assert stage.ears.attached == {call.id: call.caller.slot}
        stage.sip.say(signalling.Ended("c1", "remote"))
        record = await stage.over(call)
        assert (record.outcome, record.hangup_cause, record.door) == (Outcome.ABANDONED, "caller", "sip")
        assert record.answered_at is not None and record.ended_at is not None
        assert record.started_at <= record.answered_at <= record.ended_at
        (recording,) = stage.recordings(call)
        assert (recording.seconds, recording.sha256) == (1.0, "0" * 64)
        started = [each for each in stage.media.heard if isinstance(each, media.StartRecording)]
        assert [(each.leg, each.silent) for each in started] == [("c1", True)]
        assert started[0].path == str(stage.board.folder.path(recording))
        assert stage.ears.attached == {}

    play(tmp_path, scene)


def test_the_callers_voice_is_kept_after_the_notice_and_not_while_a_secret_is_entered(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await at_menu(stage)
        await stage.press("1")
        await stage.media.until(media.Silence, lambda each: each.on)
        await stage.press("7")
        await stage.press("8")
        await stage.media.until(media.Silence, lambda each: not each.on)
        silences = [each.on for each in stage.media.heard if isinstance(each, media.Silence)]
        assert silences == [False, True, False]

    play(tmp_path, scene)


def test_what_is_said_to_one_caller_alone_goes_as_a_stream_and_is_in_no_file(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await at_menu(stage)
        files = set((tmp_path / "sounds").iterdir())
        for key in "178":
            await stage.press(key)
        stream = await stage.media.until(media.PlayStream)
        last = await stage.media.until(media.Feed, lambda each: each.last)
        assert last.play == stream.play
        pieces = [each.sound for each in stage.media.heard if isinstance(each, media.Feed)]
        assert len(b"".join(pieces)) == 160 * (1 + len("好的0001"))
        new = set((tmp_path / "sounds").iterdir()) - files
        assert {path.suffix for path in new} <= {".alaw"} and len(new) <= 1  # the secret's question

    play(tmp_path, scene)


def test_a_barge_in_stops_the_prompt_before_anything_else(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await at_menu(stage)
        await stage.press("3")
        await stage.media.until(media.StopPlaying)
        await stage.media.until(media.Play)

    play(tmp_path, scene)


def test_a_key_told_by_info_and_in_the_sound_counts_once(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        await stage.press("1")
        stage.sip.say(signalling.InfoDigit("c1", "1", 160))
        stage.sip.say(signalling.Ended("c1", "remote"))
        await stage.over(call)
        keyed = [data for kind, data in await stage.notes(call) if kind is EventKind.DIGIT]
        assert len(keyed) == 1

    play(tmp_path, scene)


def test_time_stands_still_for_a_caller_who_holds(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        await heard(stage)
        stage.sip.say(signalling.Reoffered("c1", HELD))
        connect = await stage.media.until(media.ConnectLeg, lambda each: each.direction != "sendrecv")
        assert connect.direction == "recvonly"
        assert call._timers.standing_still and len(call._timers) > 0
        stage.sip.say(signalling.Reoffered("c1", OFFER))
        await stage.media.until(media.ConnectLeg, lambda each: each.direction == "sendrecv")
        assert not call._timers.standing_still and len(call._timers) > 0
        assert [data for kind, data in await stage.notes(call) if kind is EventKind.HOLD] == [
            {"by": "caller", "on": True},
            {"by": "caller", "on": False},
        ]

    play(tmp_path, scene)


def test_a_caller_without_an_offer_answers_ours(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await stage.call(offer="")
        accept = next(each for each in stage.sip.heard if isinstance(each, signalling.Accept))
        assert "m=audio 20000" in accept.sdp
        connect = next(each for each in stage.media.heard if isinstance(each, media.ConnectLeg))
        assert (connect.host, connect.port, connect.event_type) == ("127.0.0.1", 40000, 101)

    play(tmp_path, scene)


def test_a_caller_who_gives_up_while_the_leg_is_opened_is_an_abandoned_call(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        stage.arrive()
        stage.sip.say(signalling.Ended("c1", "remote", 487))
        async with asyncio.timeout(10):
            while not (ended := [each for each in stage.store.find(Call) if each.ended_at]):
                await asyncio.sleep(0.001)
        assert [each.outcome for each in ended] == [Outcome.ABANDONED]
        assert stage.board.calls == {}

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("callee", "offer", "code"),
    [("12345", OFFER, 404), ("95000", "v=0\r\nm=audio 4 RTP/AVP 96\r\n", 488)],
    ids=["no flow answers the number", "no codec"],
)
def test_a_call_that_cannot_be_taken_is_refused(tmp_path: Path, callee: str, offer: str, code: int) -> None:
    async def scene(stage: Stage) -> None:
        stage.arrive(callee=callee, offer=offer)
        assert (await stage.sip.until(signalling.Reject)).code == code

    play(tmp_path, scene)


def test_a_full_centre_says_when_to_try_again(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        await stage.call()
        stage.arrive("c2")
        refused = await stage.sip.until(signalling.Reject)
        assert (refused.call, refused.code, refused.retry_after_seconds) == ("c2", 503, 5)

    play(tmp_path, scene, most_calls=1)


def test_a_transfer_dials_bridges_and_ends_with_the_other_side(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        await stage.press("4")
        await stage.media.until(media.Play)
        await heard(stage)
        dial = await stage.sip.until(signalling.Dial)
        assert (dial.target, dial.trunk, dial.timeout_seconds) == ("sip:110@10.0.0.9", "carrier", 20.0)
        assert (await stage.media.until(media.Play)).loop  # the ringing tone
        stage.sip.say(signalling.Answered(dial.call, OFFER))
        assert await stage.media.until(media.Bridge) == media.Bridge("c1", dial.call)
        stage.sip.say(signalling.Ended(dial.call, "remote"))
        record = await stage.over(call)
        assert (record.outcome, record.hangup_cause) == (Outcome.HANDED_OFF, "agent")

    play(tmp_path, scene, outbound="sip:{number}@10.0.0.9", trunk="carrier")


@pytest.mark.parametrize(("code", "reason"), [(486, "busy"), (408, "no-answer"), (404, "failed")])
def test_a_transfer_that_fails_says_why(tmp_path: Path, code: int, reason: str) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        await stage.press("4")
        await stage.media.until(media.Play)
        await heard(stage)
        dial = await stage.sip.until(signalling.Dial)
        stage.sip.say(signalling.Ended(dial.call, "remote", code))
        await stage.over(call)
        assert (EventKind.TRANSFER, {"failed": reason, "code": code}) in await stage.notes(call)

    play(tmp_path, scene, outbound="sip:{number}@10.0.0.9")


def test_a_caller_is_referred_where_the_configuration_says_so(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        await stage.press("4")
        await stage.media.until(media.Play)
        await heard(stage)
        refer = await stage.sip.until(signalling.Refer)
        assert (refer.call, refer.target) == ("c1", "sip:110@10.0.0.9")
        stage.sip.say(signalling.ReferProgress("c1", 180))
        stage.sip.say(signalling.ReferProgress("c1", 200, "OK", final=True))
        record = await stage.over(call)
        assert record.outcome is Outcome.HANDED_OFF

    play(tmp_path, scene, outbound="sip:{number}@10.0.0.9", refer=["110"])


def test_a_message_is_taken_after_a_beep_and_ends_with_silence(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        await stage.press("2")
        await stage.media.until(media.Play)
        await heard(stage)
        await stage.media.until(media.StartMessage)
        assert (await stage.media.until(media.Play)).play == NO_PLAY
        assert stage.ears.silences == {call.id: 3.0}
        call.heard(ears.FellSilent(call.id, stage.ears.record))
        await stage.media.until(media.StopMessage)
        record = await stage.over(call)
        assert record.outcome is Outcome.VOICEMAIL

    play(tmp_path, scene)


def test_a_queue_plays_music_and_goes_on_after_the_agent(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        await stage.press("3")
        await stage.media.until(media.Play)
        await heard(stage)
        assert (await stage.media.until(media.Play)).loop
        assert stage.queues.waiting == {call.id: "general"}
        other = stage.board.other_call(call, call.partner)
        other.dial("sip:8001@10.0.0.9", 20)
        dial = await stage.sip.until(signalling.Dial)
        call.partner.agent_answered("A01", other)
        await stage.media.until(media.Bridge)
        stage.sip.say(signalling.Answered(dial.call, OFFER))
        await stage.media.until(media.ConnectLeg)
        call.partner.other_left(other)
        assert not (await stage.media.until(media.Play)).loop  # the survey
        await stage.press("5")
        record = await stage.over(call)
        assert (record.outcome, record.agent_id) == (Outcome.HANDED_OFF, "A01")

    play(tmp_path, scene)


def test_a_prompt_that_cannot_be_said_does_not_end_the_call(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        await stage.press("5")
        record = await stage.over(call)
        assert record.outcome is Outcome.CONTAINED
        assert (EventKind.ERROR, {"reason": "prompt", "name": "unspeakable", "problem": "ValueError"}) in (
            await stage.notes(call)
        )

    play(tmp_path, scene)


def test_without_an_ear_the_menu_goes_on_with_keys(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        stage.ears.room = False
        call = await at_menu(stage)
        await stage.press("4")
        await stage.media.until(media.Play)
        assert (EventKind.ERROR, {"reason": "no-ear"}) in await stage.notes(call)

    play(tmp_path, scene)


def test_when_the_media_process_dies_its_calls_end_with_a_clean_record(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        stage.media.die()
        assert (await stage.sip.until(signalling.Bye)).call == "c1"
        record = await stage.over(call)
        assert (record.outcome, record.hangup_cause) == (Outcome.INTERRUPTED, "media-died")
        (recording,) = stage.recordings(call)
        assert recording.flags == ("unfinished",)  # this stage wrote no file

    play(tmp_path, scene)


def test_when_signalling_dies_callers_hear_an_apology(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        stage.sip.die()
        apology = await stage.media.until(media.Play)
        assert apology.sound == stage.board.sounds.apology.id
        await stage.media.until(media.CloseLeg)
        record = await stage.over(call)
        assert (record.outcome, record.hangup_cause) == (Outcome.INTERRUPTED, "signalling-died")

    play(tmp_path, scene)


def test_a_call_that_its_signalling_process_ends_by_itself_was_not_given_up_by_the_caller(
    tmp_path: Path,
) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        stage.sip.say(signalling.Ended("c1", "local", reason="shutting down"))
        record = await stage.over(call)
        assert (record.outcome, record.hangup_cause) == (Outcome.INTERRUPTED, "signalling-ended")

    play(tmp_path, scene)


@pytest.mark.parametrize(
    ("dies", "cause"), [("media", "media-died"), ("sip", "signalling-died")], ids=["media", "signalling"]
)
def test_a_process_that_dies_while_a_call_is_being_taken_leaves_no_call(
    tmp_path: Path, dies: str, cause: str
) -> None:
    async def scene(stage: Stage) -> None:
        board = stage.board
        lost = board.media if dies == "media" else board.doors["sip"]
        with board._shelves[0][1]._lock:  # nobody can look which flow it is until then
            stage.arrive()
            async with asyncio.timeout(10):
                while not board._arriving:
                    await asyncio.sleep(0)
                getattr(stage, dies).die()
                while lost.standing:
                    await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while not (ended := [each for each in stage.store.find(Call) if each.ended_at]):
                await asyncio.sleep(0.001)
        assert [(each.outcome, each.hangup_cause) for each in ended] == [(Outcome.INTERRUPTED, cause)]
        assert (board.calls, board._arriving) == ({}, {})
        if dies == "media":
            assert (await stage.sip.until(signalling.Reject)).code == 503

    play(tmp_path, scene)


def test_a_call_that_cannot_even_begin_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(stage: Stage) -> None:
        monkeypatch.setattr(stage.board._shelves[0][1], "_stamp", None)
        monkeypatch.setattr(stage.board._shelves[0][1], "path", None)
        stage.arrive()
        assert (await stage.sip.until(signalling.Reject)).code == 503
        assert stage.board._arriving == {}

    play(tmp_path, scene)


def test_draining_refuses_new_calls_and_waits_for_the_others(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        drained = asyncio.create_task(stage.board.drain(60.0))
        assert (await stage.sip.until(signalling.Drain)).on
        stage.arrive("c2")
        assert (await stage.sip.until(signalling.Reject)).code == 503
        assert not drained.done()
        stage.sip.say(signalling.Ended("c1", "remote"))
        await drained
        assert call.id not in stage.board.calls

    play(tmp_path, scene)


def test_draining_ends_what_takes_too_long(tmp_path: Path) -> None:
    async def scene(stage: Stage) -> None:
        call = await at_menu(stage)
        await stage.board.drain(0.0)
        record = await stage.over(call)
        assert (record.outcome, record.hangup_cause) == (Outcome.INTERRUPTED, "drained")

    play(tmp_path, scene)
