from __future__ import annotations

import pytest

from calls.records import EventKind
from ivr.actions import CancelTimer, Listen, Note, Play, StartTimer, StopListening, StopPlaying
from ivr.outbox import PROMPT_GUARD_SECONDS, PROMPT_TIMER, Outbox
from ivr.prompt import Prompt

pytestmark = pytest.mark.unit

REGRET, QUESTION = Prompt("regret", "没听懂"), Prompt("menu", "一还是二")


def test_prompts_follow_each_other_under_a_guard() -> None:
    out = Outbox()
    out.node = "menu"
    out.say([REGRET, QUESTION])
    assert out.take() == [
        Note(EventKind.PROMPT, "menu", {"name": "regret"}),
        Play(1, REGRET),
        StartTimer(2, PROMPT_TIMER, PROMPT_GUARD_SECONDS),
    ]
    assert out.goes_on()
    assert out.take() == [
        CancelTimer(2),
        Note(EventKind.PROMPT, "menu", {"name": "menu"}),
        Play(3, QUESTION),
        StartTimer(4, PROMPT_TIMER, PROMPT_GUARD_SECONDS),
    ]
    assert not out.goes_on()
    assert out.take() == [CancelTimer(4)]


def test_stopping_a_prompt_drops_what_was_to_follow() -> None:
    out = Outbox()
    out.say([REGRET, QUESTION])
    out.take()
    out.stop_playing()
    assert out.take() == [StopPlaying(), CancelTimer(2)]
    out.stop_playing()
    assert out.take() == []


def test_a_timer_that_is_started_anew_replaces_the_old() -> None:
    out = Outbox()
    out.start("wait", 5)
    out.start("wait", 6)
    assert out.take() == [StartTimer(1, "wait", 5), CancelTimer(1), StartTimer(2, "wait", 6)]
    assert (out.ended(1), out.ended(2), out.ended(2)) == (None, "wait", None)


def test_it_listens_once_and_not_for_nothing() -> None:
    out = Outbox()
    out.listen_for(())
    out.listen_for(("话费",))
    out.listen_for(("快递",))
    assert out.take() == [Listen(1, ("话费",))]
    out.quieten()
    assert out.take() == [StopListening()]
