from __future__ import annotations

import pytest

from calls.errors import NotFound
from calls.records import Agent, AgentState, Queue
from ivr.agents.roster import Roster, Seat

pytestmark = pytest.mark.unit

AGENT = Agent(id="1001", name="王敏", team="一组", skills=("退款", "宽带"), address="sip:1001@h")


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, AgentState.OFFLINE),
        ({"logged_in": True}, AgentState.AVAILABLE),
        ({"logged_in": True, "wrap_up_until": 5.0}, AgentState.WRAP_UP),
        ({"logged_in": True, "wrap_up_until": 5.0, "paused": ""}, AgentState.PAUSED),
        ({"logged_in": True, "ringing": "c1"}, AgentState.RINGING),
        ({"logged_in": True, "talking": "c1", "paused": "lunch"}, AgentState.TALKING),
        ({"talking": "c1"}, AgentState.TALKING),
    ],
)
def test_the_state_follows_from_what_is_known(fields: dict[str, object], state: AgentState) -> None:
    assert Seat(AGENT, **fields).state is state  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("skills", "serves"), [((), True), (("退款",), True), (("宽带", "退款"), True), (("退款", "英语"), False)]
)
def test_an_agent_serves_a_queue_with_all_its_skills(skills: tuple[str, ...], serves: bool) -> None:
    assert Seat(AGENT).serves(Queue(id="q", skills=skills)) == serves


def test_a_seat_is_described_in_plain_values() -> None:
    seat = Seat(AGENT, logged_in=True, paused="lunch", since=100.0)
    assert seat.described(160.06) == {
        "id": "1001",
        "name": "王敏",
        "team": "一组",
        "skills": ["退款", "宽带"],
        "state": "paused",
        "reason": "lunch",
        "seconds": 60.1,
        "call": None,
    }


def test_agents_are_in_the_order_of_their_ids_and_an_unknown_one_is_named() -> None:
    roster = Roster([Agent(id="b"), Agent(id="a")])
    roster.put(Agent(id="aa"))
    assert [seat.agent.id for seat in roster] == ["a", "aa", "b"]
    with pytest.raises(NotFound, match="agent 'z' does not exist → known: a, aa, b"):
        roster.seat("z")


def test_a_seat_stays_as_it_is_when_its_agent_has_other_particulars() -> None:
    roster = Roster([Agent(id="a")])
    roster.seat("a").logged_in = True
    assert roster.put(Agent(id="a", name="王敏")) == Seat(Agent(id="a", name="王敏"), logged_in=True)
