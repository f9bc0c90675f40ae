"""The parts that the demo, `huawu analyse` and `huawu batch` share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analytics.judge import Context, Judgement
from calls.errors import NotFound
from calls.people import Webhook, WebhookDelivery
from calls.records import (
    Agent,
    Call,
    CallEvent,
    CallMetrics,
    CallRisk,
    EventKind,
    Finding,
    Role,
    Score,
    Transcript,
    Utterance,
)
from calls.store import Store
from huawu import pipeline
from huawu.pipeline import contexts_of, store_judgements, store_transcripts

pytestmark = pytest.mark.integration
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def a_call(caller: str, days: float = 0.0, agent: str | None = None) -> Call:
    return Call(door="test", caller=caller, started_at=NOON + timedelta(days=days), agent_id=agent)


def a_transcript(call: Call, text: str = "您好") -> Transcript:
    said = tuple(
        Utterance(number=n, role=Role.AGENT, start=float(n), end=n + 0.9, text=text) for n in range(2)
    )
    return Transcript(call_id=call.id, recogniser="test", model="test", utterances=said, created_at=NOON)


def a_judgement(call: Call, severity: str = "一般") -> Judgement:
    found = Finding(call_id=call.id, kind="complaint", label=severity, probability=0.9, created_at=NOON)
    score = Score(call_id=call.id, item="greeting", points=5.0, by="machine")
    metrics, risk = CallMetrics(call_id=call.id), CallRisk(call_id=call.id, probability=0.5, base=0.0)
    return Judgement([found], metrics, risk, {}, [score], None)


def test_the_judge_is_told_of_earlier_calls_events_and_team(store: Store) -> None:
    calls = [a_call("1", days) for days in (-31, -30, -3, 0, 1)]
    other = a_call("2", -2, agent="a1")
    unknown = a_call("")
    event = CallEvent(call_id=other.id, at=1.0, kind=EventKind.CONNECT)
    store.add(Agent(id="a1", team="一组"), *calls, other, unknown, event)

    contexts = contexts_of(store, [calls[3].id, other.id, unknown.id])

    assert contexts == [
        Context(call=calls[3], events=[], earlier=[calls[2].started_at, calls[1].started_at]),
        Context(call=other, events=[event], earlier=[], attributes={"team": "一组"}),
        Context(call=unknown, events=[]),
    ]


def test_a_number_that_rings_all_day_hides_nobody(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MOST_EARLIER", 2)
    exchange = [a_call("10086", -number / 100) for number in range(6)]
    person = [a_call("1", days) for days in (-3, -1, 0)]
    store.add(*exchange, *person)

    first, second = contexts_of(store, [exchange[0].id, person[2].id])

    assert first.earlier == [exchange[1].started_at, exchange[2].started_at]
    assert second.earlier == [person[1].started_at, person[0].started_at]


def test_a_call_that_does_not_exist_is_named(store: Store) -> None:
    with pytest.raises(NotFound, match="Call 'nothing' does not exist"):
        contexts_of(store, ["nothing"])


def test_the_menu_is_told_from_the_agent_where_a_call_went_through_one(store: Store) -> None:
    ours, logged = a_call("1"), a_call("2")
    store.add(
        *(ours, logged),
        CallEvent(call_id=ours.id, at=0.0, kind=EventKind.NODE, node="main"),
        CallEvent(call_id=ours.id, at=1.0, kind=EventKind.CONNECT),
        CallEvent(call_id=logged.id, at=1.0, kind=EventKind.CONNECT),
    )

    told, stored = store_transcripts(store, [a_transcript(ours), a_transcript(logged)])
    stored.result()

    assert [each.role for each in told[0].utterances] == [Role.SYSTEM, Role.AGENT]
    assert [each.role for each in told[1].utterances] == [Role.AGENT, Role.AGENT]
    assert store.find(Transcript, order_by="id") == sorted(told, key=lambda each: each.id)


def test_results_take_the_place_of_earlier_ones_with_what_belongs_to_them(store: Store) -> None:
    calls = [a_call("1"), a_call("2")]
    store.add(*calls)
    first, second = ([a_transcript(call, text) for call in calls] for text in ("一", "二"))

    store_transcripts(store, first)[1].result()
    store_transcripts(store, second, Agent(id="a1"))[1].result()
    for judged in ([a_judgement(call) for call in calls] for _ in range(2)):
        store_judgements(store, calls, judged, "machine", Agent(id="a2")).result()

    assert store.find(Transcript) == second
    assert [store.count(kind) for kind in (Finding, CallMetrics, CallRisk, Score)] == [2, 2, 2, 2]
    assert store.find(Agent) == [Agent(id="a1"), Agent(id="a2")]


def test_a_complaint_is_told_once(store: Store) -> None:
    hook = Webhook(url="https://crm.example/in", secret="s", events=("complaint.found",), created_at=NOON)
    calls = [a_call("1"), a_call("2")]
    store.add(hook, *calls)

    store_judgements(store, calls, [a_judgement(calls[0]), a_judgement(calls[1], "none")], "m").result()
    store_judgements(store, calls, [a_judgement(call) for call in calls], "m").result()

    assert [each.call_id for each in store.find(WebhookDelivery)] == [calls[0].id, calls[1].id]
