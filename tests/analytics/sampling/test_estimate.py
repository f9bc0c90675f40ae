"""Estimates are unbiased whatever was drawn by risk, and their intervals hold what they promise."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import hypergeom

from analytics.sampling.drawing import Candidate, draw
from analytics.sampling.estimate import estimate
from analytics.sampling.plan import SamplingPlan
from calls.errors import SampleError
from calls.records import SampleDraw, SamplePlan

pytestmark = pytest.mark.unit


class Frame:
    """Calls whose verdicts are known, so that estimates can be held against the truth."""

    def __init__(self, size: int, rate: float, seed: int = 5) -> None:
        chance = np.random.default_rng(seed)
        bad = chance.permutation(size) < round(rate * size)
        risk = np.clip(chance.beta(1, 8, size) + bad * chance.beta(2, 3, size), 0, 1)
        ids = [f"call-{k:04}" for k in range(size)]
        self.calls = [
            Candidate(id, float(value), attributes={"agent": f"a{k % 4}", "queue": f"q{k % 3}"})
            for k, (id, value) in enumerate(zip(ids, risk, strict=True))
        ]
        self.bad = dict(zip(ids, bad.astype(float).tolist(), strict=True))
        score = 90 - 40 * bad + chance.normal(0, 6, size)
        self.score = dict(zip(ids, score.tolist(), strict=True))

    def draw(self, budget: int, **fields: Any) -> tuple[SamplePlan, list[SampleDraw]]:
        return draw(self.calls, SamplingPlan(name="s", budget=budget, **fields))


def mean(values: dict[str, float]) -> float:
    return sum(values.values()) / len(values)


def test_a_small_sample_by_hand() -> None:
    frame = [Candidate("a", 0.9), Candidate("b", 0.2), Candidate("c", 0.1), Candidate("d", 0.0)]
    plan, draws = draw(frame, SamplingPlan(name="s", budget=3, risk_share=0.34, seed=1))
    values = {draws[0].call_id: 8.0, draws[1].call_id: 1.0, draws[2].call_id: 3.0}

    found = estimate(plan, draws, values)

    # a is certain; two of the other three are drawn, so their mean 2 stands for three
    assert (found.value, found.certain, found.expanded) == ((8 + 3 * 2) / 4, 8.0, 6.0)
    variance = (3 / 4) ** 2 * (1 - 2 / 3) * 2 / 2
    reach = 12.706204736 * math.sqrt(variance)  # t, one degree of freedom
    assert (found.low, found.high) == pytest.approx((3.5 - reach, 3.5 + reach))
    assert (found.method, found.frame_size, found.drawn, found.judged) == ("student", 4.0, 3, 3)


def test_who_hears_all_knows_all() -> None:
    frame = Frame(40, 0.2)
    plan, draws = frame.draw(40, risk_share=0.5)

    found = estimate(plan, draws, frame.bad, rate=True)

    assert (found.method, found.frame_size, found.judged, found.effective) == ("census", 40, 40, math.inf)
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.2, 0.2))


@pytest.mark.parametrize("size", [50, 200])
@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_intervals_of_rates_cover_what_they_promise(rate: float, size: int) -> None:
    """Over all samples that there are, not some: each by how many of its calls by chance are bad."""
    frame = Frame(800, rate)
    plan, draws = frame.draw(size, risk_share=0.5)
    by_risk, by_chance = draws[: size // 2], draws[size // 2 :]
    rest = sorted(frame.bad.keys() - {each.call_id for each in by_risk}, key=frame.bad.__getitem__)
    bad = round(sum(frame.bad[call] for call in rest))
    likely = hypergeom(len(rest), bad, len(by_chance))
    covered = expected = 0.0
    for hits in range(min(bad, len(by_chance)) + 1):
        drawn = rest[: len(by_chance) - hits] + rest[len(rest) - hits :]
        sample = [replace(each, call_id=call) for each, call in zip(by_chance, drawn, strict=True)]
        found = estimate(plan, by_risk + sample, frame.bad, rate=True)
        covered += likely.pmf(hits) * (found.low - 1e-12 <= mean(frame.bad) <= found.high + 1e-12)
        expected += likely.pmf(hits) * found.value
    assert covered >= (0.93 if size == 200 else 0.90)
    assert expected == pytest.approx(mean(frame.bad), abs=1e-9)


@pytest.mark.parametrize("size", [50, 200])
def test_what_is_drawn_by_chance_is_a_simple_random_sample(size: int) -> None:
    frame = Frame(800, 0.2)
    hits = []
    for seed in range(300):
        _, draws = frame.draw(size, risk_share=0.5, seed=seed)
        hits.append(sum(frame.bad[each.call_id] for each in draws[size // 2 :]))
    rest = frame.bad.keys() - {each.call_id for each in draws[: size // 2]}
    likely = hypergeom(len(rest), round(sum(frame.bad[call] for call in rest)), size - size // 2)
    assert np.mean(hits) == pytest.approx(likely.mean(), abs=4 * likely.std() / math.sqrt(300))
    assert np.std(hits) == pytest.approx(likely.std(), rel=0.2)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("strata", [(), ("queue",), ("risk",)])
def test_means_are_unbiased_whatever_the_risk_share(share: float, strata: tuple[str, ...]) -> None:
    frame = Frame(300, 0.1)
    found = []
    for seed in range(200):
        plan, draws = frame.draw(40, risk_share=share, strata=strata, seed=seed)
        found.append(estimate(plan, draws, frame.score))
    values = np.array([each.value for each in found])
    assert abs(values.mean() - mean(frame.score)) < 4 * values.std() / math.sqrt(200)
    covered = np.mean([each.low <= mean(frame.score) <= each.high for each in found])
    assert covered > 0.85


def test_an_agents_figures_come_from_the_agents_calls() -> None:
    frame = Frame(400, 0.2)
    mine = {each.call_id for each in frame.calls if each.attributes["agent"] == "a1"}
    truth = mean({call: frame.bad[call] for call in mine})
    found = []
    for seed in range(200):
        plan, draws = frame.draw(60, risk_share=0.4, minimum_per_agent=5, seed=seed)
        drawn = {each.call_id for each in draws if each.call_id in mine}
        found.append(estimate(plan, draws, frame.bad, rate=True, within=drawn))
    values = np.array([each.value for each in found])
    assert abs(values.mean() - truth) < 4 * values.std() / math.sqrt(200)
    assert np.mean([each.low <= truth <= each.high for each in found]) > 0.9
    # agents are strata, so that how many calls they had is known, not estimated
    assert {round(each.frame_size) for each in found} == {100}


def test_a_part_that_is_no_stratum_has_its_size_estimated() -> None:
    frame = Frame(400, 0.2)
    mine = {each.call_id for each in frame.calls if each.attributes["agent"] == "a1"}
    truth = mean({call: frame.score[call] for call in mine})
    found = []
    for seed in range(300):
        plan, draws = frame.draw(60, risk_share=0.4, seed=seed)
        drawn = {each.call_id for each in draws if each.call_id in mine}
        found.append(estimate(plan, draws, frame.score, within=drawn))
    assert np.mean([each.frame_size for each in found]) == pytest.approx(100, rel=0.05)
    assert np.mean([each.low <= truth <= each.high for each in found]) > 0.86


def test_unfinished_work_is_refused_unless_it_is_asked_for() -> None:
    frame = Frame(100, 0.2)
    plan, draws = frame.draw(20, risk_share=0.5)
    heard = {each.call_id: frame.bad[each.call_id] for each in draws[:3] + draws[-4:]}

    with pytest.raises(SampleError, match=r"has no value \(13 of 20 have none\) → review it first"):
        estimate(plan, draws, heard, rate=True)
    found = estimate(plan, draws, heard, rate=True, unfinished=True)
    assert (found.drawn, found.judged) == (20, 7)
    assert found.low < found.value < found.high


def test_where_calls_could_not_be_drawn_the_estimate_is_refused() -> None:
    frame = Frame(100, 0.2)
    plan, draws = frame.draw(20, risk_share=1.0)

    with pytest.raises(
        SampleError, match="80 calls had no chance to be drawn → draw with a risk share under 1"
    ):
        estimate(plan, draws, frame.bad, rate=True)


def test_a_sample_of_which_it_is_not_known_how_it_was_drawn_is_refused() -> None:
    frame = Frame(100, 0.2)
    plan, draws = frame.draw(20)

    with pytest.raises(SampleError, match="it is not known of what it was drawn"):
        estimate(replace(plan, frame={}), draws, frame.bad, rate=True)


def test_a_part_of_which_nothing_was_drawn_by_chance_is_refused() -> None:
    frame = Frame(100, 0.2)
    plan, draws = frame.draw(20, risk_share=0.5)

    with pytest.raises(SampleError, match="none of these calls was drawn by chance"):
        estimate(plan, draws, frame.bad, rate=True, within={draws[0].call_id})


def test_a_stratum_without_a_verdict_is_refused() -> None:
    frame = Frame(100, 0.2)
    plan, draws = frame.draw(20, risk_share=0.5)
    certain = {each.call_id: 1.0 for each in draws if each.part == "risk"}

    with pytest.raises(SampleError, match="no call of all has a value → review at least one of each stratum"):
        estimate(plan, draws, certain, rate=True, unfinished=True)


def test_one_call_by_chance_bounds_nothing() -> None:
    frame = Frame(100, 0.2)
    plan, draws = frame.draw(5, risk_share=0.9)

    by_rate = estimate(plan, draws, frame.bad, rate=True)
    assert by_rate.high - by_rate.low > 0.9
