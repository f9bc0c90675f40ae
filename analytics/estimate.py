"""Averages over all calls of a frame, from the few that were heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calls.errors import SampleError
from calls.records import SampleDraw, SamplePlan


@dataclass(frozen=True, slots=True)
class MeanEstimate:
    """A Horvitz–Thompson estimate of a mean over a frame, with the parts that explain it.

    ``mean`` is ``total / frame_size``; ``certain`` is the part of the total that was heard with
    certainty, ``expanded`` what the random part stands for; ``drawn`` counts the draws behind it.
    """

    mean: float
    total: float
    certain: float
    expanded: float
    frame_size: int
    drawn: int


def estimate_mean(plan: SamplePlan, draws: Sequence[SampleDraw], values: Mapping[str, float]) -> MeanEstimate:
    """Return the mean of a value over the frame, each draw weighted by 1 / its inclusion probability.

    Unbiased whatever the share drawn by risk (Horvitz & Thompson, JASA 1952, doi 10.2307/2280784).

    Parameters
    ----------
    plan : SamplePlan
    draws : sequence of SampleDraw
        All draws of the plan.
    values : mapping of str to float
        The value of each drawn call, by its id.

    Raises
    ------
    SampleError
        A drawn call has no value, or calls of the frame could not have been drawn (nothing was drawn at
        random from a frame larger than the budget), so that any estimate would be biased.
    """
    if plan.budget < plan.frame_size and all(draw.inclusion_probability >= 1.0 for draw in draws):
        raise SampleError(
            f"sample {plan.name}: {plan.frame_size - plan.budget} calls had no chance to be drawn",
            "draw with a risk share under 1",
        )
    missing = [draw.call_id for draw in draws if draw.call_id not in values]
    if missing:
        raise SampleError(f"sample {plan.name}: call {missing[0]} has no value", "review it first")
    weighted = [(draw, values[draw.call_id] / draw.inclusion_probability) for draw in draws]
    certain = sum(value for draw, value in weighted if draw.inclusion_probability >= 1.0)
    expanded = sum(value for draw, value in weighted if draw.inclusion_probability < 1.0)
    total = certain + expanded
    return MeanEstimate(total / plan.frame_size, total, certain, expanded, plan.frame_size, len(draws))
