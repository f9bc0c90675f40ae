from __future__ import annotations

import pytest

from calls.errors import NotFound
from calls.records import Review, SampleDraw, SamplePlan
from calls.store import Store
from console.work.worklist import Worklist, load_worklist
from tests.console.scene import NOON, Scene

PLAN = SamplePlan(id="p", name="today", seed=1, frame_size=9, budget=3, risk_share=0.5)


def worklist(*call_ids: str, judged: tuple[str, ...] = ()) -> Worklist:
    draws = tuple(
        SampleDraw(
            plan_id="p",
            call_id=each,
            position=place,
            part="random",
            inclusion_probability=0.5,
            risk=0.0,
        )
        for place, each in enumerate(call_ids)
    )
    return Worklist(PLAN, draws, frozenset(judged))


@pytest.mark.unit
def test_neighbours_end_at_the_ends() -> None:
    work = worklist("a", "b", "c")

    assert [work.neighbour(each, 1) for each in "abc"] == ["b", "c", None]
    assert [work.neighbour(each, -1) for each in "abc"] == [None, "a", "b"]
    assert work.neighbour("not drawn", 1) is None


@pytest.mark.unit
def test_the_next_open_call_goes_round_and_skips_what_is_judged() -> None:
    work = worklist("a", "b", "c", "d", judged=("c",))

    assert work.next_open() == "a"
    assert work.next_open("b") == "d"
    assert work.next_open("d") == "a"
    assert worklist("a", "b", judged=("a",)).next_open("b") is None
    assert worklist("a", judged=("a",)).next_open() is None


@pytest.mark.unit
def test_reviews_of_calls_outside_the_sample_do_not_count() -> None:
    assert worklist("a", "b", judged=("b", "x")).done == 1


@pytest.mark.integration
def test_the_latest_plan_is_the_sample_of_the_day(desk_store: Store, scene: Scene) -> None:
    desk_store.add(Review(call_id="call-2", reviewer="陈", plan_id="plan-1", created_at=NOON))
    desk_store.add(Review(call_id="call-3", reviewer="陈", created_at=NOON))

    work = load_worklist(desk_store)

    assert work is not None
    assert [draw.call_id for draw in work.draws] == ["call-1", "call-2", "call-3", "call-5"]
    assert work.judged == {"call-2"}


@pytest.mark.integration
def test_no_plan_and_an_unknown_plan(desk_store: Store) -> None:
    assert load_worklist(desk_store) is None
    with pytest.raises(NotFound):
        load_worklist(desk_store, "plan-9")
