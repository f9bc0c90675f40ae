"""Draws the calls that inspectors hear: the riskiest for certain, the rest by chance from each stratum.

The random part keeps every call of the frame reachable, so that averages over the sample, weighted by
the inverse of the inclusion probability, stay unbiased (:mod:`analytics.sampling.estimate`).
"""

from __future__ import annotations

import heapq
import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analytics.sampling.plan import SamplingPlan
from calls.errors import SampleError
from calls.records import SampleDraw, SamplePlan

RISK = "risk"
RANDOM = "random"
#: Shares of the frame, riskiest calls first, that a report on the yield speaks of.
SHARES = (0.01, 0.02, 0.05, 0.10, 0.20)
#: Into how many bands of equal size the stratum ``risk`` cuts the random part.
BANDS = 5

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call of the frame: its risk in [0, 1], why, and what it can be sorted by (agent, queue, …)."""

    call_id: str
    risk: float
    reasons: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


def draw(frame: Sequence[Candidate], plan: SamplingPlan) -> tuple[SamplePlan, list[SampleDraw]]:
    """Draw from the frame what the plan asks for, the same calls for the same plan in any order of the frame.

    The k = round(risk_share x budget) riskiest calls are drawn with certainty. The other n = budget - k come
    from the strata of the remaining N - k: each is given at least one (two where the budget allows it, for
    without two there is no variance), agents their minimum, and the rest is dealt by ``plan.allocation``;
    within a stratum it is a simple random sample without replacement.

    Parameters
    ----------
    frame : sequence of Candidate
        All calls that could be heard; N of them.
    plan : SamplingPlan

    Returns
    -------
    SamplePlan
        Its ``frame`` holds the strata with their sizes, and from which call on the shares of
        :data:`SHARES` begin.
    list of SampleDraw
        Positions count from 0; the risk part first, riskiest first; then the random part in random order,
        with the inclusion probabilities n_h / N_h of its strata.

    Raises
    ------
    SampleError
        The frame is empty or names a call twice, a risk is not a number in [0, 1], the budget exceeds the
        frame, or the random part cannot reach all strata or give each agent the minimum.
    """
    _check(frame, plan.budget)
    ranked = sorted(frame, key=lambda each: (-each.risk, each.call_id))
    certain = math.floor(plan.risk_share * plan.budget + 0.5)
    if plan.risk_share < 1.0 and plan.budget < len(frame):
        certain = min(certain, plan.budget - 1)
    rest = ranked[certain:]
    strata = _strata(rest, plan.stratified_by)
    counts = allocate(strata, plan.budget - certain, plan) if plan.budget > certain else {}
    chance = random.Random(plan.seed)
    chosen = [(each, RISK, 1.0, "") for each in ranked[:certain]]
    by_chance = [
        (each, RANDOM, counts[key] / len(strata[key]), _name(plan.stratified_by, key))
        for key in sorted(counts)
        for each in chance.sample(strata[key], counts[key])
    ]
    chance.shuffle(by_chance)
    made = SamplePlan(
        name=plan.name,
        seed=plan.seed,
        frame_size=len(frame),
        budget=plan.budget,
        risk_share=plan.risk_share,
        frame={
            RISK: certain,
            RANDOM: plan.budget - certain,
            "filter": plan.frame.model_dump(mode="json"),
            "stratified_by": list(plan.stratified_by),
            "strata": {
                _name(plan.stratified_by, key): {"size": len(strata[key]), "drawn": counts.get(key, 0)}
                for key in sorted(strata)
            },
            "shares": [_cut(ranked, share) for share in SHARES],
        },
    )
    draws = [
        SampleDraw(
            plan_id=made.id,
            call_id=each.call_id,
            position=position,
            part=part,
            inclusion_probability=probability,
            risk=each.risk,
            reasons=each.reasons,
            stratum=stratum,
        )
        for position, (each, part, probability, stratum) in enumerate(chosen + by_chance)
    ]
    return made, draws


def allocate(strata: Mapping[Key, Sequence[Candidate]], budget: int, plan: SamplingPlan) -> dict[Key, int]:
    """Return how many calls each stratum gives, none more than it has, ``budget`` in all.

    Beyond what must be, each further call goes to the stratum that has the fewest for its weight (the
    divisor method of Sainte-Laguë), its weight being its size, or with ``optimal`` its size times the
    mean standard deviation √(r(1 - r)) that the risks r let expect of a yes/no verdict.

    Raises
    ------
    SampleError
        ``budget`` cannot reach all strata, or give every agent the minimum.
    """
    sizes = {key: len(calls) for key, calls in strata.items()}
    by = " × ".join(plan.stratified_by)
    way_out = "raise the budget, lower risk_share, or name fewer strata"
    if budget < len(sizes):
        raise SampleError(
            f"the random part of {budget} calls cannot reach {len(sizes)} strata ({by})", way_out
        )
    least = 2 if budget >= sum(min(2, size) for size in sizes.values()) else 1
    counts = {key: min(least, size) for key, size in sizes.items()}
    weights = {
        key: sum(math.sqrt(max(each.risk * (1 - each.risk), 0.0025)) for each in calls)
        if plan.allocation == "optimal"
        else float(len(calls))
        for key, calls in strata.items()
    }
    if plan.minimum_per_agent:
        place = plan.stratified_by.index("agent")
        per_agent: dict[str, list[Key]] = defaultdict(list)
        for key in sizes:
            per_agent[key[place]].append(key)
        for keys in per_agent.values():
            _deal(counts, keys, weights, sizes, plan.minimum_per_agent)
    if sum(counts.values()) > budget:
        raise SampleError(
            f"{plan.minimum_per_agent} calls for each of {len(per_agent)} agents are {sum(counts.values())}, "
            f"more than the {budget} of the random part",
            way_out.replace("name fewer strata", "lower minimum_per_agent"),
        )
    _deal(counts, list(sizes), weights, sizes, budget)
    return counts


def _deal(
    counts: dict[Key, int],
    keys: Sequence[Key],
    weights: Mapping[Key, float],
    sizes: Mapping[Key, int],
    total: int,
) -> None:
    """Raise the counts of ``keys`` until they are ``total`` together, or the strata are exhausted."""
    left = total - sum(counts[key] for key in keys)
    heap = [((2 * counts[key] + 1) / weights[key], key) for key in keys if counts[key] < sizes[key]]
    heapq.heapify(heap)
    while left > 0 and heap:
        _, key = heapq.heappop(heap)
        counts[key] += 1
        left -= 1
        if counts[key] < sizes[key]:
            heapq.heappush(heap, ((2 * counts[key] + 1) / weights[key], key))


def _strata(rest: Sequence[Candidate], by: tuple[str, ...]) -> dict[Key, list[Candidate]]:
    """Sort the calls, riskiest first, into strata."""
    strata: dict[Key, list[Candidate]] = defaultdict(list)
    for place, each in enumerate(rest):
        band = f"{place * BANDS // len(rest) + 1}/{BANDS}"
        strata[tuple(band if name == RISK else each.attributes.get(name, "") for name in by)].append(each)
    return dict(strata)


def _name(by: tuple[str, ...], key: Key) -> str:
    return ", ".join(f"{name}={value or '–'}" for name, value in zip(by, key, strict=True)) or "all"


def _cut(ranked: Sequence[Candidate], share: float) -> dict[str, Any]:
    """Return how many calls the riskiest ``share`` of the frame are, and the last of them."""
    count = max(1, math.floor(share * len(ranked) + 0.5))
    return {"share": share, "calls": count, "risk": ranked[count - 1].risk, "call": ranked[count - 1].call_id}


def _check(frame: Sequence[Candidate], budget: int) -> None:
    if not frame:
        raise SampleError("the frame holds no calls", "widen the filter, or wait for calls")
    if not 1 <= budget <= len(frame):
        raise SampleError(
            f"budget {budget} is not within 1 to {len(frame)}, the calls of the frame",
            "ask for fewer calls" if budget > 0 else "ask for at least one call",
        )
    twice = [call_id for call_id, count in Counter(each.call_id for each in frame).items() if count > 1]
    if twice:
        raise SampleError(f"call {twice[0]} is in the frame twice", "give each call once")
    for each in frame:
        if not 0.0 <= each.risk <= 1.0:
            raise SampleError(f"call {each.call_id}: risk {each.risk} is outside 0 to 1", "judge it again")
