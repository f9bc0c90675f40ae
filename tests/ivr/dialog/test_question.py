"""Inputs: what is asked how often, what stops it, and what is made of the answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.records import EventKind
from ivr import actions
from ivr.simulation import Simulation
from tests.ivr.dialog.flows import notes, path_of, place, texts

pytestmark = pytest.mark.unit

PHONE = """
  phone:
    {type: collect, prompt: 手机号码, variable: phone, kind: phone, spoken: true, min_confidence: 0, next: ok}
  ok:
    type: confirm
    prompt: 是{phone}吗
    variable: phone
    sure_above: 0.9
    unsure_below: 0.3
    next: done
    retry: phone
    attempts: 2
    give_up: agent
"""


def test_the_question_gets_shorter_and_then_more_helpful(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        "  ask: {type: menu, prompt: 长问题, again: [短问题, 再帮您一次], "
        'choices: [{digits: "1", next: done}]}',
    )
    call.until_over()
    assert texts(call) == ["长问题", "没听到", "短问题", "没听到", "再帮您一次"]
    assert call.end == actions.HangUp("lost", "failed")


def test_no_input_and_no_match_are_counted_apart(tmp_path: Path) -> None:
    call = place(tmp_path, '  ask: {type: menu, prompt: 问, choices: [{digits: "1", next: done}]}')
    for _ in range(2):
        call.until_waiting()
        call.press("9")
        call.until_waiting()
        call.advance(5)
    assert notes(call, EventKind.NO_INPUT, EventKind.NO_MATCH) == [
        {"count": 1, "keys": 1},
        {"count": 1},
        {"count": 2, "keys": 1},
        {"count": 2},
    ]
    assert not call.ended


@pytest.mark.parametrize(
    ("barge_in", "key_stops", "listens"),
    [("true", True, True), ("false", False, False), ("digits", True, False), ("speech", False, True)],
)
def test_barge_in_by_key_and_by_speech_can_be_switched(
    tmp_path: Path, barge_in: str, key_stops: bool, listens: bool
) -> None:
    call = place(
        tmp_path,
        f"  ask: {{type: menu, prompt: 一个很长的问题, barge_in: {barge_in}, "
        'choices: [{digits: "1", phrases: [查话费], next: done}]}',
    )
    assert (call.listening is not None) == listens
    call.press("1")
    assert (call.node == "done") == key_stops
    call.until_over()
    assert path_of(call) == ["ask", "done", "bye"]


def type_ahead(tmp_path: Path, flush: str) -> Simulation:
    return place(
        tmp_path,
        f"""
  hello: {{type: play, prompt: 您好，欢迎致电, next: again}}
  again: {{type: play, prompt: 现在是促销时间, {flush}next: one}}
  one: {{type: menu, prompt: 第一个问题, choices: [{{digits: "1", next: two}}]}}
  two: {{type: menu, prompt: 第二个问题, choices: [{{digits: "2", next: done}}]}}
