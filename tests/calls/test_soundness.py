from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from calls.people import AuditEntry
from calls.records import Evidence, Finding, Recording
from calls.store import Store
from calls.store.soundness import Fault, counts, damage, faults_inside
from tests.calls.test_store import NOON, a_call, a_transcript, one_of_each

pytestmark = pytest.mark.integration


def test_a_sound_database_has_no_fault(database: str) -> None:
    call = a_call(ended_at=NOON)
    recording = Recording(call_id=call.id, uri="a.wav", channels=())
    with Store.open(database) as store:
        store.add(call, recording, replace(a_transcript(call, "喂"), recording_id=recording.id))

    assert damage(database) == list(faults_inside(database)) == []
    assert counts(database) == {"call": 1, "recording": 1, "transcript": 1, "utterance": 1}


def test_a_transcript_without_its_recording_is_found(database: str) -> None:
    call = a_call(ended_at=NOON)
    transcript = a_transcript(call, "喂")
    with Store.open(database) as store:
        store.add(call, transcript)

        (fault,) = faults_inside(database)
        assert fault == Fault(
            "transcript",
            transcript.id,
            f"the recording that call {call.id} was transcribed from is not known",
            "put a backup in place, or transcribe again: huawu analyse --again",
        )

        # its sound was too old to be kept, its words are not
        store.add(AuditEntry(user_id="command-line", action="privacy.expire", at=NOON + timedelta(days=1)))
        assert list(faults_inside(database)) == []


def test_a_finding_that_shows_nothing_is_found(database: str) -> None:
    call, erased = a_call(), a_call()
    shown = Evidence(utterance=0, start=0.0, end=0.9, text="投诉")

    def found(kind: str, label: str, *evidence: Evidence, of: str = call.id) -> Finding:
        return Finding(call_id=of, kind=kind, label=label, probability=0.9, evidence=evidence)

    bare = found("complaint", "重大")
    with Store.open(database) as store:
        store.add(
            call,
            erased,
            bare,
            found("complaint", "紧急", shown),
            found("complaint", "none"),
            found("sentiment", "neutral"),
            found("topic", "refund", of=erased.id),
            AuditEntry(user_id="command-line", action="privacy.erase", call_id=erased.id, at=NOON),
        )

    assert [str(each) for each in faults_inside(database)] == [
        f"finding: {bare.id}: complaint 重大 of call {call.id} without a word that shows it "
        "→ judge it again: huawu analyse --again"
    ]


def test_rows_whose_parents_another_program_removed_are_found(tmp_path: Path) -> None:
    database = tmp_path / "huawu.db"
    with Store.open(database) as store:
        store.add(*one_of_each())
    before = {each.subject for each in faults_inside(database)}
    careless = create_engine(f"sqlite:///{database}")
    with careless.begin() as connection:
        connection.execute(text("DELETE FROM review"))
        orphans = set()
        for table in ("score", "appeal", "acknowledgement"):
            query = text(f"SELECT '{table} ' || id FROM {table} WHERE review_id IS NOT NULL")
            orphans |= set(connection.execute(query).scalars())
    careless.dispose()

    found = [each for each in faults_inside(database) if each.subject not in before]

    assert {each.subject for each in found} == orphans
    assert {each.kind for each in found} == {"orphan"}
    assert len(orphans) == 3


def test_damaged_pages_are_found(tmp_path: Path) -> None:
    database = tmp_path / "huawu.db"
    with Store.open(database) as store:
        store.add(*(a_call(hangup_cause="x" * 1000) for _ in range(200)))
    content = bytearray(database.read_bytes())
    content[-40960:] = b"\xff" * 40960
    database.write_bytes(content)

    found = damage(database)

    assert found
    assert {(each.kind, each.subject) for each in found} == {("damaged", str(database))}
    assert {each.way_out for each in found} == {"put the last backup in its place (docs/database.md)"}
