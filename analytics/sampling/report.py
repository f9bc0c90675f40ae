"""What the reviews of a sample say of all calls of its frame, by centre, team, agent or queue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analytics.sampling.estimate import Estimate, EstimateRefused, estimate
from calls.errors import NotFound
from calls.records import Agent, Call, Review, SampleDraw, SamplePlan
from calls.store import Store

By = Literal["agent", "team", "queue"]

#: What is estimated: name of the measure → whether it is a rate.
MEASURES = {"complaint_rate": True, "mean_score": False, "fatal_rate": True}


@dataclass(frozen=True, slots=True)
class Line:
    """One measure of one group; ``refusal`` is why there is no estimate."""

    group: str
    measure: str
    estimate: Estimate | None
    refusal: EstimateRefused | None = None

    @property
    def refused(self) -> str:
        """Why there is no estimate, in words; empty where there is one."""
        return str(self.refusal or "")


@dataclass(frozen=True, slots=True)
class ReviewedSample:
    """A plan, its draws, and the latest review of each drawn call within the plan."""

    plan: SamplePlan
    draws: tuple[SampleDraw, ...]
    reviews: dict[str, Review]

    def values(self, measure: str) -> dict[str, float]:
        """Return what was judged of each call; calls of which it was not judged are left out."""
        field = {"complaint_rate": "complaint", "mean_score": "score", "fatal_rate": "fatal"}[measure]
        judged = {call: getattr(review, field) for call, review in self.reviews.items()}
        return {call: float(value) for call, value in judged.items() if value is not None}

    @property
    def verdicts(self) -> dict[str, bool]:
        """Whether each judged call is a complaint."""
        return {call: bool(value) for call, value in self.values("complaint_rate").items()}


def load_sample(store: Store, name: str) -> ReviewedSample:
    """Return the sample with that id or name, the latest of that name.

    Raises
    ------
    NotFound
        There is none.
    """
    plans = store.find(SamplePlan, id=name) or store.find(
        SamplePlan, name=name, order_by=("-created_at", "-id"), limit=1
    )
    if not plans:
        known = [each.name for each in store.find(SamplePlan, order_by="-created_at", limit=5)]
        hint = f"there are: {', '.join(known)}" if known else "draw one: huawu sample draw PLAN.yaml"
        raise NotFound(f"sample {name!r} does not exist in {store.name}", hint)
    plan = plans[0]
    draws = tuple(store.find(SampleDraw, plan_id=plan.id, order_by=("position", "id")))
    reviews = store.find(Review, plan_id=plan.id, order_by=("created_at", "id"))
    return ReviewedSample(plan, draws, {each.call_id: each for each in reviews})


def quality(store: Store, sample: ReviewedSample, by: By | None = None) -> list[Line]:
    """Return the measures of the whole frame, or of each group that has drawn calls."""
    groups = _groups(store, sample.draws, by) if by else {"": None}
    return [
        _line(sample, group, measure, within)
        for group, within in sorted(groups.items())
        for measure in MEASURES
    ]


def _line(sample: ReviewedSample, group: str, measure: str, within: frozenset[str] | None) -> Line:
    try:
        found = estimate(
            sample.plan,
            sample.draws,
            sample.values(measure),
            rate=MEASURES[measure],
            within=within,
            unfinished=True,
        )
    except EstimateRefused as refusal:
        return Line(group, measure, None, refusal)
    return Line(group, measure, found)


def _groups(store: Store, draws: Sequence[SampleDraw], by: By) -> dict[str, frozenset[str] | None]:
    agents = {each.id: each for each in store.find(Agent)}
    groups: dict[str, set[str]] = defaultdict(set)
    for call in store.find(Call, id=[each.call_id for each in draws]):
        agent = agents.get(call.agent_id or "")
        name = {"agent": call.agent_id, "team": agent.team if agent else "", "queue": call.queue_id}[by]
        groups[name or "–"].add(call.id)
    return {name: frozenset(calls) for name, calls in groups.items()}
