from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from calls import batches, people, records
from calls.errors import NotFound, SchemaTooNew, StoreError, StoreLocked
from calls.records import (
    Agent,
    AgentState,
    Call,
    CallEvent,
    EventKind,
    Evidence,
    Finding,
    Outcome,
    Role,
    Transcript,
    Utterance,
    Word,
)
from calls.reviewing import Acknowledgement, AppealStep, Assignment, CaseStep, FormVersion, ReviewDraft
from calls.store import Span, Store, engine
from calls.store.schema import TABLES

pytestmark = pytest.mark.integration

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def a_call(**changes: object) -> Call:
    return replace(Call(door="script", caller="13800001234", started_at=NOON), **changes)  # type: ignore[arg-type]


def a_transcript(call: Call, *texts: str) -> Transcript:
    said = tuple(
        Utterance(
            number=number,
            role=Role.CALLER,
            start=float(number),
            end=number + 0.9,
            text=each,
            words=(Word(text=each, start=float(number), end=number + 0.9, confidence=0.5),),
            level=None if number else -23.5,
        )
        for number, each in enumerate(texts)
    )
    return Transcript(call_id=call.id, recogniser="vosk", model="tiny-cn", utterances=said, created_at=NOON)


def one_of_each() -> list[object]:
    call = a_call(outcome=Outcome.HANDED_OFF, agent_id="a1", ended_at=NOON + timedelta(minutes=3))
    plan = records.SamplePlan(
        name="today", seed=7, frame_size=10, budget=2, risk_share=0.5, frame={"queue": "q"}
    )
    review = records.Review(
        call_id=call.id,
        reviewer="陈",
        complaint=True,
        severity="重大",
        score=85.5,
        fatal=False,
        scorecard="service",
        form="telecom@0123456789ab",
        replaces="earlier",
        created_at=NOON,
    )
    appeal = records.Appeal(
        review_id=review.id, agent_id="a1", comment="不同意", inspector="李", created_at=NOON
    )
    case = records.Case(call_id=call.id, level="重大", deadline=NOON, department="维修", created_at=NOON)
    user = people.User(
        id="chen", name="陈", role=people.UserRole.AGENT, agent_id="a1", locked_until=NOON, created_at=NOON
    )
    hook = people.Webhook(url="https://crm.example/in", secret="s", events=("complaint",), created_at=NOON)
    return [
        records.Agent(id="a1", name="王敏", team="一组", skills=("宽带", "退款"), address="sip:a1@10.0.0.5"),
        records.AgentStateChange(agent_id="a1", state=AgentState.PAUSED, reason="lunch", at=NOON),
        records.Queue(id="q", name="售后", skills=("退款",), ring_seconds=15.0, wrap_up_seconds=None),
        call,
        records.Leg(call_id=call.id, role=Role.AGENT, started_at=NOON),
        CallEvent(call_id=call.id, at=1.5, kind=EventKind.DIGIT, node="main", data={"digit": "1"}),
        records.Recording(
            call_id=call.id,
            uri="a.wav",
            channels=(Role.CALLER, Role.AGENT),
            masked=((1.0, 2.5),),
            flags=("x",),
        ),
        a_transcript(call, "我要投诉", "你们的宽带又断了"),
        Finding(
            call_id=call.id,
            kind="complaint",
            label="重大",
            probability=0.75,
            evidence=(Evidence(utterance=0, start=0.0, end=0.9, text="我要投诉", span=(2, 4)),),
            created_at=NOON,
        ),
        records.CallRisk(
            call_id=call.id,
            probability=0.75,
            base=-1.0,
            reasons=(
                records.RiskReason(
                    words="说：我要投诉",
                    share=2.5,
                    evidence=(Evidence(utterance=0, start=0.0, end=0.9, text="我要投诉", span=(0, 4)),),
                ),
                records.RiskReason(words="客服最后发言", share=-0.4),
            ),
            model="seed",
            created_at=NOON,
        ),
        records.CallMetrics(
            call_id=call.id,
            values={"turns": 4.0, "agent_talk_share": None},
            unavailable={"agent_talk_share": "the recording is mono"},
            created_at=NOON,
        ),
        plan,
        records.SampleDraw(
            plan_id=plan.id,
            call_id=call.id,
            position=1,
            part="risk",
            inclusion_probability=1.0,
            risk=0.9,
            reasons=("投诉",),
            stratum="queue=q",
        ),
        review,
        records.Score(call_id=call.id, item="greeting", points=5.0, by="陈", review_id=review.id, at=1.5),
        appeal,
        AppealStep(appeal_id=appeal.id, by="组长", action="forwarded", comment="属实", at=NOON),
        Acknowledgement(review_id=review.id, agent_id="a1", comment="知道了", created_at=NOON),
        records.Calibration(
            call_id=call.id, name="三月", raters=("陈", "李"), review_ids=(review.id,), created_at=NOON
        ),
        case,
        CaseStep(case_id=case.id, by="陈", action="reply", text="已退款", at=NOON),
        Assignment(
            plan_id=plan.id, call_id=call.id, inspector="陈", assigned_by="李", due_at=NOON, created_at=NOON
        ),
        ReviewDraft(id=f"{call.id}:陈", call_id=call.id, user_id="陈", content={"a": "1"}, updated_at=NOON),
        FormVersion(id="telecom@0123456789ab", content="name: telecom", created_at=NOON),
        user,
        people.ApiToken(user_id=user.id, name="crm", digest="0" * 64, expires_at=NOON, created_at=NOON),
        people.AuditEntry(user_id=user.id, action="call.view", call_id=call.id, data={"ip": "::1"}, at=NOON),
        people.SavedSearch(user_id=user.id, name="退款", query={"words": "退款"}, created_at=NOON),
        hook,
        people.WebhookDelivery(
            webhook_id=hook.id, event="complaint", payload={"level": "重大"}, due_at=NOON, created_at=NOON
        ),
        records.Survey(call_id=call.id, score=2, agent_id="a1", created_at=NOON),
        records.Callback(call_id=call.id, number="13800001234", queue_id="q1", created_at=NOON),
        batches.BatchFile(
            id=batches.file_id("/archive/a.wav"),
            place="/archive/a.wav",
            batch="march",
            step=batches.Step.TRANSCRIBE,
            state=batches.FileState.FAILED,
            reason="/archive/a.wav holds no sound",
            attempts=1,
            size=5_000_000_000,
            modified="1764315600000000000",
            sha256="0" * 64,
            seconds=180.5,
            call_id=call.id,
            recording_id="r",
            found_at=NOON,
            changed_at=NOON,
        ),
        batches.BatchLock(owner="node-1:42:7", doing="/archive", beat_at=NOON),
    ]


