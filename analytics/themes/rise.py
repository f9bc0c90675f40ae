"""Is something said in more calls than before? Exact tests, held to a false discovery rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy
from scipy.stats import false_discovery_control, hypergeom

#: Half-width of a 95 % interval in standard deviations.
_WIDE = 1.959964


@dataclass(frozen=True, slots=True)
class Rise:
    """How the share of calls that hold each of several things has changed.

    Attributes
    ----------
    lift : float array, shape (n_things,)
        Share of calls now over share before, each with half a call added.
    lift_low : float array, shape (n_things,)
        Lower end of its 95 % interval (Katz et al. 1978).
    g2 : float array, shape (n_things,)
        Log-likelihood ratio of the two shares against one (Dunning 1993).
    p_value : float array, shape (n_things,)
        One-sided exact test (Fisher) of "no larger a share than before".
    q_value : float array, shape (n_things,)
        Benjamini–Hochberg: whoever reports all things up to a q value reports that share of false ones,
        on average, at most. Phrases that share words depend on each other positively, which it allows.
    """

    lift: np.ndarray
    lift_low: np.ndarray
    g2: np.ndarray
    p_value: np.ndarray
    q_value: np.ndarray


def rise(now: np.ndarray, before: np.ndarray, calls_now: int, calls_before: int) -> Rise:
    """Compare in how many calls things are found now and before.

    Parameters
    ----------
    now, before : int array, shape (n_things,)
        Calls that hold each thing. Which things are tested must not depend on their share *now*: choose
        them by the sum of both.
    calls_now, calls_before : int
        All calls of the two periods.
    """
    now, before = np.asarray(now, dtype=np.int64), np.asarray(before, dtype=np.int64)
    if not len(now) or not calls_now or not calls_before:
        one = np.ones(len(now))
        return Rise(one, np.zeros(len(now)), np.zeros(len(now)), one, one)
    total = calls_now + calls_before
    p_value = hypergeom.sf(now - 1, total, now + before, calls_now)
    odds = ((now + 0.5) / (calls_now + 0.5), (before + 0.5) / (calls_before + 0.5))
    lift = odds[0] / odds[1]
    spread = np.sqrt(1 / (now + 0.5) - 1 / (calls_now + 0.5) + 1 / (before + 0.5) - 1 / (calls_before + 0.5))
    share = (now + before) / total
    g2 = 2 * sum(
        xlogy(count, count / np.maximum(calls * part, 1e-300))
        for held, calls in ((now, calls_now), (before, calls_before))
        for count, part in ((held, share), (calls - held, 1 - share))
    )
    return Rise(
        lift,
        lift * np.exp(-_WIDE * spread),
        np.asarray(g2),
        p_value,
        false_discovery_control(np.clip(p_value, 0.0, 1.0)),
    )
