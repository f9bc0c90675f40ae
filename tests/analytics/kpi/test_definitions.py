"""Every key figure by hand, on ten visits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analytics.kpi.definitions import KPIS, compute
from analytics.kpi.visits import QueueVisit

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def visit(**fields: object) -> QueueVisit:
    return QueueVisit("c", "q", "1", NOON, **fields)  # type: ignore[arg-type]


VISITS = [
    visit(end="answered", wait=5.0, talk=100.0, hold=20.0, wrap_up=10.0),
    visit(end="answered", wait=20.0, talk=60.0, wrap_up=0.0, transferred=True),
    visit(end="answered", wait=35.0, talk=80.0),
    visit(end="answered", wait=60.0, talk=160.0),
    visit(end="abandoned", wait=3.0),
    visit(end="abandoned", wait=90.0),
    visit(end="left", wait=120.0),
    visit(end="open", wait=1.0),
]

EXPECTED = {
    "offered": 8.0,
    "answered": 4.0,
    "abandoned": 2.0,
    "abandonment_rate": 2 / 8,
    "answer_rate_within_t": 2 / 8,
    "service_level": 2 / 4,
    "service_level_2": (2 + 1) / (4 + 2),
    "average_speed_of_answer": 30.0,
    "longest_wait": 120.0,
    "average_talk": 100.0,
    "average_hold": 5.0,
    "average_wrap_up": 5.0,
    "average_handle_time": (130 + 60 + 80 + 160) / 4,
    "transfer_rate": 1 / 4,
}


@pytest.mark.parametrize("name", [each.name for each in KPIS])
def test_figure(name: str) -> None:
    assert compute(VISITS, within=20.0)[name] == pytest.approx(EXPECTED[name])


def test_where_nobody_called_there_is_nothing_to_divide_by() -> None:
    figures = compute([])

    assert {name: value for name, value in figures.items() if value is not None} == {
        "offered": 0.0,
        "answered": 0.0,
        "abandoned": 0.0,
    }
