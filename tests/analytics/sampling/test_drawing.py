"""Samples are drawn as promised, or refused."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.sampling.drawing import Candidate, draw
from analytics.sampling.plan import SamplingPlan
from calls.errors import SampleError
from calls.records import SampleDraw, SamplePlan

pytestmark = pytest.mark.unit


def frame_of(count: int, **sorted_by: int) -> list[Candidate]:
    """Return calls of all risks; ``agent=3`` spreads them over three agents."""
    return [
        Candidate(
            f"call-{k:03}",
            (k * 37 % count) / count,
            (f"原因{k}",),
            {name: f"{name[0]}{k % several}" for name, several in sorted_by.items()},
        )
        for k in range(count)
    ]


def drawn(frame: list[Candidate], budget: int, **fields: Any) -> tuple[SamplePlan, list[SampleDraw]]:
    return draw(frame, SamplingPlan(name="s", budget=budget, **fields))


def test_the_riskiest_are_drawn_for_certain_and_the_rest_by_chance() -> None:
    plan, draws = draw(frame_of(100), SamplingPlan(name="2030-01-02", budget=10, risk_share=0.6, seed=4))

    assert (plan.name, plan.seed, plan.frame_size, plan.budget, plan.risk_share) == (
        "2030-01-02",
        4,
        100,
        10,
        0.6,
    )
    assert (plan.frame["risk"], plan.frame["random"]) == (6, 4)
    assert plan.frame["strata"] == {"all": {"size": 94, "drawn": 4}}
    assert plan.frame["shares"][:3] == [
        {"share": 0.01, "calls": 1, "risk": 0.99, "call": "call-027"},
        {"share": 0.02, "calls": 2, "risk": 0.98, "call": "call-054"},
        {"share": 0.05, "calls": 5, "risk": 0.95, "call": "call-035"},
    ]
    assert [d.position for d in draws] == list(range(10))
    parts = [(d.part, d.inclusion_probability, d.stratum) for d in draws]
    assert parts == [("risk", 1.0, "")] * 6 + [("random", 4 / 94, "all")] * 4
    assert [d.risk for d in draws[:6]] == [0.99, 0.98, 0.97, 0.96, 0.95, 0.94]
    assert max(d.risk for d in draws[6:]) < 0.94
    assert {d.plan_id for d in draws} == {plan.id}
    by_id = {candidate.call_id: candidate.reasons for candidate in frame_of(100)}
    assert all(d.reasons == by_id[d.call_id] for d in draws)


def test_the_same_seed_draws_the_same_calls_in_any_order_of_the_frame() -> None:
    shuffled = random.Random(3).sample(frame_of(50, queue=3), 50)

    def calls(frame: list[Candidate], seed: int) -> list[str]:
        plan = SamplingPlan(name="s", budget=12, risk_share=0.25, seed=seed, strata=("queue",))
        return [d.call_id for d in draw(frame, plan)[1]]

    assert calls(frame_of(50, queue=3), 5) == calls(shuffled, 5)
    assert calls(frame_of(50, queue=3), 5)[:3] == calls(frame_of(50, queue=3), 6)[:3]
    assert calls(frame_of(50, queue=3), 5) != calls(frame_of(50, queue=3), 6)


def test_a_budget_of_the_whole_frame_draws_all() -> None:
    _, draws = drawn(frame_of(7), 7, risk_share=0.5)

    assert sorted(d.call_id for d in draws) == [f"call-{k:03}" for k in range(7)]
    assert {d.inclusion_probability for d in draws} == {1.0}


def test_one_call_at_least_is_drawn_by_chance_unless_all_is_risk() -> None:
    assert drawn(frame_of(50), 2, risk_share=0.9)[0].frame["random"] == 1
    assert drawn(frame_of(50), 2, risk_share=1.0)[0].frame["random"] == 0


def test_strata_give_calls_by_their_size() -> None:
    frame = [
        Candidate(f"{queue}{k:02}", 0.1, (), {"queue": queue})
        for queue, size in {"宽带": 60, "售后": 30, "投诉": 3}.items()
        for k in range(size)
    ]

    plan, draws = drawn(frame, 18, risk_share=0, strata=("queue",))

    assert plan.frame["strata"] == {
        "queue=售后": {"size": 30, "drawn": 5},
        "queue=宽带": {"size": 60, "drawn": 11},
        "queue=投诉": {"size": 3, "drawn": 2},
    }
    assert Counter(d.inclusion_probability for d in draws) == {5 / 30: 5, 11 / 60: 11, 2 / 3: 2}


def test_every_agent_has_the_minimum_in_the_random_part_as_far_as_there_are_calls() -> None:
    frame = [
        Candidate(f"{agent}{k:02}", k / 100, (), {"agent": agent, "queue": f"q{k % 2}"})
        for agent, size in {"a": 80, "b": 10, "c": 2}.items()
        for k in range(size)
    ]

    plan, draws = drawn(frame, 30, risk_share=0.5, strata=("queue",), minimum_per_agent=4)

    by_chance = Counter(d.call_id[0] for d in draws if d.part == "random")
    assert (by_chance["a"] >= 4, by_chance["b"] >= 4, by_chance["c"]) == (True, True, 2)
    assert sum(by_chance.values()) == 15 == plan.frame["random"]
    assert plan.frame["stratified_by"] == ["agent", "queue"]


def test_optimal_allocation_listens_more_where_the_outcome_is_open() -> None:
    frame = [
        Candidate(f"{queue}{k:02}", risk, (), {"queue": queue})
        for queue, risk in {"sure": 0.01, "open": 0.5}.items()
        for k in range(50)
    ]

    def counts(allocation: str) -> list[int]:
        plan, _ = drawn(frame, 20, risk_share=0, strata=("queue",), allocation=allocation)
        return [each["drawn"] for each in plan.frame["strata"].values()]

    assert counts("proportional") == [10, 10]  # open, sure
    assert counts("optimal") == [17, 3]


def test_bands_of_risk_reach_calls_of_all_risks() -> None:
    plan, draws = drawn(frame_of(100), 20, risk_share=0, strata=("risk",))

    assert [each["size"] for each in plan.frame["strata"].values()] == [20] * 5
    assert Counter(int(d.risk * 5) for d in draws) == dict.fromkeys(range(5), 4)


@given(
    st.integers(1, 60),
    st.data(),
    st.floats(0, 1),
    st.sampled_from([(), ("queue",), ("queue", "agent"), ("risk",)]),
)
def test_what_is_drawn_adds_up(
    count: int, data: st.DataObject, share: float, strata: tuple[str, ...]
) -> None:
    budget = data.draw(st.integers(1, count))
    frame = frame_of(count, queue=3, agent=4)
    try:
        plan, draws = drawn(frame, budget, risk_share=share, strata=strata)
    except SampleError as refused:
        assert "cannot reach" in str(refused)
        return
    assert len({d.call_id for d in draws}) == len(draws) == budget
    assert plan.frame["risk"] + plan.frame["random"] == budget
    assert sum(each["size"] for each in plan.frame["strata"].values()) == count - plan.frame["risk"]
    if plan.frame["random"] or budget == count:  # else nothing stands for the rest
        assert sum(1 / d.inclusion_probability for d in draws) == pytest.approx(count)
    assert all(0 < d.inclusion_probability <= 1 for d in draws)


@pytest.mark.parametrize(
    ("frame", "fields", "complaint"),
    [
        ([], {"budget": 1}, "the frame holds no calls → widen the filter"),
        (frame_of(3), {"budget": 4}, "budget 4 is not within 1 to 3"),
        (frame_of(3) + frame_of(1), {"budget": 1}, "call call-000 is in the frame twice"),
        ([Candidate("x", 1.5)], {"budget": 1}, "call x: risk 1.5 is outside 0 to 1"),
        (
            frame_of(40, queue=9),
            {"budget": 8, "strata": ("queue",), "risk_share": 0},
            r"the random part of 8 calls cannot reach 9 strata \(queue\) → raise the budget",
        ),
        (
            frame_of(40, agent=4),
            {"budget": 11, "minimum_per_agent": 3, "risk_share": 0},
            "3 calls for each of 4 agents are 12, more than the 11 .* lower minimum_per_agent",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(frame: list[Candidate], fields: Any, complaint: str) -> None:
    with pytest.raises(SampleError, match=complaint):
        drawn(frame, **fields)