def test_every_record_comes_back_as_it_went_in(store: Store) -> None:
    given = one_of_each()

    store.add(*given)

    assert {type(each) for each in given} == set(TABLES)
    for each in given:
        assert store.get(type(each), each.id) == each  # type: ignore[attr-defined]


def test_every_field_of_a_record_has_a_column() -> None:
    elsewhere = {Transcript: {"utterances"}}
    for kind, table in TABLES.items():
        named = {each.name for each in fields(kind)} - elsewhere.get(kind, set())
        assert named == set(table.columns.keys()), kind


def test_storing_again_under_the_same_id_replaces(store: Store) -> None:
    call = a_call()
    before = a_transcript(call, "一", "二", "三")
    after = replace(a_transcript(call, "四"), id=before.id)

    store.add(call, before)
    store.add(replace(call, outcome=Outcome.ABANDONED), after)

    assert store.find(Call) == [replace(call, outcome=Outcome.ABANDONED)]
    assert store.find(Transcript) == [after]


def test_what_is_known_by_its_id_alone_does_not_replace_what_is_known_well(store: Store) -> None:
    full, new = Agent(id="a1", name="王敏", team="一组", address="sip:a1@10.0.0.5"), Agent(id="a2")
    call = a_call(agent_id="a1")
    store.add(full)

    store.ensure(Agent(id="a1"), new)
    store.submit(call, unless_known=[Agent(id="a1")]).result()

    assert store.find(Agent) == [full, new]
    assert store.find(Call) == [call]


def test_replace_leaves_one_set_of_results(store: Store) -> None:
    call, other = a_call(), a_call()
    kept = Finding(call_id=other.id, kind="topic", label="refund", probability=0.9, created_at=NOON)
    first = Finding(call_id=call.id, kind="topic", label="network", probability=0.6, created_at=NOON)
    second = Finding(call_id=call.id, kind="topic", label="billing", probability=0.8, created_at=NOON)
    store.add(call, other, kept, first)

    for _ in range(2):
        store.replace(Finding, {"call_id": call.id}, second)

    assert store.find(Finding, order_by="-probability") == [kept, second]


