"""Who is rung for whom, step by step."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from calls.records import Agent, AgentState, EventKind, Queue
from ivr.agents.actions import (
    Action,
    Connect,
    Log,
    LogKind,
    Moved,
    NoAgentLeft,
    RingAgent,
    StateChanged,
    StopRinging,
)
from ivr.agents.distributor import Distributor
from ivr.agents.events import (
    AgentAnsweredCall,
    AgentRefused,
    CallerLeft,
    CallerWaits,
    Event,
    LoggedIn,
    LoggedOut,
    PauseAgent,
    Staffed,
    TalkOver,
    UnpauseAgent,
)
from ivr.agents.rules import Rules

pytestmark = pytest.mark.unit

RULES = Rules(ring_seconds=20, wrap_up_seconds=10, retry_seconds=5, most_no_answers=3, empty_seconds=10)


def an_agent(name: str, *skills: str) -> Agent:
    return Agent(id=name, skills=skills, address=f"sip:{name}@10.0.0.5")


class Centre:
    """A distributor with a clock, and phones that do as they are told."""

    def __init__(self, *agents: Agent, queues: Iterable[Queue] = (), rules: Rules = RULES) -> None:
        self.distributor = Distributor(agents, queues, rules)
        self.now = 100.0
        self.rings: dict[str, int] = {}
        self.tell(*(LoggedIn(agent.id) for agent in agents))

    def tell(self, *events: Event) -> list[Action]:
        """Let things happen now; return what is to be done about the last one."""
        done: list[Action] = []
        for event in events:
            done = self._seen(self.distributor.handle(event, self.now))
        return done

    def after(self, seconds: float, *events: Event) -> list[Action]:
        """Let time pass, every deadline at its moment, and then things happen; return the last's actions."""
        until = self.now + seconds
        done: list[Action] = []
        while (due := self.distributor.due()) is not None and due <= until:
            self.now = max(due, self.now)
            done = self._seen(self.distributor.tick(due))
        self.now = until
        return self.tell(*events) if events else done

    def answer(self, agent: str) -> list[Action]:
        call = self.distributor.roster.seat(agent).ringing
        assert call is not None
        return self.tell(AgentAnsweredCall(agent, call, self.rings[agent]))

    def refuse(self, agent: str, code: int = 486) -> list[Action]:
        call = self.distributor.roster.seat(agent).ringing
        assert call is not None
        return self.tell(AgentRefused(agent, call, code, self.rings[agent]))

    def states(self) -> dict[str, str]:
        return {seat.agent.id: seat.state.value for seat in self.distributor.roster}

    def _seen(self, actions: list[Action]) -> list[Action]:
        self.rings |= {action.agent: action.ring for action in actions if isinstance(action, RingAgent)}
        return actions


def rung(actions: Iterable[Action]) -> list[tuple[str, str]]:
    """Return which agents are to be rung for which calls."""
    return [(action.agent, action.call) for action in actions if isinstance(action, RingAgent)]


def logged(actions: Iterable[Action]) -> list[tuple[str, str, dict[str, object]]]:
    """Return the entries for the queue log."""
    return [(each.kind.value, each.agent, each.data) for each in actions if isinstance(each, Log)]


# -- one caller, one agent ----------------------------------------------------------------------


def test_a_caller_is_brought_to_an_agent_and_everything_is_told() -> None:
    centre = Centre(an_agent("a"))
    assert centre.tell(CallerWaits("c1", "sales")) == [
        Log(LogKind.ENTERQUEUE, "c1", "sales", data={"position": 1}),
        RingAgent("a", "c1", "sip:a@10.0.0.5", 20, ring=2),
        Moved("c1", 1),
        StateChanged("a", AgentState.RINGING, "", 100.0),
    ]
    assert centre.after(4, AgentAnsweredCall("a", "c1", 2)) == [
        Log(
            LogKind.CONNECT,
            "c1",
            "sales",
            "a",
            {"hold_seconds": 4.0, "ring_ms": 4000, "original_position": 1},
        ),
        Connect("c1", "a", ring=2),
        StateChanged("a", AgentState.TALKING, "", 104.0),
    ]
    assert centre.after(60, TalkOver("c1", "caller")) == [
        Log(
            LogKind.COMPLETECALLER,
            "c1",
            "sales",
            "a",
            {"hold_seconds": 4.0, "talk_seconds": 60.0, "original_position": 1},
        ),
        Log(LogKind.WRAPUP, "c1", "sales", "a", {"wrap_up_seconds": 10}),
        StateChanged("a", AgentState.WRAP_UP, "", 164.0),
    ]
    assert centre.after(10) == [StateChanged("a", AgentState.AVAILABLE, "", 174.0)]
    assert centre.distributor.due() is None


