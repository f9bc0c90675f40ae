"""What a sample says of all calls of its frame: averages and rates with intervals, unbiased.

A frame of N calls is a stratum of the riskiest, all drawn, and strata of the rest with n_h of N_h drawn by
chance. Weighting each call by the inverse of its inclusion probability (Horvitz & Thompson, JASA 1952, doi
10.2307/2280784) makes the averages right whatever the share drawn by risk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from analytics.sampling.drawing import RISK
from analytics.sampling.interval import Interval, korn_graubard, student, wilson
from calls.errors import SampleError
from calls.records import SampleDraw, SamplePlan

Method = Literal["student", "korn-graubard", "wilson"]


class EstimateRefused(SampleError):
    """A sample does not allow an estimate.

    Parameters
    ----------
    reason : {"no-chance", "unfinished", "unknown-frame", "unreachable", "unjudged"}
        Why, for pages that say it in words of their own.
    message, hint : str
        As for every :class:`calls.errors.HuawuError`.
    **values
        What belongs to the reason: ``count`` of calls, ``stratum``.
    """

    def __init__(self, reason: str, message: str, hint: str, **values: object) -> None:
        super().__init__(message, hint)
        self.reason = reason
        self.values = values


@dataclass(frozen=True, slots=True)
class Estimate:
    """An average over a frame, or over some of its calls, with the parts that explain it.

    Attributes
    ----------
    value : float
    low, high : float
        Bounds of the interval; ``nan`` where one call was drawn by chance and nothing bounds it.
    method : str
        How the interval was made: ``student``, ``korn-graubard`` or ``wilson``; ``census`` where all calls
        were heard.
    level : float
        The share of samples whose intervals hold the true value.
    frame_size : int or float
        Calls that the value is the average of; estimated where only the sample knows it.
    drawn, judged : int
        Calls drawn, and those of them with a verdict.
    certain : float
        Part of the total that comes from calls drawn for certain.
    expanded : float
        Part of it that the calls drawn by chance stand for.
    effective : float
        Size of a simple random sample that would be as exact; ``inf`` where all were heard.
    """

    value: float
    low: float
    high: float
    method: str
    level: float
    frame_size: float
    drawn: int
    judged: int
    certain: float
    expanded: float
    effective: float


@dataclass(frozen=True, slots=True)
class _Stratum:
    """A stratum: ``values`` of the judged calls, and whether each is ``inside`` the part asked for."""

    size: int
    certain: bool
    values: np.ndarray
    inside: np.ndarray

    @property
    def whole(self) -> bool:
        return len(self.values) == self.size

    @property
    def weight(self) -> float:
        return self.size / len(self.values)

    @property
    def total(self) -> float:
        return self.weight * float(self.values @ self.inside)

    @property
    def part(self) -> float:
        return self.weight * float(self.inside.sum())


def estimate(
    plan: SamplePlan,
    draws: Sequence[SampleDraw],
    values: Mapping[str, float],
    *,
    rate: bool = False,
    within: Collection[str] | None = None,
    unfinished: bool = False,
    level: float = 0.95,
    method: Literal["korn-graubard", "wilson"] = "korn-graubard",
) -> Estimate:
    """Return the mean of a value over the frame.

    Parameters
    ----------
    plan : SamplePlan
    draws : sequence of SampleDraw
        All draws of the plan.
    values : mapping of str to float
        The value of each drawn call, by its id; 0 or 1 for a rate.
    rate : bool
        Whether the value is a yes or a no.
    within : collection of str, optional
        Ids of drawn calls: estimate for that part of the frame whose drawn calls they are (an agent's, a
        team's). The size of the part is estimated, too (Hájek 1971), with what that adds to the interval.
    unfinished : bool
        Estimate although not all drawn calls have a value: those that have stand for the others of their
        stratum, which is right if they were taken in the order of the list or by chance.
    level : float in (0, 1)
    method : {"korn-graubard", "wilson"}
        Interval of a rate. The first never promises too much, the second is narrower.

    Raises
    ------
    EstimateRefused
        A drawn call has no value; calls of the frame had no chance to be drawn, so that any estimate would
        be biased; or no call of ``within`` was drawn by chance.
    """
    strata = _strata(plan, draws, values, within, unfinished)
    open_ = [each for each in strata if not each.whole]
    size = sum(each.part for each in strata)
    rest = sum(each.part for each in open_)
    if not size or (open_ and not rest):
        raise EstimateRefused(
            "no-chance",
            f"sample {plan.name}: none of these calls was drawn by chance",
            "draw with a minimum_per_agent, or ask for a larger part",
        )
    total = sum(each.total for each in strata)
    certain = sum(each.total for each in strata if each.certain)
    value = total / size
    judged = sum(int(each.inside.sum()) for each in strata)
    drawn = sum(within is None or each.call_id in within for each in draws)
    if not open_:
        return Estimate(
            value, value, value, "census", level, size, drawn, judged, certain, total - certain, float("inf")
        )
    known = sum(each.total for each in strata if each.whole)
    variance, degrees = _variance(open_, value, size)
    mean = (total - known) / rest
    effective = _effective(open_, mean, variance * (size / rest) ** 2)
    if rate:
        used: str = method
        q = (korn_graubard if method == "korn-graubard" else wilson)(mean, effective, level)
        bounds = Interval((known + rest * q.low) / size, (known + rest * q.high) / size)
    else:
        used, bounds = "student", student(value, variance, degrees, level)
    return Estimate(value, *bounds, used, level, size, drawn, judged, certain, total - certain, effective)


def _variance(strata: Sequence[_Stratum], value: float, size: float) -> tuple[float, float]:
    """Return the linearised variance of the mean and its degrees of freedom (Cochran 1977, 5.4 and 6.3).

    A stratum with one value is given the pooled variance of the others.
    """
    residuals = [each.inside * (each.values - value) for each in strata]
    several = [each for each in residuals if len(each) > 1]
    degrees = sum(len(each) - 1 for each in several)
    if degrees:
        pooled = sum(float(each.var()) * len(each) for each in several) / degrees
    else:  # one call each: as if drawn from all of them alike
        degrees = len(strata) - 1
        pooled = float(np.concatenate(residuals).var(ddof=1)) if degrees else 0.0
    variance = 0.0
    for stratum, each in zip(strata, residuals, strict=True):
        spread = float(each.var(ddof=1)) if len(each) > 1 else pooled
        unheard = 1 - len(each) / stratum.size
        variance += (stratum.size / size) ** 2 * unheard * spread / len(each)
    inside = [stratum.inside.sum() for stratum in strata]
    return variance, min(float(degrees), max(float(sum(inside)) - sum(count > 0 for count in inside), 0.0))


def _effective(strata: Sequence[_Stratum], mean: float, variance: float) -> float:
    """Return the size of a simple random sample from an endless frame that would be as exact.

    From the variance where there is one, and never more than the design allows: Kish's size for its
    weights (Survey Sampling, 1965), raised by what the finite frame saves. Degrees of freedom lost to
    strata make it smaller (Korn & Graubard 1998).
    """
    counts = [float(each.inside.sum()) for each in strata]
    count, rest = sum(counts), sum(each.part for each in strata)
    kish = rest**2 / sum(each.weight**2 * n for each, n in zip(strata, counts, strict=True))
    most = kish / max(1 - count / rest, 1 / rest)
    size = min(mean * (1 - mean) / variance, most) if 0 < mean < 1 and variance > 0 else most
    degrees = count - sum(n > 0 for n in counts)
    if degrees >= 1:
        size *= float((stats.t.ppf(0.975, count - 1) / stats.t.ppf(0.975, degrees)) ** 2)
    return max(size, 1.0)


def _strata(
    plan: SamplePlan,
    draws: Sequence[SampleDraw],
    values: Mapping[str, float],
    within: Collection[str] | None,
    unfinished: bool,
) -> list[_Stratum]:
    missing = [draw.call_id for draw in draws if draw.call_id not in values]
    if missing and not unfinished:
        raise EstimateRefused(
            "unfinished",
            f"sample {plan.name}: call {missing[0]} has no value ({len(missing)} of {len(draws)} have none)",
            "review it first, or estimate from what is finished",
            count=len(missing),
        )
    drawn: dict[str, list[SampleDraw]] = defaultdict(list)
    for each in draws:
        drawn[RISK if each.part == RISK else each.stratum].append(each)
    if "strata" not in plan.frame:
        raise EstimateRefused(
            "unknown-frame",
            f"sample {plan.name}: it is not known of what it was drawn",
            "draw one with huawu sample draw",
        )
    sizes = {name: stratum["size"] for name, stratum in plan.frame["strata"].items()}
    sizes[RISK] = len(drawn[RISK])
    unreachable = sum(size for name, size in sizes.items() if not drawn[name])
    if unreachable:
        raise EstimateRefused(
            "unreachable",
            f"sample {plan.name}: {unreachable} calls had no chance to be drawn",
            "draw with a risk share under 1",
            count=unreachable,
        )
    strata = []
    for name in (name for name, size in sizes.items() if size):
        heard = [each.call_id for each in drawn[name] if each.call_id in values]
        if not heard:
            raise EstimateRefused(
                "unjudged",
                f"sample {plan.name}: no call of {name} has a value",
                "review at least one of each stratum",
                stratum=name,
            )
        inside = [within is None or call in within for call in heard]
        of_each = np.array([values[call] for call in heard], float)
        strata.append(_Stratum(sizes[name], name == RISK, of_each, np.array(inside, float)))
    return strata