""",
    )


def test_keys_pressed_ahead_survive_prompts_and_nodes(tmp_path: Path) -> None:
    call = type_ahead(tmp_path, "")
    call.press("1")
    call.advance(2)
    call.press("2")
    call.until_over()
    assert texts(call) == ["您好，欢迎致电", "现在是促销时间", "好了"]


def test_a_flush_forgets_them(tmp_path: Path) -> None:
    call = type_ahead(tmp_path, "flush: true, ")
    call.press("12")
    call.until_waiting()
    assert texts(call) == ["您好，欢迎致电", "现在是促销时间", "第一个问题"]


def test_the_inter_digit_timer_ends_an_entry_only_once_it_is_long_enough(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        "  ask: {type: collect, prompt: 卡号, variable: card, min_length: 4, max_length: 8, "
        "inter_digit_seconds: 2, first_input_seconds: 6, next: done}",
    )
    call.until_waiting()
    call.press("123")
    assert call.timers()["inter-digit"] == 6
    call.press("4")
    assert call.timers()["inter-digit"] == 2
    call.advance(2)
    assert (call.node, call.dialog.variables["card"]) == ("done", "1234")


def test_speech_below_the_confidence_asked_for_is_no_match(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        "  ask: {type: menu, prompt: 问, min_confidence: 0.6, choices: [{phrases: [查话费], next: done}]}",
    )
    call.until_waiting()
    call.say("查话费", confidence=0.59)
    assert call.node == "ask"
    call.until_waiting()
    call.say("查话费", confidence=0.6)
    assert call.node == "done"


def test_a_menu_keeps_which_choice_it_was(tmp_path: Path) -> None:
    call = place(
        tmp_path,
        "  ask: {type: menu, prompt: 问, variable: what, choices: "
        '[{digits: "1", phrases: [查话费], next: done}, {digits: "2", value: parcel, next: done}]}',
    )
    call.until_waiting()
    call.press("2")
    assert call.dialog.variables["what"] == "parcel"


# -- confirmation -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confidence", "asked"),
    [
        (1.0, ["手机号码", "好了"]),
        (0.9, ["手机号码", "好了"]),
        (0.89, ["手机号码", "是幺九九，零零零一，零零零一吗"]),
        (0.3, ["手机号码", "是幺九九，零零零一，零零零一吗"]),
        (0.29, ["手机号码", "没听懂", "手机号码"]),
    ],
)
def test_confidence_decides_what_is_confirmed(tmp_path: Path, confidence: float, asked: list[str]) -> None:
    call = place(tmp_path, PHONE)
    call.until_waiting()
    call.say("幺九九零零零幺零零零幺", confidence)
    call.until_waiting()
    heard = texts(call)
    assert [text[:5] for text in heard] == [text[:5] for text in asked]


def test_what_was_keyed_needs_no_confirmation_unless_it_is_always_wanted(tmp_path: Path) -> None:
    for always, asked in (("", False), ("always: true\n    ", True)):
        call = place(
            tmp_path, PHONE.replace("variable: phone\n    sure", f"variable: phone\n    {always}sure")
        )
        call.until_waiting()
        call.press("19900010001")
        assert (call.node == "ok") == asked


def test_a_refused_value_is_asked_again_and_given_up_in_the_end(tmp_path: Path) -> None:
    call = place(tmp_path, PHONE)
    for _ in range(2):
        call.until_waiting()
        call.say("幺九九零零零幺零零零幺", 0.5)
        assert call.node == "ok"
        call.until_waiting()
        call.say("不对")
    assert path_of(call) == ["phone", "ok", "phone", "ok", "agent"]
    assert "phone" not in call.dialog.variables


def test_values_of_low_confidence_run_out_of_retries_like_any_no_match(tmp_path: Path) -> None:
    call = place(tmp_path, PHONE)
    for _ in range(3):
        call.until_waiting()
        call.say("幺九九零零零幺零零零幺", 0.1)
    assert call.end == actions.HangUp("lost", "failed")
    assert [each["count"] for each in notes(call, EventKind.NO_MATCH)] == [1, 2, 3]


def test_a_confirmed_value_goes_on(tmp_path: Path) -> None:
    call = place(tmp_path, PHONE)
    call.until_waiting()
    call.say("幺九九零零零幺零零零幺", 0.5)
    call.until_waiting()
    call.say("对的")
    assert (call.node, call.dialog.variables["phone_last4"]) == ("done", "0001")


# -- secrets ------------------------------------------------------------------------------------


def test_a_secret_is_masked_and_leaves_only_a_count(tmp_path: Path) -> None:
    seen: list[actions.Action] = []
    call = place(
        tmp_path,
        "  pin: {type: collect, prompt: 密码, variable: pin, secret: true, max_length: 6, next: done}",
    )
    call._observer = lambda action, at: seen.append(action)
    call.press("314159")
    assert call.dialog.variables["pin"] == "314159"
    assert [action for action in seen if isinstance(action, actions.Unmask)] == [actions.Unmask(1.0)]
    assert notes(call, EventKind.DIGIT) == [{"count": number} for number in range(1, 7)]
    assert "314159" not in repr(seen)


def test_keys_pressed_ahead_are_no_secret(tmp_path: Path) -> None:
    """They were kept in the recording: a secret node begins with an empty buffer."""
    call = place(
        tmp_path,
        """
  hello: {type: play, prompt: 您好, next: pin}
  pin: {type: collect, prompt: 密码, variable: pin, secret: true, max_length: 6, next: done}
""",
    )
    call.press("314159")
    call.until_waiting()
    assert (call.node, "pin" in call.dialog.variables) == ("pin", False)


# -- surveys ------------------------------------------------------------------------------------

SURVEY = "  marks: {type: survey, prompt: 请打分, variable: mark, next: bye}"


@pytest.mark.parametrize(
    ("answer", "mark"), [("5", 5), ("1", 1), ("非常满意", 5), ("不满意", 2), ("三分", 3)]
)
def test_a_survey_takes_keys_and_words(tmp_path: Path, answer: str, mark: int) -> None:
    call = place(tmp_path, SURVEY)
    call.until_waiting()
    call.press(answer) if answer.isdecimal() else call.say(answer)
    assert (call.survey, call.ended, notes(call, EventKind.SURVEY)) == (mark, True, [{"score": mark}])


def test_a_survey_lets_a_silent_caller_go(tmp_path: Path) -> None:
    call = place(tmp_path, SURVEY)
    call.until_over()
    assert (call.survey, texts(call)) == (None, ["请打分", "没听到", "请打分"])
    assert call.end == actions.HangUp("completed", "contained")
