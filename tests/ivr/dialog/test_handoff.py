"""Queues, transfers, callbacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.errors import FlowError
from calls.records import EventKind, Outcome
from ivr.actions import HangUp
from ivr.flow import load_flow
from ivr.simulation import CHARACTERS_PER_SECOND, Simulation
from tests.ivr.dialog.flows import HEAD, notes, path_of, place, texts

pytestmark = pytest.mark.unit

QUEUE = """
  wait:
    type: queue
    queue: general
    prompt: 正在转接
    comfort: 请继续等待，按一改为回电
    comfort_seconds: 20
    max_wait_seconds: 50
    keys: {"1": back}
    after: marks
    no_agent: lost
  back: {type: callback, queue: general, next: done, failed: lost}
  marks: {type: survey, prompt: 请打分, next: bye}
"""
ONE_AGENT = {"agents": {"general": {"id": "1001", "after": 30, "talks": 60}}}


def test_a_waiting_caller_is_comforted_until_the_time_is_over(tmp_path: Path) -> None:
    call = place(tmp_path, QUEUE)
    call.until_over()
    assert texts(call) == ["正在转接", "请继续等待，按一改为回电", "请继续等待，按一改为回电"]
    assert notes(call, EventKind.EXITWITHTIMEOUT) == [{"queue": "general"}]


@pytest.mark.parametrize("seconds", [5, 22])  # in silence, while comfort is being said (asterisk #543)
def test_a_key_leads_out_of_the_queue(tmp_path: Path, seconds: float) -> None:
    call = place(tmp_path, QUEUE)
    call.advance(seconds)
    call.press("9")
    assert call.node == "wait"
    call.press("1")
    call.until_over()
    assert notes(call, EventKind.EXITWITHKEY) == [{"queue": "general", "key": "1"}]
    assert (call.callbacks, path_of(call)) == (
        [("19900010001", "general")],
        ["wait", "back", "done", "bye"],
    )


def test_a_key_pressed_before_the_queue_leads_out_of_it_at_once(tmp_path: Path) -> None:
    call = place(tmp_path, QUEUE)
    call.press("1")
    assert (call.node, call.playing is not None) == ("wait", True)
    call.until_over()
    assert path_of(call)[:2] == ["wait", "back"]


def test_an_agent_answers_and_the_survey_follows(tmp_path: Path) -> None:
    call = place(tmp_path, QUEUE, world=ONE_AGENT)
    call.advance(40)
    assert (call.waiting, call.playing) == ("talk", None)
    call.advance(60)
    call.press("4")
    assert (call.survey, call.end) == (4, HangUp("completed", Outcome.HANDED_OFF))
    assert notes(call, EventKind.CONNECT, EventKind.COMPLETEAGENT) == [{"agent": "1001"}, {}]


def test_a_caller_who_hangs_up_first_gets_no_survey(tmp_path: Path) -> None:
    call = place(tmp_path, QUEUE, world=ONE_AGENT)
    call.advance(40)
    call.hang_up()
    assert call.end == HangUp("caller", Outcome.HANDED_OFF)
    assert notes(call, EventKind.COMPLETECALLER) == [{}]


def test_keys_belong_to_the_conversation_while_it_lasts(tmp_path: Path) -> None:
    call = place(tmp_path, QUEUE, world=ONE_AGENT)
    call.advance(40)
    call.press("15")
    call.advance(60)
    assert (call.node, call.survey) == ("marks", None)


def test_a_conversation_does_not_last_for_ever(tmp_path: Path) -> None:
    call = place(tmp_path, QUEUE, world={"agents": {"general": {"talks": 9e9}}})
    call.advance(4 * 3600 + 60)
    assert call.end == HangUp("talk-limit", Outcome.HANDED_OFF)


STANDING = """
  wait:
    type: queue
    queue: general
    prompt: 正在转接
    position: 您是第{position}位
    position_seconds: 30
    comfort: 请继续等待
    comfort_seconds: 40
    max_wait_seconds: 600
    no_agent: lost