def test_records_of_several_kinds_take_the_place_of_others_all_or_none(store: Store) -> None:
    call = a_call()
    old, new = a_transcript(call, "一"), a_transcript(call, "二")
    found = Finding(call_id=call.id, kind="topic", label="network", probability=0.6, created_at=NOON)
    orphan = replace(found, id="orphan", call_id="nobody")
    store.add(call, old, found)
    gone = [(Transcript, {"call_id": [call.id]}), (Finding, {"call_id": [call.id]})]

    with pytest.raises(StoreError):
        store.submit(new, orphan, instead_of=gone).result()
    assert (store.find(Transcript), store.find(Finding)) == ([old], [found])

    store.submit(new, Agent(id="a1"), instead_of=gone).result()
    assert (store.find(Transcript), store.find(Finding)) == ([new], [])
    assert store.find(Agent) == [Agent(id="a1")]


def test_replace_without_a_condition_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="every Finding would go"):
        store.replace(Finding, {})


def test_a_record_is_changed_only_where_it_is_as_expected(store: Store) -> None:
    call, entry = a_call(), people.AuditEntry(user_id="chen", action="call.end", at=NOON)
    ended = replace(call, outcome=Outcome.ABANDONED)
    store.add(call)

    assert store.change(ended, entry, outcome=None)
    assert not store.change(replace(call, outcome=Outcome.FAILED), replace(entry, id="two"), outcome=None)
    assert not store.change(a_call(), outcome=None)

    assert store.find(Call) == [ended]
    assert store.find(people.AuditEntry) == [entry]


def test_values_of_a_field_come_once_each(store: Store) -> None:
    store.add(a_call(agent_id="a1"), a_call(agent_id="a1"), a_call(agent_id="a2"), a_call(agent_id=None))

    assert store.values(Call, "agent_id") == {"a1", "a2", None}
    assert store.values(Call, "door", agent_id="a2") == {"script"}


def test_some_fields_of_records_come_as_the_database_holds_them(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = [a_call(agent_id="a1"), a_call(agent_id=None), a_call(agent_id="a2")]
    store.add(*calls)
    monkeypatch.setattr("calls.store.facade.MOST_VALUES", 2)

    found = store.columns(Call, "id", "agent_id", "direction", "started_at", id=[each.id for each in calls])

    assert sorted(found) == sorted((c.id, c.agent_id, str(c.direction), c.started_at) for c in calls)
    assert store.columns(Call, "door", agent_id="a2") == [("script",)]


def test_find_filters_sorts_and_pages(store: Store) -> None:
    given = [a_call(started_at=NOON + timedelta(minutes=n), agent_id=f"a{n % 2}") for n in range(6)]
    store.add(*given)

    assert store.find(Call, agent_id="a1", order_by="-started_at") == [given[5], given[3], given[1]]
    assert store.find(Call, order_by="started_at", limit=2, offset=1) == given[1:3]
    assert store.find(Call, id=[given[4].id, given[0].id]) == [given[0], given[4]]
    assert store.find(Call, started_at=Span(given[1].started_at, given[3].started_at)) == given[1:3]
    assert store.find(Call, started_at=Span(end=given[1].started_at)) == given[:1]
    assert store.count(Call, started_at=Span(given[4].started_at)) == 2
    assert store.count(Call, outcome=None) == 6
    assert store.count(Call, agent_id="a0", outcome=Outcome.FAILED) == 0


def test_an_unknown_field_is_named_with_the_known_ones(store: Store) -> None:
    with pytest.raises(StoreError, match=r"call has no field 'colour' → known: id, door"):
        store.find(Call, colour="red")


def test_an_unknown_id_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="Call 'nothing'"):
        store.get(Call, "nothing")


def test_a_record_whose_call_is_missing_is_refused_and_takes_nothing_else_with_it(store: Store) -> None:
    call = a_call()
    orphan = Finding(call_id="nobody", kind="topic", label="x", probability=0.5)
    good, bad = store.submit(call), store.submit(orphan)

    good.result()
    with pytest.raises(StoreError, match="store the record that it refers to first"):
        bad.result()
    assert store.find(Call) == [call]


def test_all_records_of_one_add_are_stored_or_none(store: Store) -> None:
    with pytest.raises(StoreError):
        store.add(a_call(), Finding(call_id="nobody", kind="topic", label="x", probability=0.5))
    assert store.count(Call) == 0


