"""Repeated calls, satisfaction and the menus."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analytics.kpi.callers import Resolution, Satisfaction, resolution, satisfaction
from analytics.kpi.menus import Menus, NodeTraffic, menus
from analytics.kpi.visits import MenuPath, QueueVisit
from calls.records import Call, Outcome, Survey

pytestmark = pytest.mark.unit

START = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def rung(caller: str, at: float) -> tuple[QueueVisit, tuple[str, datetime]]:
    visit = QueueVisit(f"{caller}-{at}", "q", caller, day(at), end="answered", talk=60.0)
    return visit, (caller, day(at))


def test_who_calls_again_within_a_week_had_not_been_helped() -> None:
    traffic = [
        rung("a", 0),
        rung("a", 6.9),
        rung("b", 1),
        rung("b", 9),
        rung("c", 2),
        rung("", 3),
        rung("d", 14),
    ]
    visits, calls = zip(*traffic, strict=True)

    found = resolution(visits, calls, until=day(18))

    # a rang again within the week and then no more; b after eight days; c never; of who withholds the number
    # nothing can be told; the week of d is not over
    assert found == Resolution(known=5, repeated=1, pending=1)
    assert found.rate == pytest.approx(0.8)


def test_a_repeat_counts_though_the_week_is_not_over() -> None:
    visits, calls = zip(rung("a", 0), rung("a", 1), strict=True)

    assert resolution(visits, calls, until=day(2)) == Resolution(known=1, repeated=1, pending=1)


def test_satisfaction_says_how_many_answered() -> None:
    surveys = [Survey(call_id="c", score=score) for score in (5, 4, 1, 2)]

    told = satisfaction(surveys, answered=20)

    assert told == Satisfaction(answers=4, asked=20, mean=3.0, satisfied=0.5)
    assert told.response_rate == 0.2
    assert satisfaction([], answered=0) == Satisfaction(0, 0, None, None)


def test_menus_contain_calls_or_lose_them_in_a_node() -> None:
    def path(outcome: Outcome, *nodes: str, queued: bool = False) -> MenuPath:
        return MenuPath(Call(door="sip", flow="telecom", outcome=outcome), nodes, queued)

    found = menus(
        [
            path(Outcome.CONTAINED, "welcome", "main", "balance"),
            path(Outcome.ABANDONED, "welcome", "main"),
            path(Outcome.ABANDONED, "welcome", "main", "queue", queued=True),
            path(Outcome.HANDED_OFF, "welcome", "main", "main", "queue", queued=True),
            path(Outcome.ABANDONED),
        ]
    )
    assert found == Menus(
        calls=4,
        contained=1,
        queued=2,
        nodes=(
            NodeTraffic("telecom", "main", 4, 1),
            NodeTraffic("telecom", "welcome", 4, 0),
            NodeTraffic("telecom", "queue", 2, 0),
            NodeTraffic("telecom", "balance", 1, 0),
        ),
    )
    assert (found.containment, found.nodes[0].rate) == (0.25, 0.25)
