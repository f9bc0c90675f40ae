"""From a trace to queue visits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics.kpi.visits import QueueVisit, visits_of, with_wrap_up
from calls.records import AgentState, AgentStateChange, Call, CallEvent, EventKind

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CALL = Call(
    id="c",
    door="sip",
    caller="13800001234",
    started_at=NOON,
    answered_at=NOON,
    ended_at=NOON + timedelta(seconds=300),
    agent_id="1001",
    queue_id="售后",
)


def trace(*events: tuple[float, EventKind] | tuple[float, EventKind, dict[str, Any]]) -> list[QueueVisit]:
    made = [
        CallEvent(call_id="c", at=at, kind=kind, data=more[0] if more else {}) for at, kind, *more in events
    ]
    return list(visits_of(CALL, made))


def visit(**fields: Any) -> QueueVisit:
    plain = {
        "call_id": "c",
        "queue": "售后",
        "caller": "13800001234",
        "entered_at": NOON + timedelta(seconds=10),
    }
    return QueueVisit(**plain | fields)


ENTER = (10.0, EventKind.ENTERQUEUE, {"queue": "售后"})
CONNECT = (25.0, EventKind.CONNECT, {"agent": "1001"})
HELD = (35.0, EventKind.HOLD, {"by": "agent", "on": True})
OVER = (85.0, EventKind.COMPLETECALLER)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [ENTER, CONNECT, (85.0, EventKind.COMPLETECALLER)],
            visit(end="answered", wait=15.0, agent="1001", talk=60.0),
            id="times of the events",
        ),
        pytest.param(
            [
                ENTER,
                (25.0, EventKind.CONNECT, {"agent": "1001", "hold_seconds": 14.5}),
                (85.0, EventKind.COMPLETEAGENT, {"talk_seconds": 59.0}),
            ],
            visit(end="answered", wait=14.5, agent="1001", talk=59.0),
            id="figures of the distributor",
        ),
        pytest.param(
            [
                ENTER,
                CONNECT,
                (35.0, EventKind.HOLD, {"by": "agent", "on": True}),
                (40.0, EventKind.HOLD, {"by": "caller", "on": True}),
                (55.0, EventKind.HOLD, {"by": "agent", "on": False}),
                (85.0, EventKind.COMPLETECALLER),
            ],
            visit(end="answered", wait=15.0, agent="1001", talk=40.0, hold=20.0),
            id="hold by the agent",
        ),
        pytest.param(
            [
                ENTER,
                CONNECT,
                (35.0, EventKind.HOLD, {"by": "agent", "on": True}),
                (85.0, EventKind.COMPLETECALLER),
            ],
            visit(end="answered", wait=15.0, agent="1001", talk=10.0, hold=50.0),
            id="hung up on hold",
        ),
        pytest.param(
            [ENTER, CONNECT, (80.0, EventKind.TRANSFER, {"to": "138****"}), (85.0, EventKind.BLINDTRANSFER)],
            visit(end="answered", wait=15.0, agent="1001", talk=60.0, transferred=True),
            id="sent on",
        ),
        pytest.param(
            [
                ENTER,
                CONNECT,
                (80.0, EventKind.TRANSFER, {"failed": "busy"}),
                (85.0, EventKind.COMPLETECALLER),
            ],
            visit(end="answered", wait=15.0, agent="1001", talk=60.0),
            id="a transfer that failed",
        ),
        pytest.param([ENTER, (70.0, EventKind.ABANDON)], visit(end="abandoned", wait=60.0), id="given up"),
        pytest.param(
            [ENTER, (70.0, EventKind.EXITWITHKEY, {"key": "1", "wait_seconds": 59.5})],
            visit(end="left", wait=59.5),
            id="left by a key",
        ),
        pytest.param(
            [ENTER, CONNECT],
            visit(end="answered", wait=15.0, agent="1001", talk=275.0),
            id="no end in the trace",
        ),
        pytest.param([ENTER], visit(end="open", wait=290.0), id="broken off while waiting"),
    ],
)
def test_a_visit(events: list[Any], expected: QueueVisit) -> None:
    assert trace(*events) == [expected]


def test_a_call_may_wait_in_two_queues() -> None:
    first, second = trace(
        ENTER,
        (40.0, EventKind.EXITWITHTIMEOUT),
        (50.0, EventKind.ENTERQUEUE, {"queue": "宽带"}),
        (52.0, EventKind.CONNECT, {"agent": "1002"}),
        (92.0, EventKind.COMPLETEAGENT),
    )
    assert (first.queue, first.end, first.wait) == ("售后", "left", 30.0)
    assert (second.queue, second.end, second.wait, second.talk, second.agent) == (
        "宽带",
        "answered",
        2,
        40,
        "1002",
    )


def test_wrap_up_belongs_to_the_conversation_before_it() -> None:
    early = visit(end="answered", agent="1001", wait=10.0, talk=60.0)
    late = visit(end="answered", agent="1001", wait=10.0, talk=20.0, entered_at=NOON + timedelta(seconds=200))
    other = visit(end="answered", agent="1002", talk=5.0)
    lost = visit(end="abandoned", wait=9.0)

    def change(at: float, state: AgentState) -> AgentStateChange:
        return AgentStateChange(agent_id="1001", state=state, at=NOON + timedelta(seconds=at))

    changes = [
        change(20.0, AgentState.TALKING),
        change(80.2, AgentState.WRAP_UP),
        change(95.2, AgentState.AVAILABLE),
        change(210.0, AgentState.TALKING),
        change(230.0, AgentState.AVAILABLE),
    ]
    assert [each.wrap_up for each in with_wrap_up([early, late, other, lost], changes)] == [
        15.0,
        0.0,
        None,
        None,
    ]
