"""What a call leaves in the store while it goes on, next to what is there already."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from calls.records import Agent, Call, Callback, CallEvent, EventKind, Leg, Outcome, Queue, Role
from calls.store import Store
from ivr.actions import HangUp, Note
from ivr.calllog import CallLog

pytestmark = pytest.mark.integration

AGENT = Agent(id="1001", name="王敏", team="一组", skills=("退款",), address="sip:1001@10.0.0.5")
QUEUE = Queue(id="refund", name="退款", skills=("退款",), ring_seconds=15.0)
ENTERED = Note(EventKind.ENTERQUEUE, "wait", {"queue": "refund"})
CONNECTED = Note(EventKind.CONNECT, "wait", {"agent": "1001"})
END = HangUp("caller", Outcome.HANDED_OFF)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with an agent and a queue in it."""
    opened = Store.open(tmp_path / "huawu.db")
    opened.add(AGENT, QUEUE)
    return opened


def a_log(store: Store) -> CallLog:
    log = CallLog(Call(door="sip", caller="19900010001", started_at=datetime(2026, 3, 2, tzinfo=UTC)), store)
    log.open(None)
    return log


def trace(store: Store, log: CallLog) -> list[tuple[float, str, dict[str, object]]]:
    """Close the call and return its events."""
    log.close(END, 99.0, None)
    events = store.find(CallEvent, call_id=log.call.id, order_by="at")
    return [(event.at, event.kind.value, event.data) for event in events]


def test_an_agent_and_a_queue_that_are_known_keep_their_names(store: Store) -> None:
    log = a_log(store)
    log.observe(ENTERED, 5.0)
    log.observe(CONNECTED, 9.0)
    log.keep_callback("19900010001", "refund")
    log.close(END, 20.0, None)
    assert (store.find(Agent), store.find(Queue)) == ([AGENT], [QUEUE])
    (call,) = store.find(Call)
    assert (call.agent_id, call.queue_id, store.count(Callback)) == ("1001", "refund", 1)


def test_those_that_are_not_known_are_stored_by_their_ids(store: Store) -> None:
    log = a_log(store)
    log.observe(Note(EventKind.ENTERQUEUE, "wait", {"queue": "vip"}), 5.0)
    log.observe(Note(EventKind.CONNECT, "wait", {"agent": "1002"}), 9.0)
    log.close(END, 20.0, None)
    assert (store.get(Agent, "1002"), store.get(Queue, "vip")) == (Agent(id="1002"), Queue(id="vip"))


def test_figures_of_the_distributor_join_what_the_dialog_tells_whichever_comes_first(store: Store) -> None:
    log = a_log(store)
    log.observe(ENTERED, 5.0)
    log.queue_log(EventKind.ENTERQUEUE, 5.0, position=3)
    log.queue_log(EventKind.RINGNOANSWER, 30.0, agent="1002", ring_ms=20000)
    log.queue_log(EventKind.CONNECT, 34.0, hold_seconds=29.0)
    log.observe(CONNECTED, 34.0)
    assert trace(store, log) == [
        (5.0, "ENTERQUEUE", {"queue": "refund", "position": 3}),
        (30.0, "RINGNOANSWER", {"agent": "1002", "ring_ms": 20000}),
        (34.0, "CONNECT", {"agent": "1001", "hold_seconds": 29.0}),
    ]


def test_figures_of_a_call_that_breaks_off_are_an_entry_of_their_own(store: Store) -> None:
    log = a_log(store)
    log.queue_log(EventKind.ABANDON, 7.0, queue="refund", wait_seconds=2.0)
    assert trace(store, log) == [(7.0, "ABANDON", {"queue": "refund", "wait_seconds": 2.0})]


def test_figures_of_a_queue_do_not_join_what_a_transfer_to_a_number_told_before(store: Store) -> None:
    log = a_log(store)
    log.observe(Note(EventKind.CONNECT, "number"), 2.0)
    log.observe(ENTERED, 5.0)
    log.queue_log(EventKind.CONNECT, 9.0, hold_seconds=4.0)
    log.observe(CONNECTED, 9.0)
    assert trace(store, log) == [
        (2.0, "CONNECT", {}),
        (5.0, "ENTERQUEUE", {"queue": "refund"}),
        (9.0, "CONNECT", {"agent": "1001", "hold_seconds": 4.0}),
    ]


def test_a_blind_transfer_ends_the_agent_s_part_and_not_the_caller_s(store: Store) -> None:
    log = a_log(store)
    log.observe(ENTERED, 5.0)
    log.observe(CONNECTED, 9.0)
    log.queue_log(EventKind.BLINDTRANSFER, 30.0, agent="1001")
    log.close(END, 99.0, None)
    ends = {
        leg.role: (leg.ended_at - log.call.started_at).total_seconds()
        for leg in store.find(Leg)
        if leg.ended_at is not None
    }
    assert ends == {Role.AGENT: 30.0, Role.CALLER: 99.0}


def test_figures_of_a_second_conversation_do_not_join_the_first(store: Store) -> None:
    log = a_log(store)
    for at, seconds in ((5.0, 1.0), (50.0, 2.0)):
        log.queue_log(EventKind.CONNECT, at, hold_seconds=seconds)
        log.observe(CONNECTED, at)
    assert trace(store, log) == [
        (5.0, "CONNECT", {"agent": "1001", "hold_seconds": 1.0}),
        (50.0, "CONNECT", {"agent": "1001", "hold_seconds": 2.0}),
    ]
