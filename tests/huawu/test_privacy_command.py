"""``huawu privacy`` as its users see it: what is kept of a person is told, and is gone when it is erased."""

from __future__ import annotations

import json
import sqlite3
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics.search.index import SearchIndex
from calls.errors import HuawuError
from calls.people import AuditEntry, Webhook, WebhookDelivery
from calls.recordings import RecordingFolder
from calls.records import (
    Appeal,
    Call,
    Callback,
    CallEvent,
    CallRisk,
    Case,
    EventKind,
    Evidence,
    Finding,
    Leg,
    Outcome,
    Recording,
    Review,
    RiskReason,
    Role,
    SampleDraw,
    SamplePlan,
    Score,
    Survey,
    Transcript,
    Utterance,
)
from calls.reviewing import Acknowledgement, AppealStep, CaseStep, ReviewDraft
from calls.store import Store
from huawu.privacy_command import privacy_app

pytestmark = pytest.mark.integration
NOW = datetime.now(UTC)
#: What nobody may find afterwards: in the words, in what was made of them, and in what people wrote.
SECRET = "翠微路九号张三"
NUMBER = "13812345678"


def parts(call_id: str, started: datetime, number: str) -> list[object]:
    evidence = (Evidence(utterance=0, start=0.0, end=2.0, text=SECRET, span=(0, 7)),)
    said = Utterance(number=0, role=Role.CALLER, start=0.0, end=2.0, text=f"我住{SECRET}")
    review = Review(id=f"{call_id}-rv", call_id=call_id, reviewer="chen", score=80.0, comment=SECRET)
    appeal = Appeal(id=f"{call_id}-ap", review_id=review.id, agent_id="A1", comment=SECRET)
    case = Case(id=f"{call_id}-cs", call_id=call_id, level="一般", reply=SECRET)
    return [
        Call(
            id=call_id,
            door="sip",
            caller=f"sip:{number}@10.0.0.1",
            callee="10086",
            started_at=started,
            ended_at=started + timedelta(minutes=2),
            outcome=Outcome.HANDED_OFF,
            agent_id="A1",
            queue_id="售后",
        ),
        Leg(id=f"{call_id}-l1", call_id=call_id, role=Role.CALLER, address=number),
        Leg(id=f"{call_id}-l2", call_id=call_id, role=Role.AGENT, address="sip:a1@10.0.0.5"),
        CallEvent(id=f"{call_id}-e1", call_id=call_id, at=1.0, kind=EventKind.DIGIT, data={"digits": NUMBER}),
        CallEvent(
            id=f"{call_id}-e2",
            call_id=call_id,
            at=2.0,
            kind=EventKind.CONNECT,
            data={"queue": "售后", "agent": "A1", "hold_seconds": 7.5, "heard": SECRET},
        ),
        Transcript(
            id=f"{call_id}-t",
            call_id=call_id,
            recogniser="vosk",
            model="m",
            utterances=(said,),
            created_at=started,
        ),
        Finding(
            id=f"{call_id}-f",
            call_id=call_id,
            kind="topic",
            label="refund",
            probability=0.9,
            evidence=evidence,
        ),
        CallRisk(
            id=f"{call_id}-r",
            call_id=call_id,
            probability=0.6,
            base=0.0,
            reasons=(RiskReason(words=SECRET, share=0.4, evidence=evidence),),
        ),
        SamplePlan(id=f"{call_id}-p", name="p", seed=1, frame_size=1, budget=1, risk_share=0.5),
        SampleDraw(
            id=f"{call_id}-d",
            plan_id=f"{call_id}-p",
            call_id=call_id,
            position=0,
            part="risk",
            inclusion_probability=1.0,
            risk=0.6,
            reasons=(SECRET,),
        ),
        review,
        Score(
            id=f"{call_id}-sc",
            call_id=call_id,
            item="a",
            points=1.0,
            by="chen",
            review_id=review.id,
            comment=SECRET,
        ),
        appeal,
        AppealStep(id=f"{call_id}-as", appeal_id=appeal.id, by="x", action="forwarded", comment=SECRET),
        Acknowledgement(id=f"{call_id}-ac", review_id=review.id, agent_id="A1", comment=SECRET),
        case,
        CaseStep(id=f"{call_id}-cp", case_id=case.id, by="x", action="note", text=SECRET),
        Survey(id=f"{call_id}-s", call_id=call_id, score=2, agent_id="A1"),
        Callback(id=f"{call_id}-b", call_id=call_id, number=number, queue_id="售后"),
        ReviewDraft(id=f"{call_id}:chen", call_id=call_id, user_id="chen", content={"comment": SECRET}),
        WebhookDelivery(
            id=f"{call_id}-w", webhook_id="hook", event="complaint", call_id=call_id, payload={"text": SECRET}
        ),
    ]


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Path]:
    """Two calls of one person, one of another, all in the search index."""
    folder = RecordingFolder(tmp_path / "recordings")
    with Store.open(tmp_path / "huawu.db") as store:
        store.add(Webhook(id="hook", url="https://crm.example/", secret="s", events=("complaint",)))
        for call_id, number, days in (
            ("one", NUMBER, 10),
            ("two", f"+86{NUMBER}", 300),
            ("other", "13900001111", 10),
        ):
            started = NOW - timedelta(days=days)
            writer = folder.start(call_id, started=started)
            writer.write(b"\xd5" * 8000, b"\xd5" * 8000)
            store.add(*parts(call_id, started, number), replace(writer.close(), id=f"{call_id}-rec"))
    with SearchIndex.open(tmp_path / "huawu.db") as index:
        index.catch_up()
    yield tmp_path


