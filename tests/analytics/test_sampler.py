"""Samples: drawn as promised, refused as promised, and good for unbiased estimates."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.estimate import MeanEstimate, estimate_mean
from analytics.sampler import Candidate, draw
from calls.errors import SampleError

pytestmark = pytest.mark.unit


def frame_of(count: int) -> list[Candidate]:
    return [Candidate(f"call-{k:03}", (k * 37 % count) / count, (f"原因{k}",)) for k in range(count)]


def test_the_riskiest_are_drawn_for_certain_and_the_rest_by_chance() -> None:
    plan, draws = draw(frame_of(100), budget=10, risk_share=0.6, seed=1, name="2030-01-02")

    assert (plan.name, plan.seed, plan.frame_size, plan.budget, plan.risk_share) == (
        "2030-01-02",
        1,
        100,
        10,
        0.6,
    )
    assert plan.frame == {"risk": 6, "random": 4}
    assert [d.position for d in draws] == list(range(10))
    assert [(d.part, d.inclusion_probability) for d in draws] == [("risk", 1.0)] * 6 + [
        ("random", 4 / 94)
    ] * 4
    assert [d.risk for d in draws[:6]] == [0.99, 0.98, 0.97, 0.96, 0.95, 0.94]
    assert max(d.risk for d in draws[6:]) < 0.94
    assert {d.plan_id for d in draws} == {plan.id}
    by_id = {candidate.call_id: candidate.reasons for candidate in frame_of(100)}
    assert all(d.reasons == by_id[d.call_id] for d in draws)


def test_the_same_seed_draws_the_same_calls_in_any_order_of_the_frame() -> None:
    shuffled = random.Random(3).sample(frame_of(50), 50)

    def calls(frame: list[Candidate], seed: int) -> list[str]:
        return [d.call_id for d in draw(frame, budget=12, risk_share=0.25, seed=seed, name="s")[1]]

    assert calls(frame_of(50), 5) == calls(shuffled, 5)
    assert calls(frame_of(50), 5)[:3] == calls(frame_of(50), 6)[:3]
    assert calls(frame_of(50), 5) != calls(frame_of(50), 6)


def test_a_budget_of_the_whole_frame_draws_all() -> None:
    _, draws = draw(frame_of(7), budget=7, risk_share=0.5, seed=1, name="all")

    assert sorted(d.call_id for d in draws) == [f"call-{k:03}" for k in range(7)]
    assert {d.inclusion_probability for d in draws} == {1.0}


@given(st.integers(1, 40), st.data())
def test_inclusion_probabilities_sum_to_the_budget(count: int, data: st.DataObject) -> None:
    budget = data.draw(st.integers(1, count))
    share = data.draw(st.floats(0, 1))

    plan, draws = draw(frame_of(count), budget=budget, risk_share=share, seed=0, name="s")

    assert len({d.call_id for d in draws}) == budget
    by_chance = [d for d in draws if d.part == "random"]
    assert all(d.inclusion_probability == len(by_chance) / (count - plan.frame["risk"]) for d in by_chance)
    assert share == 1 or budget == count or by_chance


@pytest.mark.parametrize(
    ("frame", "budget", "share", "message"),
    [
        ([], 1, 0.5, "the frame holds no calls → widen the filter, or wait for calls"),
        (frame_of(3), 4, 0.5, "budget 4 is not within 1 to 3, the calls of the frame → ask for fewer calls"),
        (
            frame_of(3),
            0,
            0.5,
            "budget 0 is not within 1 to 3, the calls of the frame → ask for at least one call",
        ),
        (frame_of(3), 2, 1.5, "risk share 1.5 is outside 0 to 1 → 0.7 gives 70 % of the budget to risk"),
        (
            frame_of(3),
            2,
            float("nan"),
            "risk share nan is outside 0 to 1 → 0.7 gives 70 % of the budget to risk",
        ),
        (frame_of(3) * 2, 2, 0.5, "call call-000 is in the frame twice → give each call once"),
        ([Candidate("x", 1.2)], 1, 0.5, "call x: risk 1.2 is outside 0 to 1 → judge it again"),
        ([Candidate("x", float("nan"))], 1, 0.5, "call x: risk nan is outside 0 to 1 → judge it again"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    frame: list[Candidate], budget: int, share: float, message: str
) -> None:
    with pytest.raises(SampleError) as error:
        draw(frame, budget=budget, risk_share=share, seed=1, name="s")

    assert str(error.value) == message


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_estimates_are_unbiased_whatever_the_risk_share(share: float) -> None:
    """Over 2,000 draws the mean estimate lies within three standard errors of the truth."""
    frame = frame_of(60)
    values = {c.call_id: float(c.risk > 0.8) + 3 * (k % 4 == 0) for k, c in enumerate(frame)}
    truth = sum(values.values()) / len(frame)

    means = []
    for seed in range(2000):
        plan, draws = draw(frame, budget=20, risk_share=share, seed=seed, name="s")
        means.append(estimate_mean(plan, draws, values).mean)

    average = sum(means) / len(means)
    spread = (sum((mean - average) ** 2 for mean in means) / (len(means) - 1)) ** 0.5
    assert abs(average - truth) <= 3 * spread / len(means) ** 0.5


def test_every_call_of_the_rest_is_drawn_equally_often() -> None:
    drawn = Counter(
        d.call_id
        for seed in range(3000)
        for d in draw(frame_of(12), budget=5, risk_share=0.4, seed=seed, name="s")[1]
    )

    assert sorted(drawn.values())[-2:] == [3000, 3000]
    assert all(abs(count - 900) < 4 * (3000 * 0.3 * 0.7) ** 0.5 for count in sorted(drawn.values())[:-2])


def test_an_estimate_shows_its_parts() -> None:
    plan, draws = draw(frame_of(4), budget=2, risk_share=0.5, seed=1, name="s")

    assert estimate_mean(plan, draws, dict.fromkeys((d.call_id for d in draws), 2.0)) == MeanEstimate(
        mean=2.0, total=8.0, certain=2.0, expanded=6.0, frame_size=4, drawn=2
    )


def test_a_sample_drawn_by_risk_alone_gives_no_estimate() -> None:
    plan, draws = draw(frame_of(9), budget=3, risk_share=1.0, seed=1, name="risky")

    with pytest.raises(SampleError, match="sample risky: 6 calls had no chance to be drawn"):
        estimate_mean(plan, draws, {d.call_id: 1.0 for d in draws})


def test_an_estimate_asks_for_missing_values() -> None:
    plan, draws = draw(frame_of(9), budget=3, risk_share=0.0, seed=1, name="new")

    with pytest.raises(
        SampleError, match=f"sample new: call {draws[0].call_id} has no value → review it first"
    ):
        estimate_mean(plan, draws, {})
