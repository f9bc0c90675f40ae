"""What the reviewed samples say: rates over time with their intervals, and agents against chance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from analytics.overview.funnel import Funnel, Judged, funnel_of_means, funnel_of_rates
from analytics.sampling.estimate import Estimate, EstimateRefused
from analytics.sampling.report import ReviewedSample, load_sample, quality
from calls.records import Agent, Call, SamplePlan
from calls.store import Store

By = Literal["agent", "team", "queue"]


@dataclass(frozen=True, slots=True)
class Estimated:
    """One sample's estimate of a measure for its whole frame, or why there is none."""

    plan: SamplePlan
    reviewed: int
    drawn: int
    estimate: Estimate | None
    refusal: EstimateRefused | None = None

    @property
    def day(self) -> date:
        """The last day of the plan's frame where it names one, else the day on which it was drawn."""
        named = self.plan.frame.get("filter", {}).get("last") if self.plan.frame else None
        return date.fromisoformat(named) if isinstance(named, str) and named else self.plan.created_at.date()


def latest_samples(store: Store, since: datetime | None = None, most: int = 60) -> list[ReviewedSample]:
    """Return the samples drawn since a moment that have a review, oldest first; ``most`` at most."""
    plans = store.find(SamplePlan, order_by=("-created_at", "-id"), limit=most)
    found = [load_sample(store, plan.id) for plan in plans if since is None or plan.created_at >= since]
    return [sample for sample in reversed(found) if sample.reviews]


def over_time(store: Store, samples: Iterable[ReviewedSample], measure: str) -> list[Estimated]:
    """Return what each sample says of a measure of :data:`analytics.sampling.report.MEASURES`."""
    found = []
    for sample in samples:
        line = next(each for each in quality(store, sample) if each.measure == measure)
        found.append(
            Estimated(
                sample.plan, len(sample.values(measure)), len(sample.draws), line.estimate, line.refusal
            )
        )
    return found


def funnel(store: Store, samples: Iterable[ReviewedSample], measure: str, by: By) -> Funnel:
    """Return the agents, teams or queues of all the samples' reviewed calls against chance.

    A call that several samples reviewed counts once, as in the last of them.
    """
    judged: dict[str, Judged] = {}
    for sample in samples:
        probability = {draw.call_id: draw.inclusion_probability for draw in sample.draws}
        for call_id, value in sample.values(measure).items():
            if call_id in probability:
                judged[call_id] = Judged(value, 1 / probability[call_id])
    groups: dict[str, list[Judged]] = defaultdict(list)
    for call_id, name in group_names(store, judged, by).items():
        groups[name].append(judged[call_id])
    return (funnel_of_means if measure == "mean_score" else funnel_of_rates)(groups)


def group_names(store: Store, call_ids: Iterable[str], by: By) -> dict[str, str]:
    """Return the agent, team or queue of each call; calls that have none are left out."""
    agents: Mapping[str, Agent] = {each.id: each for each in store.find(Agent)}
    names = {}
    for call in store.find(Call, id=list(call_ids)):
        agent = agents.get(call.agent_id or "")
        name = {"agent": call.agent_id, "team": agent.team if agent else "", "queue": call.queue_id}[by]
        if name:
            names[call.id] = name
    return names
