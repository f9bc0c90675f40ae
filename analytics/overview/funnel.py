"""Scores and rates of agents or teams against what chance alone would do to groups of their size.

Ranking people by raw means blames whoever was judged least. A funnel plot shows each against limits that are
wider the fewer calls were judged (Spiegelhalter, Statistics in Medicine 2005, doi 10.1002/sim.1970). Calls
that were drawn because they looked bad count by the inverse of their inclusion probability, and a group is as
large as a simple random sample that would be as exact (Kish 1965).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

#: Beyond these z values one of 20, and one of 500, would lie by chance.
WATCH, OUT = 1.96, 3.09

Flag = Literal["", "watch", "out"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A value of one judged call; ``weight`` is 1 / inclusion probability: for how many calls it stands."""

    value: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class FunnelPoint:
    """A group: its weighted mean, its effective size, how many calls were judged, and how it compares.

    ``side`` is -1 below the centre, 1 above it; ``flag`` is ``out`` beyond the outer limit on that side,
    ``watch`` beyond the inner one.
    """

    group: str
    value: float
    size: float
    judged: int
    side: int
    flag: Flag


@dataclass(frozen=True, slots=True)
class Funnel:
    """All groups, the ``centre`` that they share, and its limits for a size."""

    centre: float
    points: tuple[FunnelPoint, ...]
    limits: Callable[[float, float], tuple[float, float]]
    """``limits(size, z)`` → (low, high)."""


def funnel_of_means(groups: Mapping[str, Sequence[Judged]], low: float = 0.0, high: float = 100.0) -> Funnel:
    """Return the funnel of mean scores, which lie from ``low`` to ``high``.

    The spread is that of calls within groups, pooled, so that a bad group does not widen its own limits.
    """
    known = {name: judged for name, judged in groups.items() if judged}
    centre = _mean([each for judged in known.values() for each in judged])
    squares = sum(
        each.weight * (each.value - _mean(judged)) ** 2 for judged in known.values() for each in judged
    )
    weights = sum(each.weight for judged in known.values() for each in judged)
    count = sum(len(judged) for judged in known.values())
    free = count - len(known)
    # weighted variance, raised by the degrees of freedom that the groups' means took
    spread = math.sqrt(squares / weights * count / free) if weights and free > 0 else math.nan

    def limits(size: float, z: float) -> tuple[float, float]:
        reach = z * spread / math.sqrt(size)
        return max(low, centre - reach), min(high, centre + reach)

    return Funnel(centre, _points(known, centre, limits), limits)


def funnel_of_rates(groups: Mapping[str, Sequence[Judged]]) -> Funnel:
    """Return the funnel of rates of calls with a value of 1 among those with 0 or 1.

    Limits are exact binomial ones, interpolated between counts (appendix A.1.1 of the paper).
    """
    known = {name: judged for name, judged in groups.items() if judged}
    centre = _mean([each for judged in known.values() for each in judged])

    def limits(size: float, z: float) -> tuple[float, float]:
        tail = float(stats.norm.sf(z))
        return _binomial(tail, size, centre), _binomial(1 - tail, size, centre)

    return Funnel(centre, _points(known, centre, limits), limits)


def _binomial(share: float, size: float, rate: float) -> float:
    trials = max(1, round(size))
    if not 0 < rate < 1:
        return rate
    hits = int(stats.binom.ppf(share, trials, rate))
    reached, before = stats.binom.cdf([hits, hits - 1], trials, rate)
    part = (reached - share) / (reached - before) if reached > before else 0.0
    return float(min(max((hits - part) / trials, 0.0), 1.0))


def _points(
    groups: Mapping[str, Sequence[Judged]],
    centre: float,
    limits: Callable[[float, float], tuple[float, float]],
) -> tuple[FunnelPoint, ...]:
    found = []
    for name, judged in groups.items():
        value, size = _mean(judged), effective_size(judged)
        found.append(
            FunnelPoint(
                name,
                value,
                size,
                len(judged),
                int(np.sign(value - centre)),
                _flag(value, limits(size, WATCH), limits(size, OUT)),
            )
        )
    return tuple(sorted(found, key=lambda point: (-point.size, point.group)))


def _flag(value: float, inner: tuple[float, float], outer: tuple[float, float]) -> Flag:
    # a float's last digit does not make an outlier
    if value < outer[0] - 1e-9 or value > outer[1] + 1e-9:
        return "out"
    return "watch" if value < inner[0] - 1e-9 or value > inner[1] + 1e-9 else ""


def _mean(judged: Sequence[Judged]) -> float:
    weights = sum(each.weight for each in judged)
    return sum(each.weight * each.value for each in judged) / weights if weights else math.nan


def effective_size(judged: Sequence[Judged]) -> float:
    """Return Kish's effective sample size, (Σw)² / Σw²."""
    weights = sum(each.weight for each in judged)
    squares = sum(each.weight**2 for each in judged)
    return weights**2 / squares if squares else 0.0
