"""How far people who judge the same things agree, beyond what chance would bring about.

All measures are for labels without order. 1 is perfect agreement, 0 what chance brings; ``None`` stands where
a measure is not defined: nothing was judged by two, or only one label was ever given.

References
----------
J. Cohen, *A coefficient of agreement for nominal scales*, Educational and Psychological Measurement 20
(1960).
J. L. Fleiss, *Measuring nominal scale agreement among many raters*, Psychological Bulletin 76 (1971).
K. Krippendorff, *Computing Krippendorff's alpha-reliability*, University of Pennsylvania (2011).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

Label = Hashable


def exact(units: Sequence[Sequence[Label | None]]) -> float | None:
    """Return the share of units on which all who judged (at least two) gave the same label.

    Parameters
    ----------
    units : sequence of sequence of label or None
        For each unit the label of each rater; ``None`` where one gave none.
    """
    judged = [given for unit in units if len(given := [each for each in unit if each is not None]) > 1]
    return sum(len(set(given)) == 1 for given in judged) / len(judged) if judged else None


def cohen_kappa(one: Sequence[Label | None], other: Sequence[Label | None]) -> float | None:
    """Return Cohen's κ = (p_o − p_e) / (1 − p_e) of two raters.

    p_o is the share of equal labels, p_e the share that is expected of raters who give their own shares of
    labels at random. Units that one of them did not judge are left out.

    Parameters
    ----------
    one, other : sequence of label or None
        The labels of each rater, of the same length.
    """
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
    if not pairs:
        return None
    count = len(pairs)
    observed = sum(a == b for a, b in pairs) / count
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(first[label] * second[label] for label in first) / count**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def fleiss_kappa(units: Sequence[Sequence[Label]]) -> float | None:
    """Return Fleiss' κ of three or more raters, any ones, as many for each unit.

    Raises
    ------
    ValueError
        Units have different numbers of labels, or fewer than two.
    """
    if not units:
        return None
    raters = len(units[0])
    if raters < 2 or any(len(unit) != raters for unit in units):
        raise ValueError("every unit needs as many labels, at least two")
    counts = [Counter(unit) for unit in units]
    agreeing = [sum(each * (each - 1) for each in unit.values()) / (raters * (raters - 1)) for unit in counts]
    shares = [total / (raters * len(units)) for total in sum(counts, Counter()).values()]
    observed, expected = sum(agreeing) / len(units), sum(share**2 for share in shares)
    return None if expected == 1 else (observed - expected) / (1 - expected)


def krippendorff_alpha(units: Sequence[Sequence[Label | None]]) -> float | None:
    """Return Krippendorff's α = 1 − D_o / D_e for labels without order, of any raters, with gaps.

    D_o is the observed disagreement of pairs within units, D_e that of pairs drawn from all labels. Units
    with fewer than two labels are left out.
    """
    weights: dict[tuple[Label, Label], float] = {}
    for unit in units:
        given = Counter(each for each in unit if each is not None)
        size = sum(given.values())
        if size < 2:
            continue
        for one, first in given.items():
            for other, second in given.items():
                pairs = first * (second - (one == other))
                weights[one, other] = weights.get((one, other), 0.0) + pairs / (size - 1)
    totals: dict[Label, float] = {}
    for (one, _), weight in weights.items():
        totals[one] = totals.get(one, 0.0) + weight
    size_of_all = sum(totals.values())
    observed = sum(weight for (one, other), weight in weights.items() if one != other)
    expected = sum(totals[one] * totals[other] for one in totals for other in totals if one != other) / max(
        size_of_all - 1, 1
    )
    return None if expected == 0 else 1 - observed / expected


def beyond_chance(units: Sequence[Sequence[Label | None]]) -> tuple[str, float | None]:
    """Return the measure that fits and its value: ``cohen`` for two raters, ``krippendorff`` for more.

    α is taken for more than two since it is defined where somebody left out a unit; with all labels given it
    differs from Fleiss' κ only by the correction for small numbers.
    """
    if units and len(units[0]) == 2:
        return "cohen", cohen_kappa([unit[0] for unit in units], [unit[1] for unit in units])
    return "krippendorff", krippendorff_alpha(units)
