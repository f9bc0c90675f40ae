from __future__ import annotations

import pytest

from ivr.media.slots import COMFORTABLE, Slots

pytestmark = pytest.mark.unit


def test_the_lowest_free_row_of_the_first_group_is_taken() -> None:
    slots = Slots(10)
    assert [slots.take() for _ in range(3)] == [0, 1, 2]
    slots.give_back(1)
    assert slots.span(0) == slice(0, 3)
    assert slots.take() == 1
    slots.give_back(2)
    assert slots.span(0) == slice(0, 2)


def test_a_phase_without_a_group_has_no_rows() -> None:
    slots = Slots(10)
    slots.take()
    assert [slots.span(group).start == slots.span(group).stop for group in range(4)] == [
        False,
        True,
        True,
        True,
    ]


def test_another_group_is_begun_when_one_is_full() -> None:
    slots = Slots(4 * COMFORTABLE)
    taken = [slots.take() for _ in range(COMFORTABLE + 1)]
    assert [slots.group(slot) for slot in taken if slot is not None] == [0] * COMFORTABLE + [2]


def test_many_legs_are_spread_over_all_phases() -> None:
    slots = Slots(4000)
    for _ in range(4000):
        slots.take()
    sizes = [slots.span(group).stop - slots.span(group).start for group in range(4)]
    assert sizes == [1000] * 4


def test_there_are_no_more_than_asked_for() -> None:
    slots = Slots(COMFORTABLE + 1)
    assert slots.rows == COMFORTABLE + 2  # two groups of one size
    assert len({slots.take() for _ in range(COMFORTABLE + 1)}) == COMFORTABLE + 1
    assert slots.take() is None
    assert slots.used == COMFORTABLE + 1
