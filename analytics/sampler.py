"""Draws the calls that inspectors hear: the riskiest for certain, the rest by chance.

The random part keeps every call of the frame reachable, so that averages over the sample, weighted by
the inverse of the inclusion probability, stay unbiased (:mod:`analytics.estimate`).
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from calls.errors import SampleError
from calls.records import SampleDraw, SamplePlan

RISK = "risk"
RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call of the frame: its risk in [0, 1] and why."""

    call_id: str
    risk: float
    reasons: tuple[str, ...] = ()


def draw(
    frame: Sequence[Candidate], *, budget: int, risk_share: float, seed: int, name: str
) -> tuple[SamplePlan, list[SampleDraw]]:
    """Draw ``budget`` calls from the frame, the same ones for the same arguments in any order of the frame.

    Parameters
    ----------
    frame : sequence of Candidate
        All calls that could be heard; N of them.
    budget : int
        Calls to draw, 1 to N.
    risk_share : float in [0, 1]
        Share of the budget for the k = round(share x budget) riskiest calls, drawn with certainty. The
        other n = budget - k are a simple random sample of the remaining N - k. Where the share is under 1
        and the frame is larger than the budget, n is at least 1: with n = 0 no estimate would be possible.
    seed : int
        Seed of the random part.
    name : str
        What the sample is called, for example its date.

    Returns
    -------
    plan : SamplePlan
    draws : list of SampleDraw
        Positions count from 0; the risk part first, riskiest first; then the random part in random order,
        with inclusion probability n / (N - k).

    Raises
    ------
    SampleError
        The frame is empty or names a call twice, the budget is not within 1 to N, the share is outside
        [0, 1], or a risk is not a number in [0, 1].
    """
    _check(frame, budget, risk_share)
    ranked = sorted(frame, key=lambda candidate: (-candidate.risk, candidate.call_id))
    certain = math.floor(risk_share * budget + 0.5)
    if risk_share < 1.0 and budget < len(frame):
        certain = min(certain, budget - 1)
    chance = budget - certain
    rest = ranked[certain:]
    plan = SamplePlan(
        name=name,
        seed=seed,
        frame_size=len(frame),
        budget=budget,
        risk_share=risk_share,
        frame={"risk": certain, "random": chance},
    )
    chosen = [(candidate, RISK, 1.0) for candidate in ranked[:certain]]
    chosen += [
        (candidate, RANDOM, chance / len(rest)) for candidate in random.Random(seed).sample(rest, chance)
    ]
    draws = [
        SampleDraw(
            plan_id=plan.id,
            call_id=candidate.call_id,
            position=position,
            part=part,
            inclusion_probability=probability,
            risk=candidate.risk,
            reasons=candidate.reasons,
        )
        for position, (candidate, part, probability) in enumerate(chosen)
    ]
    return plan, draws


def _check(frame: Sequence[Candidate], budget: int, risk_share: float) -> None:
    if not frame:
        raise SampleError("the frame holds no calls", "widen the filter, or wait for calls")
    if not 1 <= budget <= len(frame):
        raise SampleError(
            f"budget {budget} is not within 1 to {len(frame)}, the calls of the frame",
            "ask for fewer calls" if budget > 0 else "ask for at least one call",
        )
    if not 0.0 <= risk_share <= 1.0:
        raise SampleError(
            f"risk share {risk_share} is outside 0 to 1", "0.7 gives 70 % of the budget to risk"
        )
    twice = [call_id for call_id, count in Counter(c.call_id for c in frame).items() if count > 1]
    if twice:
        raise SampleError(f"call {twice[0]} is in the frame twice", "give each call once")
    for candidate in frame:
        if not 0.0 <= candidate.risk <= 1.0:
            raise SampleError(
                f"call {candidate.call_id}: risk {candidate.risk} is outside 0 to 1", "judge it again"
            )