@pytest.mark.parametrize(
    ("by", "kind"), [("agent", "COMPLETEAGENT"), ("caller", "COMPLETECALLER"), ("transfer", "BLINDTRANSFER")]
)
def test_the_log_says_who_ended_a_conversation(by: str, kind: str) -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    centre.answer("a")
    ended = centre.tell(TalkOver("c1", by))  # type: ignore[arg-type]
    assert [each[0] for each in logged(ended)] == [kind, "WRAPUP"]


def test_a_caller_who_leaves_while_it_rings_stops_it() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    assert centre.after(3, CallerLeft("c1")) == [
        Log(
            LogKind.ABANDON,
            "c1",
            "sales",
            data={"position": 1, "original_position": 1, "wait_seconds": 3.0},
        ),
        Log(LogKind.RINGCANCELED, "c1", "sales", "a", {"ring_ms": 3000}),
        StopRinging("a", "c1", ring=2),
        StateChanged("a", AgentState.AVAILABLE, "", 103.0),
    ]


def test_an_entry_of_the_log_stands_in_the_trace_with_its_figures() -> None:
    entry = Log(LogKind.RINGNOANSWER, "c1", "sales", "a", {"ring_ms": 20000, "code": 408})
    figures = {"queue": "sales", "agent": "a", "ring_ms": 20000, "code": 408}
    assert (entry.kind.event, entry.figures) == (EventKind.RINGNOANSWER, figures)
    own = {LogKind.AGENTLOGIN, LogKind.AGENTLOGOFF, LogKind.PAUSE, LogKind.UNPAUSE, LogKind.WRAPUP}
    assert {kind for kind in LogKind if kind.event is None} == own


@pytest.mark.parametrize("kind", [LogKind.EXITWITHKEY, LogKind.EXITWITHTIMEOUT])
def test_the_log_says_how_a_caller_left(kind: LogKind) -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    assert logged(centre.tell(CallerLeft("c1", kind)))[0][0] == kind  # type: ignore[arg-type]


def test_an_answer_that_comes_too_late_is_hung_up_on() -> None:
    """Of a ring that was given up, also while the same phone rings for the same call again."""
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    first = centre.rings["a"]
    centre.after(25)
    assert centre.rings["a"] != first
    assert centre.tell(AgentAnsweredCall("a", "c1", first)) == [StopRinging("a", "c1", first)]
    assert centre.tell(AgentRefused("a", "c1", 487, first)) == []
    centre.answer("a")
    assert centre.states() == {"a": "talking"}


def test_an_answer_that_is_told_twice_changes_nothing() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    centre.answer("a")
    assert centre.tell(AgentAnsweredCall("a", "c1", centre.rings["a"])) == []


def test_an_answer_in_the_moment_in_which_the_ringing_ends_counts() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    ring = centre.rings["a"]
    centre.now += 20.4  # nobody has looked at the clock meanwhile
    assert Connect("c1", "a", ring) in centre.tell(AgentAnsweredCall("a", "c1", ring))


# -- whose turn it is ---------------------------------------------------------------------------


def test_who_has_idled_longest_is_rung_first() -> None:
    centre = Centre(an_agent("a"), an_agent("b"), an_agent("c"))
    centre.tell(CallerWaits("c1", "sales"))
    centre.answer("a")
    centre.after(5, CallerWaits("c2", "sales"))
    centre.answer("b")
    centre.after(5, TalkOver("c2", "agent"))
    centre.after(5, TalkOver("c1", "agent"))
    centre.after(20)
    order = [rung(centre.tell(CallerWaits(call, "sales"))) for call in ("c3", "c4", "c5")]
    assert order == [[("c", "c3")], [("b", "c4")], [("a", "c5")]]