def run(centre: Path, *words: str) -> tuple[int, str]:
    places = ["--db", str(centre / "huawu.db"), "--recordings", str(centre / "recordings")]
    result = CliRunner().invoke(privacy_app, [*words, *places])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def vacuumed(centre: Path) -> bytes:
    """All that the databases still hold."""
    content = b""
    for name in sorted(centre.glob("huawu*.db")) + sorted(centre.glob("*.search")):
        with sqlite3.connect(name) as connection:
            connection.execute("VACUUM")
        connection.close()
        content += name.read_bytes()
    return content


def test_what_is_kept_of_a_person_is_handed_over_whole(centre: Path) -> None:
    out = centre / "answer.zip"

    assert run(centre, "export", "138 1234 5678", "-o", str(out)) == (
        0,
        f"2 calls and 2 recordings written to {out}\n",
    )

    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with zipfile.ZipFile(out) as packed:
        data = json.loads(packed.read("data.json"))
        sounds = [name for name in packed.namelist() if name.startswith("recordings/")]
        assert all(packed.read(name)[:4] == b"RIFF" for name in sounds)
    assert [call["Call"]["id"] for call in data] == ["two", "one"]
    assert len(sounds) == 2
    kinds = {
        "Call",
        "Leg",
        "CallEvent",
        "Recording",
        "Transcript",
        "Finding",
        "CallRisk",
        "Survey",
        "Callback",
    }
    kinds |= {"SampleDraw", "Review", "Score", "Case", "CaseStep", "Appeal", "WebhookDelivery"}
    assert set(data[1]) == kinds
    assert "other" not in json.dumps(data)
    with pytest.raises(HuawuError, match="exists already"):
        run(centre, "export", NUMBER, "-o", str(out))


