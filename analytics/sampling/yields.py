"""What listening to the riskiest calls yields, once people have judged: precision, recall and lift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analytics.sampling.drawing import RISK
from analytics.sampling.estimate import Estimate, estimate
from analytics.sampling.interval import Interval
from calls.errors import SampleError
from calls.records import SampleDraw, SamplePlan


@dataclass(frozen=True, slots=True)
class Yield:
    """What hearing the riskiest ``share`` of the frame gives; each figure with its 95 % interval.

    ``calls`` is how many that are and ``judged`` how many of them have a verdict. ``precision`` is the share
    of bad calls among them, ``recall`` the share of all bad calls that they hold, ``lift`` how many times
    more bad calls they hold than as many drawn by chance (recall over share).
    """

    share: float
    calls: int
    judged: int
    precision: float
    precision_interval: Interval
    recall: float
    recall_interval: Interval
    lift: float
    lift_interval: Interval


def yields(plan: SamplePlan, draws: Sequence[SampleDraw], verdicts: Mapping[str, bool]) -> list[Yield]:
    """Return what each share of the riskiest calls yields, as the sample lets estimate it.

    Calls drawn by chance are weighted by the inverse of their inclusion probability. Precision and the rate
    of bad calls in the frame have the intervals of :func:`analytics.sampling.estimate.estimate`; the bounds
    of recall and lift follow from both and are cautious.

    Parameters
    ----------
    plan : SamplePlan
    draws : sequence of SampleDraw
    verdicts : mapping of str to bool
        Whether each drawn call is bad; drawn calls without a verdict are left out, and the others of their
        stratum stand for them.

    Returns
    -------
    list of Yield
        For the shares of :data:`analytics.sampling.drawing.SHARES`; shares of which too little is judged
        are left out.

    Raises
    ------
    SampleError
        The sample allows no estimate, or no bad call was found.
    """
    bad = {call: float(verdict) for call, verdict in verdicts.items()}
    base = estimate(plan, draws, bad, rate=True, unfinished=True)
    if not base.value:
        raise SampleError(f"sample {plan.name}: no bad call was found", "judge more calls")
    found = []
    for cut in plan.frame["shares"]:
        try:
            found.append(_yield(plan, draws, bad, base, cut))
        except SampleError:  # none of these calls was drawn, or judged
            continue
    return found


def _yield(
    plan: SamplePlan,
    draws: Sequence[SampleDraw],
    bad: Mapping[str, float],
    base: Estimate,
    cut: Mapping[str, float],
) -> Yield:
    last = (-cut["risk"], cut["call"])
    top = {each.call_id for each in draws if (-each.risk, each.call_id) <= last}
    judged = sorted(top & bad.keys())
    calls, size = int(cut["calls"]), plan.frame_size
    if len(top) == calls and all(each.part == RISK for each in draws if each.call_id in top):
        if len(judged) < calls:
            raise SampleError("not all of the riskiest calls are judged")
        precision = sum(bad[call] for call in judged) / calls
        within = Interval(precision, precision)
    else:
        among = estimate(plan, draws, bad, rate=True, within=top, unfinished=True)
        precision, within = among.value, Interval(among.low, among.high)
    # hits over bad calls, each bound against the other's far one: wide, and never too narrow
    recall = min(1.0, precision * calls / (base.value * size))
    bounds = Interval(
        _at_most_one(within.low * calls, base.high * size), _at_most_one(within.high * calls, base.low * size)
    )
    lift = size / calls
    return Yield(
        cut["share"],
        calls,
        len(judged),
        precision,
        within,
        recall,
        bounds,
        recall * lift,
        Interval(bounds.low * lift, bounds.high * lift),
    )


def _at_most_one(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else 1.0
