"""What the riskiest calls yield is what a census would say, on average."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.sampling.drawing import draw
from analytics.sampling.plan import SamplingPlan
from analytics.sampling.yields import Yield, yields
from calls.errors import SampleError
from tests.analytics.sampling.test_estimate import Frame

pytestmark = pytest.mark.unit


def truth(frame: Frame, share: float) -> tuple[float, float, float]:
    ranked = sorted(frame.calls, key=lambda each: (-each.risk, each.call_id))
    hits = [frame.bad[each.call_id] for each in ranked]
    count = round(share * len(hits))
    precision = sum(hits[:count]) / count
    return precision, sum(hits[:count]) / sum(hits), precision / (sum(hits) / len(hits))


def test_a_census_gives_the_truth() -> None:
    frame = Frame(200, 0.1)
    plan, draws = frame.draw(200, risk_share=0.5)

    found = yields(plan, draws, {call: bool(value) for call, value in frame.bad.items()})

    assert [each.share for each in found] == [0.01, 0.02, 0.05, 0.1, 0.2]
    for each in found:
        assert (each.precision, each.recall, each.lift) == pytest.approx(truth(frame, each.share))
        assert each.precision_interval == pytest.approx((each.precision, each.precision))


def test_samples_give_the_truth_on_average_and_their_intervals_hold_it() -> None:
    frame = Frame(400, 0.1)
    plan = SamplingPlan(name="s", budget=120, risk_share=0.4)
    found: list[Yield] = []
    for seed in range(100):
        made, draws = draw(frame.calls, plan.model_copy(update={"seed": seed}))
        verdicts = {each.call_id: bool(frame.bad[each.call_id]) for each in draws}
        (at_a_fifth,) = (each for each in yields(made, draws, verdicts) if each.share == 0.2)
        found.append(at_a_fifth)
    precision, recall, lift = truth(frame, 0.2)
    assert np.mean([each.precision for each in found]) == pytest.approx(precision, rel=0.05)
    assert np.mean([each.recall for each in found]) == pytest.approx(recall, rel=0.1)
    assert np.mean([each.lift for each in found]) == pytest.approx(lift, rel=0.1)
    assert np.mean([each.recall_interval[0] <= recall <= each.recall_interval[1] for each in found]) > 0.9


def test_without_a_bad_call_there_is_no_yield() -> None:
    frame = Frame(50, 0.1)
    plan, draws = frame.draw(10)

    with pytest.raises(SampleError, match="no bad call was found → judge more calls"):
        yields(plan, draws, {each.call_id: False for each in draws})
