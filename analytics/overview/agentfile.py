"""The quality file of one agent (个人质量档案): the judgements of each week and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from analytics.kpi.definitions import compute
from analytics.kpi.visits import read_traffic
from calls.records import Agent, Appeal, Call, Review, Score, Survey
from calls.reviewing import is_rating
from calls.store import Span, Store


@dataclass(frozen=True, slots=True)
class Week:
    """A week from Monday on: reviews with their mean score, and the agent's work in the queues.

    ``score`` is ``None`` without a scored review, ``satisfaction`` without a survey. ``figures`` are those of
    :data:`analytics.kpi.definitions.KPIS`.
    """

    monday: date
    reviews: int
    score: float | None
    fatal: int
    complaints: int
    satisfaction: float | None
    figures: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A review that stands, with when its call was, and the state of an appeal against it, ``""`` without."""

    review: Review
    called_at: datetime
    appeal: str


@dataclass(frozen=True, slots=True)
class AgentFile:
    """Weeks oldest first, judgements newest first, and how often each item of a scorecard failed.

    ``failed`` holds (item, times failed, times answered), the most often failed first.
    """

    agent: Agent
    weeks: tuple[Week, ...]
    judgements: tuple[Judgement, ...]
    failed: tuple[tuple[str, int, int], ...]


def agent_file(store: Store, agent_id: str, last: date, weeks: int, zone: str) -> AgentFile:
    """Return the file of an agent over so many weeks, the last of which holds the day ``last``.

    Reviews belong to the week of their call. One that was replaced after an appeal is left out, the final
    one stands. An agent who is not on record has a file under the id alone.
    """
    here = ZoneInfo(zone)
    end = last - timedelta(days=last.weekday()) + timedelta(days=7)
    begin = end - timedelta(weeks=weeks)
    moments = Span(datetime.combine(begin, time(), here), datetime.combine(end, time(), here))
    calls = {call.id: call for call in store.find(Call, agent_id=agent_id, started_at=moments)}
    reviews = _standing(store.find(Review, call_id=list(calls), order_by=("created_at", "id")))
    surveys = store.find(Survey, call_id=list(calls))
    appeals = {
        each.review_id: each.state
        for each in store.find(Appeal, review_id=[review.id for review in reviews], order_by="created_at")
    }
    visits = [
        each for each in read_traffic(store, moments.first, moments.end).visits if each.agent == agent_id
    ]

    def monday(moment: datetime) -> date:
        day = moment.astimezone(here).date()
        return day - timedelta(days=day.weekday())

    found = []
    for number in range(weeks):
        start = begin + timedelta(weeks=number)
        judged = [each for each in reviews if monday(calls[each.call_id].started_at) == start]
        scores = [each.score for each in judged if each.score is not None]
        told = [each.score for each in surveys if monday(calls[each.call_id].started_at) == start]
        found.append(
            Week(
                start,
                len(judged),
                _mean(scores),
                sum(each.fatal is True for each in judged),
                sum(each.complaint is True for each in judged),
                _mean([float(each) for each in told]),
                compute([each for each in visits if monday(each.entered_at) == start]),
            )
        )
    agents = store.find(Agent, id=agent_id)
    return AgentFile(
        agents[0] if agents else Agent(id=agent_id),
        tuple(found),
        tuple(
            Judgement(each, calls[each.call_id].started_at, appeals.get(each.replaces or each.id, ""))
            for each in sorted(reviews, key=lambda each: (each.created_at, each.id), reverse=True)
        ),
        _failed(store.find(Score, review_id=[each.id for each in reviews])),
    )


def _standing(reviews: Sequence[Review]) -> list[Review]:
    replaced = {each.replaces for each in reviews if each.replaces}
    return [each for each in reviews if each.id not in replaced and not is_rating(each)]


def _failed(scores: Sequence[Score]) -> tuple[tuple[str, int, int], ...]:
    answered: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for score in scores:
        if score.points is not None:
            answered[score.item] += 1
            failed[score.item] += score.points == 0
    return tuple((item, failed[item], answered[item]) for item, count in failed.most_common() if count)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
