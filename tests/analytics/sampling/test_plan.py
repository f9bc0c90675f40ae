"""Plans as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from analytics.sampling.plan import FrameFilter, SamplingPlan, plan_of, read_plan
from calls.errors import SampleError

pytestmark = pytest.mark.unit

WHOLE = """
name: 2026-W48 售后
budget: 50
risk_share: 0.6
seed: 20261128
frame:
  queues: [售后, 宽带]
  first: 2026-11-23
  last: 2026-11-29
  longer_than_seconds: 45
  answered_by_agent: true
strata: [queue]
minimum_per_agent: 2
allocation: optimal
"""


def read(tmp_path: Path, text: str) -> SamplingPlan:
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return read_plan(path)


def test_a_plan_is_read_whole(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE) == SamplingPlan(
        name="2026-W48 售后",
        budget=50,
        risk_share=0.6,
        seed=20261128,
        frame=FrameFilter(
            queues=("售后", "宽带"),
            first=date(2026, 11, 23),
            last=date(2026, 11, 29),
            longer_than_seconds=45,
            answered_by_agent=True,
        ),
        strata=("queue",),
        minimum_per_agent=2,
        allocation="optimal",
    )


def test_both_days_count_whole_in_the_zone_of_the_plan() -> None:
    frame = FrameFilter(first=date(2026, 11, 23), last=date(2026, 11, 23), zone="Asia/Shanghai")

    assert frame.moments() == (
        datetime(2026, 11, 22, 16, tzinfo=UTC),
        datetime(2026, 11, 23, 16, tzinfo=UTC),
    )
    assert FrameFilter().moments() == (None, None)


def test_a_minimum_per_agent_makes_agents_a_stratum() -> None:
    assert SamplingPlan(name="s", budget=1, minimum_per_agent=1, strata=("queue",)).stratified_by == (
        "agent",
        "queue",
    )
    assert SamplingPlan(name="s", budget=1, strata=("queue", "agent")).stratified_by == ("queue", "agent")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("budget: 50 → budget: 0", r"plan.yaml:3: budget: .* greater than or equal to 1, not 0"),
        ("risk_share: 0.6 → risk_share: 6", r"plan.yaml:4: risk_share: .*, not 6"),
        ("budget: 50 → buget: 50", r"plan.yaml:3: buget: unknown field 'buget' → did you mean 'budget'"),
        ("[queue] → [queue, colour]", r"strata: unknown stratum 'colour', known: queue, agent"),
        ("[queue] → [queue, queue]", r"strata: a stratum is named twice"),
        ("2026-11-29 → 2026-11-01", r"frame: last: 2026-11-01 is before first: 2026-11-23"),
        ("optimal → best", r"allocation: .*'proportional' or 'optimal', not 'best'"),
        ("longer_than_seconds: 45 → zone: Mars", r"zone: no such time zone, not 'Mars'"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(tmp_path: Path, change: str, complaint: str) -> None:
    before, after = change.split(" → ")
    assert before in WHOLE
    with pytest.raises(SampleError, match=complaint):
        read(tmp_path, WHOLE.replace(before, after))


def test_a_form_is_refused_as_a_file_would_be() -> None:
    assert plan_of({"name": "s", "budget": 3}) == SamplingPlan(name="s", budget=3)
    with pytest.raises(SampleError, match="budget"):
        plan_of({"name": "s", "budget": 0})
