"""One agent hands a caller on to another, step by step."""

from __future__ import annotations

import pytest

from calls.records import AgentState
from ivr.agents.actions import Connect, Log, LogKind, NotTaken, RingAgent, StateChanged, StopRinging
from ivr.agents.events import CallerLeft, CallerWaits, HandOn, LoggedOut, PauseAgent, TalkOver
from tests.ivr.agents.test_distributor import Centre, an_agent

pytestmark = pytest.mark.unit


def talking(*others: str) -> Centre:
    """Return a centre in which agent a talks in call c1, and others wait for a call."""
    centre = Centre(an_agent("a"), *map(an_agent, others))
    centre.tell(CallerWaits("c1", "sales"))
    centre.answer("a")
    return centre


def test_the_other_agent_is_rung_and_has_the_caller_from_the_answer_on() -> None:
    centre = talking("b")
    assert centre.after(30, HandOn("c1", "b")) == [
        RingAgent("b", "c1", "sip:b@10.0.0.5", 20, ring=3),
        StateChanged("b", AgentState.RINGING, "", 130.0),
    ]
    assert centre.states() == {"a": "talking", "b": "ringing"}
    centre.after(5)
    figures = {"hold_seconds": 0.0, "talk_seconds": 35.0, "original_position": 1}
    assert centre.answer("b") == [
        Log(LogKind.BLINDTRANSFER, "c1", "sales", "a", figures),
        Log(LogKind.WRAPUP, "c1", "sales", "a", {"wrap_up_seconds": 10}),
        Log(LogKind.CONNECT, "c1", "sales", "b", {"ring_ms": 5000, "handed_on": True}),
        Connect("c1", "b", ring=3),
        StateChanged("a", AgentState.WRAP_UP, "", 135.0),
        StateChanged("b", AgentState.TALKING, "", 135.0),
    ]
    assert centre.after(12, TalkOver("c1", "agent"))[0] == Log(
        LogKind.COMPLETEAGENT, "c1", "sales", "b", {**figures, "talk_seconds": 12.0}
    )
    assert centre.states() == {"a": "available", "b": "wrap-up"}


def test_whoever_is_rung_for_a_colleague_is_rung_for_nobody_else() -> None:
    centre = talking("b")
    centre.tell(HandOn("c1", "b"))
    centre.tell(CallerWaits("c2", "sales"))
    assert centre.states() == {"a": "talking", "b": "ringing"}
    centre.refuse("b")
    assert centre.distributor.roster.seat("b").ringing == "c2"


@pytest.mark.parametrize(("agent", "code"), [("a", 486), ("b", 486), ("c", 480), ("nobody", 480)])
def test_who_is_in_a_call_or_does_not_work_is_not_rung(agent: str, code: int) -> None:
    centre = talking("b", "c")
    centre.tell(CallerWaits("c2", "sales"), PauseAgent("c", "lunch"))
    centre.answer("b")
    assert centre.tell(HandOn("c1", agent)) == [NotTaken("c1", code)]


def test_no_answer_leaves_the_caller_where_it_was_and_is_no_missed_call() -> None:
    centre = talking("b")
    centre.tell(HandOn("c1", "b"))
    assert centre.after(20) == [
        StopRinging("b", "c1", ring=3),
        Log(LogKind.RINGNOANSWER, "c1", "sales", "b", {"ring_ms": 20_000, "code": 408}),
        NotTaken("c1", 408),
        StateChanged("b", AgentState.AVAILABLE, "", 120.0),
    ]
    assert centre.distributor.roster.seat("b").unanswered == 0
    assert centre.distributor.agent_of("c1") == "a"


@pytest.mark.parametrize("event", [LoggedOut("b"), PauseAgent("b")])
def test_who_stops_working_while_it_rings_gives_the_caller_back(event: LoggedOut | PauseAgent) -> None:
    centre = talking("b")
    centre.tell(HandOn("c1", "b"))
    assert centre.tell(event)[:3] == [
        Log(LogKind.RINGCANCELED, "c1", "sales", "b", {"ring_ms": 0}),
        StopRinging("b", "c1", ring=3),
        NotTaken("c1", 480),
    ]


def test_a_caller_who_leaves_ends_the_ringing() -> None:
    centre = talking("b")
    centre.tell(HandOn("c1", "b"))
    assert StopRinging("b", "c1", ring=3) in centre.tell(CallerLeft("c1"))
    assert centre.states() == {"a": "wrap-up", "b": "available"}


def test_the_first_agent_need_not_wait_for_the_answer() -> None:
    centre = talking("b")
    centre.tell(HandOn("c1", "b"), TalkOver("c1", "transfer"))
    assert centre.states() == {"a": "wrap-up", "b": "ringing"}
    assert Connect("c1", "b", ring=3) in centre.answer("b")
    assert centre.distributor.agent_of("c1") == "b"


def test_one_agent_after_the_other_may_hand_a_caller_on_but_not_two_at_once() -> None:
    centre = talking("b", "c")
    centre.tell(HandOn("c1", "b"))
    assert centre.tell(HandOn("c1", "c")) == []
    centre.answer("b")
    centre.tell(HandOn("c1", "c"))
    centre.answer("c")
    assert centre.states() == {"a": "wrap-up", "b": "wrap-up", "c": "talking"}


def test_who_came_through_no_queue_can_be_handed_on_too() -> None:
    centre = Centre(an_agent("b"))
    centre.tell(HandOn("c1", "b"))
    assert centre.answer("b")[:2] == [
        Log(LogKind.CONNECT, "c1", "", "b", {"ring_ms": 0, "handed_on": True}),
        Connect("c1", "b", ring=1),
    ]


def test_who_waits_for_an_agent_is_not_handed_on() -> None:
    centre = talking("b")
    centre.tell(CallerWaits("c2", "sales"))
    centre.refuse("b")
    assert centre.tell(HandOn("c2", "b")) == []
