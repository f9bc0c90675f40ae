from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calls.errors import AgentError
from calls.records import Agent, AgentState, AgentStateChange, Queue
from calls.store import Store
from ivr.agents.actions import RingAgent, StateChanged
from ivr.agents.events import CallerWaits
from ivr.agents.personnel import MOST_TOLD, load, read_agents
from ivr.agents.rules import Rules

pytestmark = pytest.mark.integration

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def changes(agent: str, *states: tuple[int, AgentState, str]) -> list[AgentStateChange]:
    """Return what an agent did, with minutes before noon."""
    return [
        AgentStateChange(agent_id=agent, state=state, reason=reason, at=NOON - timedelta(minutes=ago))
        for ago, state, reason in states
    ]


def test_agents_are_as_they_were_before_the_process_died(store: Store) -> None:
    store.add(*(Agent(id=name, address=f"sip:{name}@h") for name in "abcde"))
    store.add(
        *changes("a", (9, AgentState.AVAILABLE, ""), (5, AgentState.PAUSED, "lunch")),
        *changes("b", (9, AgentState.AVAILABLE, ""), (2, AgentState.TALKING, "")),
        *changes("c", (9, AgentState.AVAILABLE, ""), (3, AgentState.OFFLINE, "")),
        *changes("d", (8, AgentState.AVAILABLE, "")),
    )

    distributor = load(store, NOON)

    assert {seat.agent.id: (seat.state.value, seat.reason) for seat in distributor.roster} == {
        "a": ("paused", "lunch"),
        "b": ("available", ""),
        "c": ("offline", ""),
        "d": ("available", ""),
        "e": ("offline", ""),
    }
    assert distributor.roster.seat("a").described(60.0)["seconds"] == 360.0
    # the conversation did not outlive the process
    assert distributor.tick(1.0) == [StateChanged("b", AgentState.AVAILABLE, "", 1.0)]


def test_queues_have_their_skills_and_times(store: Store) -> None:
    store.add(
        Agent(id="a", address="sip:a@h"),
        Agent(id="b", address="sip:b@h", skills=("refund",)),
        Queue(id="refund", skills=("refund",), ring_seconds=7.0),
        *changes("a", (9, AgentState.AVAILABLE, "")),
        *changes("b", (5, AgentState.AVAILABLE, "")),
    )

    distributor = load(store, NOON, Rules(ring_seconds=30))

    rung = [each for each in distributor.handle(CallerWaits("c1", "refund"), 1.0) if type(each) is RingAgent]
    assert rung == [RingAgent("b", "c1", "sip:b@h", 7.0, ring=2)]


def test_a_change_is_stored_with_the_time_of_day(store: Store) -> None:
    change = StateChanged("a", AgentState.PAUSED, "lunch", 90.5).record(NOON)
    store.add(change)
    assert store.get(AgentStateChange, change.id) == AgentStateChange(
        id=change.id,
        agent_id="a",
        state=AgentState.PAUSED,
        reason="lunch",
        at=NOON + timedelta(seconds=90.5),
    )


# -- files --------------------------------------------------------------------------------------


def a_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "agents.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])  # as spreadsheets save it
def test_agents_are_read_from_a_file(tmp_path: Path, encoding: str) -> None:
    text = (
        "ID,Name,address,skills,team\r\n"
        '1001,王敏,sip:1001@10.0.0.5,"退款，宽带",一组\r\n'
        " 1002 ,李强,,退款 宽带 退款,\r\n"
    )
    assert read_agents(a_file(tmp_path, text, encoding)) == [
        Agent(id="1001", name="王敏", team="一组", skills=("退款", "宽带"), address="sip:1001@10.0.0.5"),
        Agent(id="1002", name="李强", skills=("退款", "宽带")),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "agents.csv:1: the columns are not named → the first line names columns: id, name, team"),
        ("1001,王敏\n", "agents.csv:1: unknown column '1001' → the first line names"),
        ("id,phone\n", "agents.csv:1: unknown column 'phone' → the first line names"),
        ("id,id\n", "agents.csv:1: the columns are not named"),
        ("id\n\n张三 1\n", "agents.csv:3: id: '张三 1' is no agent's id → use letters"),
        (
            "id,address\n1,10.0.0.5\n",
            "agents.csv:2: address: '10.0.0.5' is no address of a phone → write sip",
        ),
        ("id,address\n1,sip:1@h@x y\n", "is no address of a phone"),
        ("id\n1\n2\n1\n", "agents.csv:4: id: '1' stands there twice"),
        ("id,name\n1\n", "agents.csv:2: it has . fields, and line 1 has 2"),
        ("id,name\n1,a,b\n", "agents.csv:2: it has . fields, and line 1 has 2"),
        ('id,name\n1,"a\n', "agents.csv:2: unexpected end of data"),
        ('"id,name\n', "agents.csv:1: unexpected end of data"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AgentError, match=message):
        read_agents(a_file(tmp_path, text))


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(AgentError) as raised:
        read_agents(a_file(tmp_path, "id,address\n?,\n1,nowhere\n2,sip:2@h\n"))
    assert [line.partition(": ")[0][-1] for line in raised.value.message.splitlines()] == ["2", "3"]


def test_of_many_faults_the_first_are_told_and_the_others_counted(tmp_path: Path) -> None:
    with pytest.raises(AgentError) as raised:
        read_agents(a_file(tmp_path, "id\n" + "?\n" * 50))
    lines = raised.value.message.splitlines()
    assert (len(lines), lines[-1]) == (MOST_TOLD + 1, "… and 30 more")


def test_another_encoding_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgentError, match=r"agents\.csv: it is no UTF-8 → save it as CSV UTF-8"):
        read_agents(a_file(tmp_path, "id,name\n1,王敏\n", "gbk"))
