"""Which calls of a database a plan may draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from analytics.sampling.drawing import Candidate
from analytics.sampling.frame import NOT_ANALYSED, candidates
from analytics.sampling.plan import FrameFilter
from calls.records import Agent, Call, CallRisk, Finding, Outcome, Recording, Review, RiskReason, Role
from calls.store import Store

pytestmark = pytest.mark.integration

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai

TUESDAY = MONDAY + timedelta(days=1)


def call(id: str, **changes: object) -> Call:
    plain = Call(
        id=id,
        door="sip",
        started_at=MONDAY,
        answered_at=MONDAY + timedelta(seconds=2),
        ended_at=MONDAY + timedelta(seconds=122),
        outcome=Outcome.HANDED_OFF,
        agent_id="1001",
        queue_id="售后",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def recording(call_id: str) -> Recording:
    return Recording(
        id=f"r-{call_id}", call_id=call_id, uri=f"{call_id}.wav", channels=(Role.CALLER, Role.AGENT)
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    calls = [
        call("plain"),
        call("short", ended_at=MONDAY + timedelta(seconds=30)),
        call("running", ended_at=None),
        call("reviewed"),
        call("unrecorded"),
        call(
            "tuesday", started_at=MONDAY + timedelta(days=1), ended_at=MONDAY + timedelta(days=1, seconds=90)
        ),
        call("menu", agent_id=None, queue_id=None, outcome=Outcome.CONTAINED),
        call("other", agent_id="1002", queue_id="宽带"),
    ]
    with Store.open(tmp_path / "huawu.db") as opened:
        opened.add(Agent(id="1001", team="一组"), Agent(id="1002", team="二组"), *calls)
        opened.add(*(recording(each.id) for each in calls if each.id != "unrecorded"))
        opened.add(Review(call_id="reviewed", reviewer="陈"))
        opened.add(
            CallRisk(
                call_id="plain",
                probability=0.8,
                base=-1.0,
                reasons=(
                    RiskReason(words="客服最后发言", share=-0.5),
                    RiskReason(words="说：第三次", share=0.9),
                    RiskReason(words="说：投诉", share=2.0),
                ),
            ),
            Finding(call_id="plain", kind="topic", label="billing", probability=0.4),
            Finding(call_id="plain", kind="topic", label="refund", probability=0.7),
        )
        yield opened


def ids(store: Store, **fields: object) -> list[str]:
    return [each.call_id for each in candidates(store, FrameFilter.model_validate(fields))]


def test_a_candidate_carries_its_risk_and_what_it_is_sorted_by(store: Store) -> None:
    found = {each.call_id: each for each in candidates(store, FrameFilter())}

    assert found["plain"] == Candidate(
        "plain",
        0.8,
        ("说：投诉", "说：第三次"),
        {
            "queue": "售后",
            "agent": "1001",
            "team": "一组",
            "topic": "refund",
            "door": "sip",
            "outcome": "handed-off",
        },
    )
    assert (found["menu"].risk, found["menu"].reasons) == (0.0, (NOT_ANALYSED,))


def test_short_running_reviewed_and_unrecorded_calls_are_left_out(store: Store) -> None:
    assert ids(store) == ["menu", "other", "plain", "tuesday"]
    assert ids(store, longer_than_seconds=0) == ["menu", "other", "plain", "short", "tuesday"]
    assert ids(store, not_yet_reviewed=False) == ["menu", "other", "plain", "reviewed", "tuesday"]


def test_the_filter_narrows_the_frame(store: Store) -> None:
    assert ids(store, queues=("宽带",)) == ["other"]
    assert ids(store, agents=("1001",)) == ["plain", "tuesday"]
    assert ids(store, teams=("二组",)) == ["other"]
    assert ids(store, answered_by_agent=True) == ["other", "plain", "tuesday"]
    assert ids(store, first=date(2026, 11, 24)) == ["tuesday"]
    assert ids(store, last=date(2026, 11, 23)) == ["menu", "other", "plain"]
