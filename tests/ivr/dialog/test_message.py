"""Messages: what ends one, and what the caller may do with it before it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from calls.records import EventKind, Outcome
from ivr.actions import Action, Discard, HangUp, Record, Replay, StopRecording
from ivr.dialog.message import MOST_REVIEWS, REVIEW_SECONDS
from ivr.events import MessageEnded
from ivr.simulation import CHARACTERS_PER_SECOND, REPLAY_SECONDS, Simulation
from tests.ivr.dialog.flows import notes, path_of, place, texts

pytestmark = pytest.mark.unit

PLAIN = "  ask: {type: record, prompt: 请留言, max_seconds: 60, silence_seconds: 4, next: done}"
REVIEWED = PLAIN.replace("next", "review: 重听一重录二, next")
PROMPT_SECONDS = 3 / CHARACTERS_PER_SECOND
REVIEW_PROMPT_SECONDS = 6 / CHARACTERS_PER_SECOND


def message_under_way(folder: Path, nodes: str = PLAIN) -> Simulation:
    """Call, and hear the prompt out."""
    call = place(folder, nodes)
    call.until_waiting()
    return call


def taken(folder: Path, seconds: float = 10) -> Simulation:
    """Leave a message of so many seconds, ended by key, that may be reviewed."""
    call = message_under_way(folder, REVIEWED)
    call.advance(seconds)
    call.press("#")
    return call


def recording_of(call: Simulation) -> list[Action]:
    """Let everything that has to do with the recording be written down from now on, without ids."""
    seen: list[Action] = []

    def observe(action: Action, at: float) -> None:
        if isinstance(action, Record | StopRecording | Replay | Discard):
            seen.append(replace(action, id=0) if isinstance(action, Record | Replay) else action)

    call._observer = observe
    return seen


# -- what ends a message ------------------------------------------------------------------------


def test_a_message_begins_when_the_prompt_ends(tmp_path: Path) -> None:
    """With a beep, which :class:`~ivr.actions.Record` asks for."""
    call = place(tmp_path, PLAIN)
    seen = recording_of(call)
    call.advance(PROMPT_SECONDS - 0.001)
    assert (seen, call.waiting) == ([], None)
    call.advance(0.002)
    assert (seen, call.waiting) == ([Record(0, 4.0)], "message")


@pytest.mark.parametrize(("seconds", "ended"), [(59.999, False), (60.001, True)])
def test_the_longest_time_ends_it(tmp_path: Path, seconds: float, ended: bool) -> None:
    call = message_under_way(tmp_path)
    call.advance(seconds)
    assert notes(call, EventKind.MESSAGE) == ([{"ended_by": "length"}] if ended else [])
    assert (call.message, call.node) == ((True, "done") if ended else (False, "ask"))


def test_silence_ends_it(tmp_path: Path) -> None:
    call = message_under_way(tmp_path)
    call.leave_message(10)
    call.advance(3.9)
    assert call.node == "ask"
    call.advance(0.2)
    assert (call.node, notes(call, EventKind.MESSAGE)) == ("done", [{"ended_by": "silence"}])


def test_the_terminator_ends_it(tmp_path: Path) -> None:
    call = message_under_way(tmp_path)
    call.advance(10)
    call.press("#")
    assert (call.node, notes(call, EventKind.MESSAGE)) == ("done", [{"ended_by": "key"}])


@pytest.mark.parametrize(
    ("terminator", "keys"),
    [("", "0123456789*"), (", terminator: '*'", "0123456789#"), (", terminator: null", "*#0")],
)
def test_no_other_key_ends_it_or_is_kept_for_later(tmp_path: Path, terminator: str, keys: str) -> None:
    """In VoiceXML every key does (``dtmfterm``); a cheek on the keypad should not cut a complaint short."""
    call = message_under_way(
        tmp_path,
        PLAIN.replace("next: done", f"next: menu{terminator}")
        + '\n  menu: {type: menu, prompt: 问, choices: [{digits: "1", next: done}]}',
    )
    call.press(keys)
    assert (call.node, call.waiting) == ("ask", "message")
    call.advance(60)
    call.until_waiting()
    assert (call.node, notes(call, EventKind.DIGIT)) == ("menu", [])


def test_keys_pressed_before_it_neither_end_it_nor_are_kept_for_later(tmp_path: Path) -> None:
    hello = "  hello: {type: play, prompt: 您好, next: ask}\n"
    menu = '\n  menu: {type: menu, prompt: 问, choices: [{digits: "1", next: done}]}'
    call = place(tmp_path, hello + PLAIN.replace("next: done", "next: menu") + menu)
    call.press("1#")
    call.advance(1)
    call.press("1#")
    call.until_waiting()
    assert (call.node, call.waiting) == ("ask", "message")
    call.advance(60)
    call.until_waiting()
    assert (call.node, notes(call, EventKind.DIGIT)) == ("menu", [])


def test_a_silence_that_is_told_late_ends_nothing_else(tmp_path: Path) -> None:
    """It came in the same moment as the key."""
    call = message_under_way(tmp_path, REVIEWED)
    record = call._recording
    assert record is not None
    call.press("#")
    assert call.dialog.handle(MessageEnded(record), call.now) == []
    assert (call.node, texts(call)) == ("ask", ["请留言", "重听一重录二"])


def test_a_silence_of_the_message_before_does_not_end_the_one_that_is_said_anew(tmp_path: Path) -> None:
    call = message_under_way(tmp_path, REVIEWED)
    before = call._recording
    assert before is not None
    call.press("#2")
    assert call.dialog.handle(MessageEnded(before), call.now) == []
    assert (call.waiting, call._recording != before) == ("message", True)


# -- hear it, say it anew, keep it --------------------------------------------------------------


@pytest.mark.parametrize("key", ["#", "3", "0", "*"])
@pytest.mark.parametrize("seconds", [0.1, REVIEW_PROMPT_SECONDS + 2])
def test_any_key_but_two_keeps_it(tmp_path: Path, key: str, seconds: float) -> None:
    """During the question and after it."""
    call = taken(tmp_path)
    call.advance(seconds)
    call.press(key)
    assert (call.node, call.message, notes(call, EventKind.MESSAGE)) == ("done", True, [{"ended_by": "key"}])


def test_silence_keeps_it(tmp_path: Path) -> None:
    call = taken(tmp_path)
    call.advance(REVIEW_PROMPT_SECONDS)
    assert call.timers() == {"review": pytest.approx(REVIEW_SECONDS)}
    call.advance(REVIEW_SECONDS)
    assert (call.node, call.message) == ("done", True)


def test_it_is_heard_to_its_end_and_asked_about_again(tmp_path: Path) -> None:
    call = taken(tmp_path)
    seen = recording_of(call)
    call.press("1")
    call.advance(REPLAY_SECONDS - 0.001)
    assert ([type(action) for action in seen], len(call.said)) == ([Replay], 2)
    call.advance(0.002)
    assert texts(call) == ["请留言", "重听一重录二", "重听一重录二"]
    call.until_over()
    assert notes(call, EventKind.MESSAGE) == [{"ended_by": "key"}]


def test_it_is_said_anew(tmp_path: Path) -> None:
    call = taken(tmp_path)
    seen = recording_of(call)
    call.press("2")
    assert (seen, call.waiting, call.message) == ([Discard(), Record(0, 4.0)], "message", False)
    call.leave_message(10)
    call.advance(4.1)
    call.press("#")
    assert (seen[2:], notes(call, EventKind.MESSAGE)) == ([StopRecording()], [{"ended_by": "silence"}])


def test_it_is_said_anew_while_it_is_being_heard_and_then_asked_about_once(tmp_path: Path) -> None:
    call = taken(tmp_path)
    call.press("1")
    call.advance(1)
    call.press("2")
    call.advance(10)
    call.press("#")
    call.until_over()
    assert texts(call) == ["请留言", "重听一重录二", "重听一重录二", "好了"]


def test_it_is_kept_while_it_is_being_heard(tmp_path: Path) -> None:
    call = taken(tmp_path)
    call.press("1")
    call.advance(1)
    call.press("#")
    assert (call.node, call.message) == ("done", True)


def test_it_is_heard_from_its_beginning_again(tmp_path: Path) -> None:
    call = taken(tmp_path)
    seen = recording_of(call)
    call.press("1")
    call.advance(REPLAY_SECONDS - 1)
    call.press("1")
    call.advance(REPLAY_SECONDS - 1)
    assert ([type(action) for action in seen], len(call.said)) == ([Replay, Replay], 2)
    call.advance(1.1)
    assert len(call.said) == 3


@pytest.mark.parametrize("key", ["1", "2"])
def test_after_so_many_reviews_it_is_kept_as_it_is(tmp_path: Path, key: str) -> None:
    call = taken(tmp_path)
    for _ in range(MOST_REVIEWS):
        assert call.node == "ask"
        call.press(key)
        if key == "1":
            call.advance(REPLAY_SECONDS + 0.1)
        else:
            call.press("#")
    assert (call.node, call.message, texts(call).count("重听一重录二")) == ("done", True, MOST_REVIEWS)


def test_without_a_review_it_is_kept_at_once(tmp_path: Path) -> None:
    call = message_under_way(tmp_path)
    call.press("#")
    assert (call.node, texts(call)) == ("done", ["请留言", "好了"])
    call.until_over()
    assert call.end == HangUp("completed", Outcome.VOICEMAIL)


# -- hanging up ---------------------------------------------------------------------------------

REVIEWING: dict[str, tuple[list[str | float], str | None]] = {
    "the prompt": ([], None),
    "the message": (["prompt"], "hang-up"),
    "the review's question": (["prompt", 5.0, "#"], "key"),
    "the wait for its answer": (["prompt", 5.0, "#", REVIEW_PROMPT_SECONDS + 1], "key"),
    "hearing it again": (["prompt", 5.0, "#", "1", 1.0], "key"),
    "saying it anew": (["prompt", 5.0, "#", "2", 1.0], "hang-up"),
}


@pytest.mark.parametrize("during", REVIEWING)
def test_hanging_up_keeps_what_there_is(tmp_path: Path, during: str) -> None:
    steps, ended_by = REVIEWING[during]
    call = place(tmp_path, REVIEWED)
    for step in steps:
        if step == "prompt":
            call.until_waiting()
        elif isinstance(step, str):
            call.press(step)
        else:
            call.advance(step)
    call.hang_up()
    kept = ended_by is not None
    assert call.end == HangUp("caller", Outcome.VOICEMAIL if kept else Outcome.ABANDONED)
    assert (call.message, notes(call, EventKind.MESSAGE)) == (kept, [{"ended_by": ended_by}] if kept else [])
    assert path_of(call) == ["ask"]


def test_every_recording_that_is_begun_is_ended(tmp_path: Path) -> None:
    """A door may write the message into a file of its own: a hang-up closes that, too."""
    for keys in ("", "#", "#2", "#1", "#2#"):
        call = place(tmp_path, REVIEWED)
        seen = recording_of(call)
        call.until_waiting()
        call.press(keys)
        call.hang_up()
        kinds = [type(action) for action in seen]
        assert kinds.count(Record) == kinds.count(StopRecording), f"after {keys!r}"