def test_what_is_erased_is_nowhere_and_figures_stay(centre: Path) -> None:
    code, said = run(centre, "erase", NUMBER, "--yes")

    assert (code, said) == (0, "2 calls erased, 2 recordings deleted\n")
    with Store.open(centre / "huawu.db") as store:
        one = store.get(Call, "one")
        assert (one.caller, one.outcome, one.agent_id, one.queue_id) == ("", Outcome.HANDED_OFF, "A1", "售后")
        assert store.values(Transcript, "call_id") == store.values(Case, "call_id") == {"other"}
        assert store.values(Callback, "call_id") == store.values(ReviewDraft, "call_id") == {"other"}
        assert [each.data for each in store.find(CallEvent, call_id="one", order_by="at")] == [
            {},
            {"queue": "售后", "agent": "A1", "hold_seconds": 7.5},
        ]
        assert [each.score for each in store.find(Review, call_id="one")] == [80.0]
        assert [each.score for each in store.find(Survey, call_id="one")] == [2]
        assert [each.address for each in store.find(Leg, call_id="one", order_by="id")] == [
            "",
            "sip:a1@10.0.0.5",
        ]
        entries = store.find(AuditEntry, action="privacy.erase", order_by="call_id")
        assert [(each.call_id, each.data) for each in entries] == [
            ("one", {"why": "request"}),
            ("two", {"why": "request"}),
        ]
        store.replace(Call, {"id": "other"})
    assert sorted(path.name for path in (centre / "recordings").rglob("*.wav")) == ["other.wav"]
    with SearchIndex.open(centre / "huawu.db") as index:
        index.catch_up()
        index.forget(["other"])
    left = vacuumed(centre)
    assert SECRET.encode() not in left
    assert NUMBER.encode() not in left


def test_erasing_again_does_no_harm_and_a_person_unknown_is_told(centre: Path) -> None:
    run(centre, "erase", NUMBER, "--yes")

    assert run(centre, "erase", NUMBER, "--yes") == (0, "no call that is over\n")
    assert run(centre, "erase", "13700000000", "--yes") == (0, "no call that is over\n")


def test_a_call_that_runs_is_left_and_told(centre: Path) -> None:
    with Store.open(centre / "huawu.db") as store:
        store.add(Call(id="now", door="sip", caller=NUMBER, started_at=NOW))

    code, said = run(centre, "erase", NUMBER, "--yes")

    assert code == 1
    assert said == (
        "1 calls are still running: erase again when they are over\n2 calls erased, 2 recordings deleted\n"
    )


def test_without_a_yes_nothing_is_erased(centre: Path) -> None:
    code, _ = run(centre, "erase", NUMBER)

    assert code == 1
    with Store.open(centre / "huawu.db") as store:
        assert store.count(Transcript) == 3


def test_old_sound_goes_before_old_words(centre: Path) -> None:
    (centre / "keep.yaml").write_text("sound: 100\nwords: 400\n")

    counted = run(centre, "retain", "--config", str(centre / "keep.yaml"), "--dry-run")
    done = run(centre, "retain", "--config", str(centre / "keep.yaml"))
    again = run(centre, "retain", "--config", str(centre / "keep.yaml"))

    assert counted[1].startswith(
        "would delete: 1 recordings older than 100 days, what is personal in 0 calls"
    )
    assert done[1].startswith("deleted: 1 recordings")
    assert again[1].startswith("deleted: 0 recordings")
    with Store.open(centre / "huawu.db") as store:
        assert store.values(Recording, "call_id") == {"one", "other"}
        assert store.count(Transcript) == 3


def test_what_is_older_than_words_may_be_is_erased(centre: Path) -> None:
    (centre / "keep.yaml").write_text("sound: 100\nwords: 200\n")

    said = run(centre, "retain", "--config", str(centre / "keep.yaml"))[1]

    assert "what is personal in 1 calls older than 200 days" in said
    with Store.open(centre / "huawu.db") as store:
        assert store.values(Transcript, "call_id") == {"one", "other"}
        assert store.get(Call, "two").caller == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("sound: 0\n", "sound"),
        ("sound: 300\nwords: 200\n", "words: 200 days are fewer than the 300 of sound"),
        ("noise: 3\n", "noise"),
    ],
)
def test_a_wrong_retention_is_told_and_nothing_is_deleted(centre: Path, text: str, why: str) -> None:
    (centre / "keep.yaml").write_text(text)

    with pytest.raises(HuawuError, match=why):
        run(centre, "retain", "--config", str(centre / "keep.yaml"))
    with Store.open(centre / "huawu.db") as store:
        assert store.count(Recording) == 3