def test_callers_are_served_in_the_order_in_which_they_came() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(*(CallerWaits(call, "sales") for call in ("c1", "c2", "c3")))
    centre.answer("a")
    assert centre.after(9, TalkOver("c1", "agent"))[-1] == StateChanged("a", AgentState.WRAP_UP, "", 109.0)
    assert rung(centre.after(10)) == [("a", "c2")]


def test_who_waits_longest_in_any_queue_gets_an_agent_who_serves_several() -> None:
    centre = Centre(an_agent("a"), queues=[Queue(id="one"), Queue(id="two")])
    centre.tell(CallerWaits("c1", "two"), CallerWaits("c2", "two"), CallerWaits("c3", "one"))
    centre.answer("a")
    centre.tell(CallerLeft("c2"), CallerWaits("c4", "two"), TalkOver("c1", "agent"))
    assert rung(centre.after(10)) == [("a", "c3")]


def test_a_caller_of_a_higher_priority_stands_before_the_others() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"), CallerWaits("c2", "sales"))
    centre.answer("a")
    moves = centre.tell(CallerWaits("vip", "sales", priority=1))
    assert moves[1:] == [Moved("vip", 1), Moved("c2", 2)]
    centre.tell(TalkOver("c1", "agent"))
    assert rung(centre.after(10)) == [("a", "vip")]


def test_only_agents_with_all_skills_of_the_queue_are_rung() -> None:
    queues = [Queue(id="vip", skills=("refund", "english"))]
    centre = Centre(an_agent("a", "refund"), an_agent("b", "english", "refund", "tv"), queues=queues)
    assert rung(centre.tell(CallerWaits("c1", "vip"))) == [("b", "c1")]


def test_a_caller_for_whom_nobody_is_free_does_not_hold_up_other_queues() -> None:
    queues = [Queue(id="vip", skills=("english",)), Queue(id="sales")]
    centre = Centre(an_agent("a", "english"), an_agent("b"), queues=queues)
    centre.tell(CallerWaits("c1", "vip"))
    centre.answer("a")
    centre.tell(CallerWaits("c2", "vip"))
    assert rung(centre.tell(CallerWaits("c3", "sales"))) == [("b", "c3")]


def test_several_phones_ring_for_several_callers_at_once() -> None:
    centre = Centre(an_agent("a"), an_agent("b"))
    done = [*centre.tell(CallerWaits("c1", "sales")), *centre.tell(CallerWaits("c2", "sales"))]
    assert rung(done) == [("a", "c1"), ("b", "c2")]


def test_an_agent_without_a_phone_is_never_rung_and_does_not_count() -> None:
    centre = Centre(Agent(id="a"))
    assert NoAgentLeft("c1") in centre.tell(CallerWaits("c1", "sales"))


def test_another_strategy_can_be_given() -> None:
    distributor = Distributor(
        [an_agent("a"), an_agent("b")], strategy=lambda caller, seat: -ord(seat.agent.id)
    )
    for agent in ("a", "b"):
        distributor.handle(LoggedIn(agent), 0.0)
    assert rung(distributor.handle(CallerWaits("c1", "sales"), 1.0)) == [("b", "c1")]


def test_places_are_told_when_they_change_and_only_then() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(*(CallerWaits(call, "sales") for call in ("c1", "c2", "c3")))
    moved = [each for each in centre.answer("a") if isinstance(each, Moved)]
    assert moved == [Moved("c2", 1), Moved("c3", 2)]
    assert [each for each in centre.after(30) if isinstance(each, Moved)] == []


# -- no answer ----------------------------------------------------------------------------------


def test_a_phone_that_is_not_answered_is_given_up_and_the_next_one_rung() -> None:
    centre = Centre(an_agent("a"), an_agent("b"))
    centre.tell(CallerWaits("c1", "sales"))
    done = centre.after(20)
    assert done[:2] == [
        StopRinging("a", "c1", ring=2),
        Log(LogKind.RINGNOANSWER, "c1", "sales", "a", {"ring_ms": 20000, "code": 408}),
    ]
    assert rung(done) == [("b", "c1")]


