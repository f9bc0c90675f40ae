from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from calls.records import Call
from calls.store import Store
from console.callpage.history import LISTED, History, history
from tests.console.scene import NOON, a_call, finding

pytestmark = pytest.mark.integration

CALLER = "13800001111"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "desk.db") as opened:
        yield opened


def at(days: float, **changes: object) -> Call:
    return a_call(0, id=f"day{days:+g}", caller=CALLER, started_at=NOON + timedelta(days=days), **changes)


def told(found: History) -> list[tuple[str, float]]:
    return [(each.row.call.id, each.days) for each in found.calls]


def test_other_calls_of_a_month_before_and_after_are_listed_and_counted(store: Store) -> None:
    call = a_call(0, id="this", caller=CALLER, started_at=NOON)
    store.add(call, *(at(days) for days in (-31, -30, -8, -7, -0.5, 3, 31)), a_call(1, id="else"))
    store.add(finding("day-8", "complaint", "重大", 0.9))

    found = history(store, call, {})

    assert told(found) == [("day+3", 3), ("day-0.5", -0.5), ("day-7", -7), ("day-8", -8), ("day-30", -30)]
    assert (found.near, found.total) == (3, 5)
    assert found.calls[3].row.complaint is not None


def test_calls_that_somebody_may_not_see_are_neither_listed_nor_counted(store: Store) -> None:
    call = a_call(0, id="this", caller=CALLER, started_at=NOON, agent_id="A1")
    store.add(call, at(-1, agent_id="A1"), at(-2, agent_id="A2"))

    found = history(store, call, {"agent_id": ["A1"]})

    assert (told(found), found.total) == ([("day-1", -1)], 1)


def test_of_many_calls_the_latest_are_listed_and_all_counted(store: Store) -> None:
    call = a_call(0, id="this", caller=CALLER, started_at=NOON)
    store.add(call, *(at(-number / 2) for number in range(1, 51)))

    found = history(store, call, {})

    assert (len(found.calls), found.near, found.total) == (LISTED, 14, 50)


@pytest.mark.parametrize("hidden", ["", "anonymous", "unknown@10.0.0.1", "1001"])
def test_callers_without_a_number_are_not_one_caller(store: Store, hidden: str) -> None:
    call = a_call(0, id="this", caller=hidden)
    store.add(call, a_call(5, id="other", caller=hidden))

    assert history(store, call, {}) == History()