"""
PROMPT = 4 / CHARACTERS_PER_SECOND


def said_at(call: Simulation) -> list[tuple[float, str]]:
    """Return what was said after the first prompt, and when after its end."""
    return [(round(said.at - PROMPT, 1), said.prompt.text) for said in call.said[1:]]


def test_a_caller_hears_the_place_at_once_and_whenever_it_is_a_better_one(tmp_path: Path) -> None:
    call = place(tmp_path, STANDING, world={"agents": {"general": {"position": 4, "after": 160}}})
    call.advance(PROMPT + 130)
    assert said_at(call) == [
        (0.0, "您是第4位"),
        (40.0, "您是第3位"),
        (41.1, "请继续等待"),
        (80.0, "您是第2位"),
        (82.2, "请继续等待"),
        (120.0, "您是第1位"),
        (123.3, "请继续等待"),
    ]


def moving(folder: Path, *moves: tuple[float, int], nodes: str = STANDING) -> Simulation:
    """Wait in the queue, and stand at other places as time goes on."""
    call = place(folder, nodes)
    call.advance(PROMPT)
    assert call._queued is not None
    for at, position in moves:
        call.advance(PROMPT + at - call.now)
        call._move(call._queued, position)
    return call


def test_places_that_are_better_sooner_than_they_may_be_told_are_told_once(tmp_path: Path) -> None:
    call = moving(tmp_path, (0, 9), (10, 8), (20, 5), (25, 4))
    call.advance(10)
    assert said_at(call) == [(0.0, "您是第9位"), (30.0, "您是第4位")]


def test_a_worse_place_is_not_told(tmp_path: Path) -> None:
    """Someone of a higher priority came (Asterisk ``announce-position-only-up``)."""
    call = moving(tmp_path, (0, 3), (35, 5), (36, 3))
    assert said_at(call) == [(0.0, "您是第3位")]
    call = moving(tmp_path, (0, 3), (5, 2), (20, 4))
    call.advance(19)
    assert said_at(call) == [(0.0, "您是第3位")]


def test_a_place_waits_until_the_comfort_is_said(tmp_path: Path) -> None:
    call = moving(tmp_path, (0, 3), (40.5, 2))
    call.advance(5)
    assert said_at(call) == [(0.0, "您是第3位"), (40.0, "请继续等待"), (41.1, "您是第2位")]


def test_without_the_field_no_place_is_told(tmp_path: Path) -> None:
    silent = STANDING.replace("position: 您是第{position}位", "position: false")
    assert said_at(moving(tmp_path, (0, 3), (35, 2), nodes=silent)) == []


def test_plain_words_are_there_in_two_languages(tmp_path: Path) -> None:
    japanese = HEAD.replace("[zh, en]", "[zh, ja]").format(start="wait")
    (tmp_path / "bank.yaml").write_text(japanese + STANDING.replace("您是第{position}位", "true"))
    with pytest.raises(FlowError, match=r"nodes.wait.position: there are no plain words for it in 'ja'"):
        load_flow(tmp_path / "bank.yaml")


def test_a_place_is_told_in_plain_words_in_the_language_that_is_spoken(tmp_path: Path) -> None:
    plain = STANDING.replace("您是第{position}位", "true")
    english = "  speak: {type: language, language: en, next: wait}" + plain
    assert said_at(moving(tmp_path, (0, 3), nodes=plain)) == [(0.0, "您排在第3位，请继续等待。")]
    call = place(tmp_path, english, world={"agents": {"general": {"position": 3}}})
    call.advance(PROMPT + 0.1)
    assert texts(call)[1:] == ["You are number 3 in the queue."]


def test_a_key_leads_out_of_the_queue_while_the_place_is_said(tmp_path: Path) -> None:
    keyed = STANDING.replace("no_agent: lost", 'no_agent: lost\n    keys: {"1": done}')
    call = moving(tmp_path, (0, 3), nodes=keyed)
    call.press("1")
    assert (call.node, notes(call, EventKind.EXITWITHKEY)) == ("done", [{"queue": "general", "key": "1"}])


def test_how_often_a_place_is_told_has_a_floor(tmp_path: Path) -> None:
    """Asterisk ``min-announce-frequency``, 15 s by default."""
    with pytest.raises(FlowError, match="position_seconds"):
        place(tmp_path, STANDING.replace("position_seconds: 30", "position_seconds: 14"))


TRANSFER = """
  out:
    type: transfer
    to: "4001"
    prompt: 正在转接
    failed: lost
    busy: engaged
    no_answer: nobody
    after: marks
  engaged: {type: play, prompt: 对方正忙, next: bye}
  nobody: {type: play, prompt: 无人接听, next: bye}
  marks: {type: survey, prompt: 请打分, next: bye}
"""


@pytest.mark.parametrize(
    ("result", "node"),
    [("answered", "marks"), ("busy", "engaged"), ("no-answer", "nobody"), ("failed", "lost")],
)
def test_a_transfer_goes_on_by_its_result(tmp_path: Path, result: str, node: str) -> None:
    call = place(tmp_path, TRANSFER, world={"transfers": {"4001": result}})
    call.until_over()
    assert (call.transferred, path_of(call)[1]) == (["4001"], node)


def test_a_transfer_of_which_nothing_is_heard_ends_by_its_timer(tmp_path: Path) -> None:
    call = place(tmp_path, TRANSFER)
    call.until_waiting()
    call._ringing = None  # the door is dead
    call.advance(40)
    assert path_of(call)[1] == "nobody"


def test_numbers_are_masked_in_the_trace(tmp_path: Path) -> None:
    call = place(tmp_path, TRANSFER.replace('to: "4001"', 'to: "19900010001"'))
    call.until_over()
    assert notes(call, EventKind.TRANSFER) == [{"to": "•••••••0001"}, {"failed": "no-answer"}]


BACK = "  back: {type: callback, queue: general, variable: level, next: done, failed: lost}"


def test_a_callback_that_is_refused_goes_elsewhere(tmp_path: Path) -> None:
    call = place(tmp_path, BACK, world={"callbacks": False})
    call.until_over()
    assert (call.callbacks, path_of(call)[1]) == ([], "lost")


def test_a_callback_needs_a_number(tmp_path: Path) -> None:
    call = place(tmp_path, BACK.replace("variable: level, ", ""), caller="")
    call.until_over()
    assert (call.callbacks, path_of(call)[1]) == ([], "lost")


def test_an_agent_of_one_queue_does_not_answer_in_another(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  first: {type: queue, queue: one, prompt: 请稍候, max_wait_seconds: 5, no_agent: second}
  second: {type: queue, queue: two, prompt: 请稍候, max_wait_seconds: 60, no_agent: lost}
""",
        world={"agents": {"one": {"after": 20}}},
    )
    call.until_over()
    assert call.end == HangUp("lost", Outcome.FAILED)


def test_a_message_counts_more_than_running_in_circles(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        """
  note: {type: record, prompt: 请留言, next: round}
  round: {type: goto, next: round}
""",
    )
    call.until_waiting()
    call.leave_message(3)
    call.until_over()
    assert call.end == HangUp("hop-limit", Outcome.VOICEMAIL)