@pytest.mark.parametrize("code", [486, 603, 404])
def test_a_phone_that_refuses_is_as_one_that_does_not_answer(code: int) -> None:
    centre = Centre(an_agent("a"), an_agent("b"))
    centre.tell(CallerWaits("c1", "sales"))
    centre.now += 1.5
    done = centre.refuse("a", code)
    assert logged(done) == [("RINGNOANSWER", "a", {"ring_ms": 1500, "code": code})]
    assert rung(done) == [("b", "c1")]


def test_everybody_is_rung_once_before_anybody_is_rung_twice() -> None:
    centre = Centre(an_agent("a"), an_agent("b"), an_agent("c"))
    found = rung(centre.tell(CallerWaits("c1", "sales")))
    for _ in range(4):
        found += rung(centre.after(20))
    assert [agent for agent, _ in found] == ["a", "b", "c", "a", "b"]


def test_a_phone_that_refuses_at_once_has_a_moment_of_peace() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    assert (rung(centre.refuse("a")), centre.distributor.due()) == ([], 105.0)
    assert rung(centre.after(5)) == [("a", "c1")]


def test_an_agent_who_does_not_answer_three_times_is_paused_and_the_caller_sent_on() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    centre.refuse("a")
    centre.after(5)
    centre.refuse("a")
    centre.after(5)
    assert logged(centre.refuse("a"))[-1] == ("PAUSE", "a", {"reason": "no-answer"})
    seat = centre.distributor.roster.seat("a")
    assert (seat.state, seat.reason) == (AgentState.PAUSED, "no-answer")
    assert centre.after(10) == [
        Log(
            LogKind.EXITEMPTY,
            "c1",
            "sales",
            data={"position": 1, "original_position": 1, "wait_seconds": 20.0},
        ),
        NoAgentLeft("c1"),
    ]


def test_an_answer_in_between_counts_anew() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    for _ in range(2):
        centre.refuse("a")
        centre.after(5)
    centre.answer("a")
    assert centre.distributor.roster.seat("a").unanswered == 0


def test_an_agent_is_not_paused_because_the_way_to_the_phone_fails() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    for _ in range(4):
        assert logged(centre.refuse("a", 503))[-1][0] == "RINGNOANSWER"
        centre.after(5)
    assert centre.states() == {"a": "ringing"}


def test_a_centre_may_never_pause_anybody() -> None:
    centre = Centre(an_agent("a"), rules=Rules(most_no_answers=0))
    centre.tell(CallerWaits("c1", "sales"))
    for code in (408, 503) * 5:
        centre.refuse("a", code)
        centre.after(5)
    assert centre.states() == {"a": "ringing"}


# -- nobody there -------------------------------------------------------------------------------


def test_where_nobody_works_callers_are_sent_on_at_once() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(LoggedOut("a"))
    centre.after(10)
    assert centre.tell(CallerWaits("c1", "sales")) == [
        Log(LogKind.ENTERQUEUE, "c1", "sales", data={"position": 1}),
        Log(
            LogKind.EXITEMPTY,
            "c1",
            "sales",
            data={"position": 1, "original_position": 1, "wait_seconds": 0.0},
        ),
        NoAgentLeft("c1"),
    ]


def test_where_nobody_has_the_skills_it_is_the_same() -> None:
    centre = Centre(an_agent("a"), queues=[Queue(id="vip", skills=("english",))])
    assert NoAgentLeft("c1") in centre.tell(CallerWaits("c1", "vip"))


def test_a_pause_of_a_moment_sends_nobody_on() -> None:
    centre = Centre(an_agent("a"), queues=[Queue(id="sales")])
    centre.tell(CallerWaits("c1", "sales"))
    centre.tell(PauseAgent("a", "cough"))
    assert centre.after(9) == []
    assert rung(centre.tell(UnpauseAgent("a"))) == [("a", "c1")]


def test_where_all_are_busy_callers_wait() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    centre.answer("a")
    centre.tell(CallerWaits("c2", "sales"))
    assert centre.after(3600) == []


# -- pausing, logging in and out ----------------------------------------------------------------


def test_a_pause_while_it_rings_gives_the_call_to_another_one_and_is_no_missed_call() -> None:
    centre = Centre(an_agent("a"), an_agent("b"))
    centre.tell(CallerWaits("c1", "sales"))
    done = centre.after(2, PauseAgent("a", "lunch"))
    assert logged(done) == [("RINGCANCELED", "a", {"ring_ms": 2000}), ("PAUSE", "a", {"reason": "lunch"})]
    assert (rung(done), centre.distributor.roster.seat("a").unanswered) == ([("b", "c1")], 0)