def test_times_keep_their_moment_whatever_their_zone(store: Store) -> None:
    in_china = datetime(2026, 3, 2, 20, 0, tzinfo=timezone(timedelta(hours=8)))
    call = a_call(started_at=in_china)
    store.add(call)
    assert store.get(Call, call.id).started_at == NOON


def test_a_time_without_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="time without a zone"):
        store.add(a_call(started_at=datetime(2026, 3, 2)))


def test_a_closed_store_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.submit(a_call())


def test_any_number_of_values_may_be_asked_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calls.store.facade.MOST_VALUES", 2)
    calls = [a_call(caller=str(number), door="menu") for number in range(7)]
    store.add(*calls, *(a_transcript(call, call.caller) for call in calls))
    ids = [call.id for call in calls]

    def found(**options: object) -> list[str]:
        return [each.caller for each in store.find(Call, id=[*ids, ids[0]], **options)]  # type: ignore[arg-type]

    assert found(order_by="-caller") == list("6543210")
    assert found(order_by=("door", "caller"), limit=3, offset=2) == list("234")
    assert found(caller=["1", "3", "5", "9"]) == list("135")
    assert store.count(Call, id=ids) == 7
    assert store.values(Call, "caller", id=ids) == set("0123456")
    assert [each.utterances[0].text for each in store.find(Transcript, call_id=ids)] == list("0123456")

    store.replace(Transcript, {"call_id": ids[1:]})
    assert [each.call_id for each in store.find(Transcript)] == ids[:1]


def test_of_rows_asked_for_in_parts_absent_values_come_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calls.store.facade.MOST_VALUES", 2)
    calls = [a_call(agent_id=None), a_call(outcome=Outcome.FAILED), a_call()]
    store.add(*calls)

    found = store.find(Call, id=[call.id for call in calls], order_by=("outcome", "id"))

    assert found == [calls[0], calls[2], calls[1]]


def test_a_database_of_a_newer_huawu_is_left_alone(database: str) -> None:
    with Store.open(database) as opened, opened._write_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'f00d'"))

    with pytest.raises(SchemaTooNew, match=r"has schema f00d, newer than this huawu .* → upgrade huawu"):
        Store.open(database)


WRITES_FIFTY = """
import sys
from calls.records import Call
from calls.store import Store
with Store.open(sys.argv[1]) as store:
    for _ in range(50):
        store.add(Call(door="script"))
"""


def test_two_processes_share_one_database(database: str) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITES_FIFTY, database]) for _ in range(2)]

    assert [each.wait(60) for each in writers] == [0, 0]
    with Store.open(database) as opened:
        assert opened.count(Call) == 100


def test_a_database_that_another_process_holds_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    place = tmp_path / "held.db"
    with Store.open(place) as opened:
        other = sqlite3.connect(place, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked, match="is held by another process"):
            opened.add(a_call())
        other.execute("ROLLBACK")
        other.close()
        opened.add(a_call())
        assert opened.count(Call) == 1


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("mysql://x/y", "mysql is not supported → use SQLite"),
        ("sqlite://", "in-memory SQLite database would be lost"),
        ("://", "is no database URL"),
        ("postgresql://u:s3cret@host:port/x", r"'postgresql://…' is no database URL"),
        (
            "postgresql://u:s3cret@127.0.0.1:1/x",
            r"u:\*\*\*@127.0.0.1:1/x: connection failed.*start the server",
        ),
    ],
)
def test_a_place_that_cannot_be_a_database(place: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        Store.open(place)


def test_a_folder_or_another_file_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        Store.open(tmp_path)
    (tmp_path / "notes.db").write_text("dear diary " * 100)
    with pytest.raises(StoreError, match="is no huawu database"):
        Store.open(tmp_path / "notes.db")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    import sqlite3

    other = sqlite3.connect(tmp_path / "shop.db")
    other.execute("CREATE TABLE orders (id)")

    with pytest.raises(StoreError, match=r"shop.db is no huawu database: it holds the tables orders"):
        Store.open(tmp_path / "shop.db")
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("orders",)]
    other.close()


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n"
    assert engine.file_system(tmp_path / "a" / "b.db", mounts) == "nfs4"
    assert engine.file_system(Path("/etc"), mounts) == "ext4"

    monkeypatch.setattr(engine, "file_system", lambda path: engine_file_system(path, mounts))
    with pytest.raises(StoreError, match=r"network file system \(nfs4\).*PostgreSQL by URL"):
        Store.open(tmp_path / "huawu.db")


engine_file_system = engine.file_system
