from __future__ import annotations

import pytest

from calls.records import EventKind
from ivr.actions import Note
from ivr.doors.caller import Act, ScriptedCaller
from ivr.script import Step

pytestmark = pytest.mark.unit

BILL = Step(at="menu", say="查话费")
PHONE = Step(at="phone", press="123#", barge_in=1.5)


def prompt(node: str) -> Note:
    return Note(EventKind.PROMPT, node)


@pytest.fixture
def caller() -> ScriptedCaller:
    return ScriptedCaller((BILL, PHONE))


def test_a_caller_answers_after_the_prompt(caller: ScriptedCaller) -> None:
    caller.hear(prompt("menu"), 2.0)
    assert caller.act is None
    caller.hear_silence(7.0)
    assert caller.act == Act(7.7, BILL)


def test_a_caller_talks_over_the_prompt(caller: ScriptedCaller) -> None:
    caller.hear(prompt("menu"), 2.0)
    caller.hear_silence(7.0)
    caller.take()
    caller.hear(prompt("phone"), 9.0)
    assert caller.act == Act(10.5, PHONE)


def test_a_caller_waits_through_prompts_that_do_not_concern_him(caller: ScriptedCaller) -> None:
    caller.hear(prompt("welcome"), 0.0)
    caller.hear_silence(2.0)
    assert caller.act is not None and caller.take().silent
    caller.hear(prompt("menu"), 2.0)
    caller.hear_silence(7.0)
    assert caller.act == Act(7.7, BILL)


def test_a_caller_hears_out_a_prompt_that_goes_on(caller: ScriptedCaller) -> None:
    caller.hear(prompt("menu"), 2.0)
    caller.hear_silence(3.0)
    caller.hear(prompt("menu"), 3.0)
    assert caller.act is None
    caller.hear_silence(8.0)
    assert caller.act == Act(8.7, BILL)


def test_a_caller_who_was_not_understood_says_it_again(caller: ScriptedCaller) -> None:
    caller.hear(prompt("menu"), 2.0)
    caller.hear_silence(7.0)
    assert caller.take() == BILL
    caller.hear(prompt("menu"), 9.0)
    caller.hear_silence(12.0)
    assert caller.act == Act(12.7, BILL)


def test_a_caller_in_a_strange_place_is_silent(caller: ScriptedCaller) -> None:
    caller.hear(prompt("voicemail"), 2.0)
    caller.hear_silence(7.0)
    assert caller.act is not None and caller.act.step.silent


def test_a_caller_hears_nothing_but_prompts(caller: ScriptedCaller) -> None:
    caller.hear(Note(EventKind.NODE, "menu"), 2.0)
    caller.hear_silence(2.0)
    assert caller.act is None