def test_a_pause_during_a_conversation_begins_when_it_is_over() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    centre.answer("a")
    centre.tell(PauseAgent("a", "lunch"))
    assert centre.states() == {"a": "talking"}
    assert centre.tell(TalkOver("c1", "agent"))[-1] == StateChanged("a", AgentState.PAUSED, "lunch", 100.0)


def test_who_unpauses_is_ready_even_right_after_a_call() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"), CallerWaits("c2", "sales"))
    centre.answer("a")
    centre.tell(TalkOver("c1", "agent"))
    assert rung(centre.tell(UnpauseAgent("a"))) == [("a", "c2")]


def test_a_pause_for_another_reason_is_told() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(PauseAgent("a", "lunch"))
    assert centre.tell(PauseAgent("a", "lunch")) == []
    assert centre.tell(PauseAgent("a", "meeting"))[-1] == StateChanged(
        "a", AgentState.PAUSED, "meeting", 100.0
    )


def test_who_goes_home_during_a_conversation_ends_it_first() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    centre.answer("a")
    assert logged(centre.after(30, LoggedOut("a"))) == [("AGENTLOGOFF", "a", {"login_seconds": 30.0})]
    assert centre.states() == {"a": "talking"}
    centre.tell(TalkOver("c1", "caller"))
    assert centre.states() == {"a": "offline"}


def test_who_is_not_there_cannot_pause() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(LoggedOut("a"))
    assert centre.tell(PauseAgent("a", "lunch"), UnpauseAgent("a"), LoggedOut("a")) == []
    assert centre.tell(LoggedIn("nobody"), PauseAgent("nobody")) == []


def test_a_queue_has_times_of_its_own() -> None:
    centre = Centre(an_agent("a"), queues=[Queue(id="sales", ring_seconds=7, wrap_up_seconds=0)])
    centre.tell(CallerWaits("c1", "sales"))
    assert centre.distributor.due() == 107.0
    centre.answer("a")
    centre.tell(TalkOver("c1", "agent"))
    assert centre.states() == {"a": "available"}


# -- other agents and queues than before --------------------------------------------------------


def test_new_agents_can_log_in_and_others_are_gone() -> None:
    centre = Centre(an_agent("a"), an_agent("b"))
    centre.tell(CallerWaits("c1", "sales"), CallerWaits("c2", "sales"))
    centre.answer("a")
    done = centre.tell(Staffed((an_agent("c"),), (Queue(id="sales", wrap_up_seconds=1),)))
    assert StopRinging("b", "c2", centre.rings["b"]) in done
    assert StateChanged("b", AgentState.OFFLINE, "", 100.0) in done
    assert centre.states() == {"a": "talking", "c": "offline"}
    assert rung(centre.tell(LoggedIn("c"))) == [("c", "c2")]


def test_a_call_that_waits_in_another_queue_has_left_the_first() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c0", "sales"), CallerWaits("c1", "sales"))
    centre.tell(CallerWaits("c1", "service"))
    assert [(each.call, each.line.queue.id) for each in centre.distributor.waiting()] == [
        ("c0", "sales"),
        ("c1", "service"),
    ]


def test_queues_whose_names_are_made_up_leave_nothing_behind() -> None:
    centre = Centre(an_agent("a"), queues=[Queue(id="sales")])
    for number in range(100):
        centre.tell(CallerWaits(f"c{number}", f"made-up-{number}"), CallerLeft(f"c{number}"))
    assert [*centre.distributor._lines] == ["sales"]


def test_an_agent_of_a_call_is_known_while_it_rings_and_while_they_talk() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"), CallerWaits("c2", "sales"))
    before = centre.distributor.agent_of("c1")
    centre.answer("a")
    found = [centre.distributor.agent_of(call) for call in ("c1", "c2", "c3")]
    assert (before, found) == ("a", ["a", None, None])


def test_a_clock_that_goes_back_is_taken_for_one_that_stands() -> None:
    centre = Centre(an_agent("a"))
    centre.tell(CallerWaits("c1", "sales"))
    assert centre.distributor.tick(0.0) == []
    assert centre.distributor.at == 100.0
