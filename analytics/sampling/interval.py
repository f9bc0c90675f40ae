"""Confidence intervals for what samples estimate."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import stats


class Interval(NamedTuple):
    """From ``low`` to ``high``, both included."""

    low: float
    high: float


def student(mean: float, variance: float, degrees: float, level: float = 0.95) -> Interval:
    """Return mean ± t x standard error.

    Parameters
    ----------
    mean, variance : float
        The estimate and the variance of the estimate.
    degrees : float
        Degrees of freedom; below one nothing bounds the mean.
    level : float in (0, 1)
    """
    if variance <= 0:
        return Interval(mean, mean)
    if degrees < 1:
        return Interval(-math.inf, math.inf)
    reach = float(stats.t.ppf((1 + level) / 2, degrees)) * math.sqrt(variance)
    return Interval(mean - reach, mean + reach)


def wilson(rate: float, size: float, level: float = 0.95) -> Interval:
    """Return the score interval of a rate seen in ``size`` (effective) trials (Wilson, JASA 1927)."""
    z = float(stats.norm.ppf((1 + level) / 2))
    centre = (rate + z * z / (2 * size)) / (1 + z * z / size)
    reach = z / (1 + z * z / size) * math.sqrt(rate * (1 - rate) / size + z * z / (4 * size * size))
    return Interval(max(0.0, centre - reach), min(1.0, centre + reach))


def korn_graubard(rate: float, size: float, level: float = 0.95) -> Interval:
    """Return the exact binomial interval of a rate seen in ``size`` effective trials, seldom whole.

    Clopper & Pearson (Biometrika 1934) with the effective sample size of a complex design in place of the
    size (Korn & Graubard, Survey Methodology 1998): it covers at least as often as it says.

    Parameters
    ----------
    rate : float in [0, 1]
    size : float > 0
    level : float in (0, 1)
    """
    hits, tail = rate * size, (1 - level) / 2
    low = float(stats.beta.ppf(tail, hits, size - hits + 1)) if hits > 0 else 0.0
    high = float(stats.beta.ppf(1 - tail, hits + 1, size - hits)) if hits < size else 1.0
    return Interval(low, high)
