"""Overviews of stored calls: five weeks of a small centre."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from analytics.overview.agentfile import agent_file
from analytics.overview.days import days
from analytics.overview.hotlist import hot_list
from analytics.overview.samples import funnel, latest_samples, over_time
from calls.records import Call, Review, new_id
from calls.store import Store
from tests.console.weeks_scene import BAD, FIRST, TEAMS, fill_weeks

pytestmark = pytest.mark.integration
ZONE = "Asia/Shanghai"
MONDAY = FIRST.date()
LAST = MONDAY + timedelta(days=34)


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with Store.open(tmp_path_factory.mktemp("weeks") / "desk.db") as store:
        fill_weeks(store)
        yield store


def test_days_count_every_call_once_and_empty_days_too(weeks: Store) -> None:
    found = days(weeks, MONDAY - timedelta(days=1), LAST, ZONE, {})

    assert [day.day for day in found] == [MONDAY + timedelta(days=at) for at in range(-1, 35)]
    assert (found[0].calls, found[0].judged) == (0, 0)
    assert sum(day.calls for day in found) == weeks.count(Call)
    assert all(sum(day.outcomes.values()) == day.calls for day in found)
    assert all(day.complaints <= day.judged <= day.calls for day in found)


def test_days_of_some_agents_are_theirs(weeks: Store) -> None:
    found = days(weeks, MONDAY, LAST, ZONE, {"agent_id": [BAD]})

    assert sum(day.calls for day in found) == weeks.count(Call, agent_id=BAD)


def test_a_day_begins_at_midnight_of_its_zone(weeks: Store) -> None:
    # the first call comes at 9 in the morning in China, which is Sunday evening in Los Angeles
    sunday = MONDAY - timedelta(days=1)

    assert [day.calls for day in days(weeks, sunday, MONDAY, ZONE, {})] == [0, 24]
    assert days(weeks, sunday, sunday, "America/Los_Angeles", {})[0].calls > 0


def test_each_sample_estimates_its_week(weeks: Store) -> None:
    samples = latest_samples(weeks)

    rates = over_time(weeks, samples, "complaint_rate")

    assert [each.plan.name for each in rates] == [f"第{week}周" for week in range(1, 6)]
    assert [each.day for each in rates] == [MONDAY + timedelta(days=6 + 7 * week) for week in range(5)]
    assert all(each.reviewed == each.drawn == 60 for each in rates)
    for each in rates:
        assert each.estimate is not None
        assert 0 <= each.estimate.low <= each.estimate.value <= each.estimate.high <= 1


def test_the_agent_who_serves_badly_stands_out(weeks: Store) -> None:
    points = funnel(weeks, latest_samples(weeks), "mean_score", "agent").points

    assert [(point.group, point.side) for point in points if point.flag == "out"] == [(BAD, -1)]
    assert {point.group for point in points} == {agent for team in TEAMS.values() for agent in team}


def test_a_hot_word_is_found_with_calls_that_say_it(weeks: Store) -> None:
    found = hot_list(weeks, LAST, ZONE, {})

    assert (found.first, found.last) == (LAST - timedelta(days=6), LAST)
    assert "光猫" in {term.term for term in found.discovery.terms} or any(
        "光猫" in term.term or "红灯" in term.term for term in found.discovery.terms
    )
    example = found.discovery.terms[0].examples[0]
    assert weeks.get(Call, example.call_id).started_at >= FIRST + timedelta(days=28)


def test_of_too_many_calls_always_the_same_are_read(weeks: Store) -> None:
    one = hot_list(weeks, LAST, ZONE, {}, most=20, most_before=30)
    two = hot_list(weeks, LAST, ZONE, {}, most=20, most_before=30)

    assert one == two
    assert (one.discovery.calls, one.discovery.calls_before) == (20, 30)
    assert one.calls > 20 and one.calls_before > 30


def test_an_agents_file_holds_the_weeks_and_what_failed(weeks: Store) -> None:
    found = agent_file(weeks, BAD, LAST, 5, ZONE)

    assert (found.agent.name, found.agent.team) == ("陈晨", "二组")
    assert [week.monday for week in found.weeks] == [MONDAY + timedelta(weeks=at) for at in range(5)]
    assert sum(week.reviews for week in found.weeks) == len(found.judgements)
    assert sum(week.complaints for week in found.weeks) == sum(
        each.review.complaint is True for each in found.judgements
    )
    ((item, failed, answered),) = found.failed
    assert (item, answered) == ("service.empathy", len(found.judgements))
    assert failed == sum(week.complaints for week in found.weeks)
    assert sum(week.figures["answered"] or 0 for week in found.weeks) == weeks.count(Call, agent_id=BAD)


def test_the_final_verdict_takes_the_first_ones_place(weeks: Store) -> None:
    before = agent_file(weeks, BAD, LAST, 5, ZONE)
    first = before.judgements[0].review
    final = Review(
        id=new_id(), call_id=first.call_id, reviewer="li", score=100.0, replaces=first.id, plan_id=None
    )
    weeks.add(final)

    after = agent_file(weeks, BAD, LAST, 5, ZONE)

    assert len(after.judgements) == len(before.judgements)
    assert first.id not in {each.review.id for each in after.judgements}
    assert final.id in {each.review.id for each in after.judgements}
    weeks.replace(Review, {"id": final.id})


def test_an_agent_of_whom_nothing_is_known_has_an_empty_file(weeks: Store) -> None:
    found = agent_file(weeks, "nobody", date(2026, 3, 8), 2, ZONE)

    assert (found.agent.id, found.judgements, found.failed) == ("nobody", (), ())
    assert [week.reviews for week in found.weeks] == [0, 0]
