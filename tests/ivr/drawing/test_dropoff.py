from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from calls.records import Call, CallEvent, EventKind, Outcome
from calls.store import Store
from ivr.drawing import DropOff, Passage, drop_off
from ivr.flow import Flow
from tests.ivr.drawing.every_kind import every_kind

pytestmark = pytest.mark.integration

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "calls.db") as store:
        yield store


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    return every_kind(tmp_path)


def call(
    flow: Flow,
    *nodes: str,
    outcome: Outcome | None = Outcome.CONTAINED,
    version: str = "",
    name: str = "every",
    at: datetime = NOON,
) -> list[Call | CallEvent]:
    """Return a call and its way through the nodes."""
    made = Call(
        door="script", flow=name, flow_version=version or flow.version, outcome=outcome, started_at=at
    )
    # ids of events that happen at one moment tell their order
    steps = count()
    return [
        made,
        *(
            CallEvent(
                id=f"{made.id}-{next(steps):03}",
                call_id=made.id,
                at=float(i // 2),
                kind=EventKind.NODE,
                node=n,
            )
            for i, n in enumerate(nodes)
        ),
        CallEvent(call_id=made.id, at=9.0, kind=EventKind.HANGUP, node=nodes[-1] if nodes else ""),
    ]


def test_callers_are_counted_where_they_came_and_where_they_left(store: Store, flow: Flow) -> None:
    store.add(
        *call(flow, "hello", "menu", "phone", outcome=Outcome.ABANDONED),
        *call(flow, "hello", "menu", outcome=Outcome.ABANDONED),
        *call(flow, "hello", "menu", "phone", "bye"),
        *call(flow, "hello", "menu", "agent", outcome=Outcome.HANDED_OFF),
        *call(flow, "hello", outcome=None),
    )
    assert drop_off(store, flow) == DropOff(
        5,
        0,
        None,
        {
            "hello": Passage(5, 0),
            "menu": Passage(4, 1),
            "phone": Passage(2, 1),
            "bye": Passage(1, 0),
            "agent": Passage(1, 0),
        },
    )


def test_a_node_that_is_entered_again_counts_once(store: Store, flow: Flow) -> None:
    store.add(*call(flow, "menu", "phone", "menu", "phone", "menu", outcome=Outcome.ABANDONED))
    assert drop_off(store, flow).nodes == {"menu": Passage(1, 1), "phone": Passage(1, 0)}


def test_what_happens_in_another_flow_counts_where_it_is_entered(store: Store, flow: Flow) -> None:
    store.add(*call(flow, "menu", "sub", "other.say", outcome=Outcome.ABANDONED))
    assert drop_off(store, flow).nodes == {"menu": Passage(1, 0), "sub": Passage(1, 1)}


def test_other_versions_and_other_flows_are_left_out(store: Store, flow: Flow) -> None:
    store.add(
        *call(flow, "menu"),
        *call(flow, "menu", version="000000000000"),
        *call(flow, "menu", name="main"),
    )
    assert drop_off(store, flow) == DropOff(1, 1, None, {"menu": Passage(1, 0)})


def test_older_calls_are_left_out(store: Store, flow: Flow) -> None:
    store.add(
        *call(flow, "menu"),
        *call(flow, "menu", at=NOON - timedelta(days=3)),
        *call(flow, "menu", at=NOON - timedelta(days=3), version="000000000000"),
    )
    since = NOON - timedelta(days=1)
    assert drop_off(store, flow, since) == DropOff(1, 0, since, {"menu": Passage(1, 0)})


def test_no_call_is_lost_or_counted_twice_between_batches(store: Store, flow: Flow) -> None:
    records = [
        record
        for number in range(1201)
        for record in call(
            flow,
            "hello",
            "menu",
            outcome=Outcome.ABANDONED if number % 3 == 0 else Outcome.CONTAINED,
            at=NOON - timedelta(minutes=number // 2),
        )
    ]
    store.add(*records)
    assert drop_off(store, flow) == DropOff(
        1201, 0, None, {"hello": Passage(1201, 0), "menu": Passage(1201, 401)}
    )


def test_a_database_without_calls_gives_an_empty_count(store: Store, flow: Flow) -> None:
    assert drop_off(store, flow) == DropOff(0, 0)
    assert Passage(0, 0).share == 0.0
