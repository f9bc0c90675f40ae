"""What a changed rule would have done; calls from the database and from transcript files."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from analytics.rules.simulation import Example, ScoreChange, simulate
from analytics.rules.stored import read_transcript, stored_subjects
from analytics.rules.subject import Subject
from calls.errors import AnalyticsError
from calls.records import (
    Agent,
    Call,
    CallEvent,
    EventKind,
    Evidence,
    Finding,
    Role,
    Transcript,
    Utterance,
    Word,
    new_id,
)
from calls.store import Store
from speech.formats import render
from tests.analytics.rules.calls import START, a_call, rules_of, said

pytestmark = pytest.mark.unit

OLD = """
    name: test
    rules:
      promise: {kind: forbidden, weight: 3, conditions: {a: {role: agent, keywords: [保证]}}}
      hello: {conditions: {a: {role: agent, keywords: [您好]}}}
      gone: {conditions: {a: {role: agent, keywords: [再见]}}}
    scorecards: {form: {sections: {all: {items: {promise: {rule: promise}, hello: {rule: hello}}}}}}
    """
NEW = """
    name: test
    rules:
      promise:
        kind: forbidden
        severity: fatal
        weight: 3
        conditions: {a: {role: agent, keywords: {any: [保证, 肯定], unless: [不能保证]}}}
      hello: {conditions: {a: {role: agent, keywords: [您好]}}}
    scorecards: {form: {sections: {all: {items: {promise: {rule: promise}, hello: {rule: hello}}}}}}
    """


def subject(call_id: str, agent: str, *lines: str) -> Subject:
    return Subject(
        transcript=replace(said(*lines), call_id=call_id),
        call=replace(a_call(agent_id=agent), id=call_id),
        attributes={"team": "一组" if agent < "b" else "二组"},
    )


def test_what_appears_and_what_disappears(tmp_path: Path) -> None:
    calls = [
        subject("1", "a", "a 您好", "a 我保证"),
        subject("2", "a", "a 您好", "a 我不能保证"),
        subject("3", "b", "a 喂", "a 肯定行"),
        subject("4", "b", "a 您好"),
    ]
    old, new = rules_of(tmp_path, OLD, "old.yaml"), rules_of(tmp_path, NEW, "new.yaml")

    done = simulate(old, new, calls)

    promise = done.rules["promise"]
    assert (done.calls, done.old, done.new) == (4, old.label, new.label)
    assert (promise.broken_before, promise.broken_after, promise.appear, promise.disappear) == (2, 2, 1, 1)
    cited = Evidence(utterance=1, start=3.0, end=5.0, text="肯定", span=(0, 2))
    assert promise.appeared == [Example("3", (cited,))]
    assert promise.disappeared == [Example("2", (replace(cited, text="保证", span=(3, 5)),))]
    assert dict(done.rules["gone"].verdicts) == {("failed", "absent"): 4}
    assert [name for name, change in done.rules.items() if change.changes] == ["promise", "gone"]
    assert done.scores == {
        ("form", "all", ""): ScoreChange(4, 25 + 25 + 75 + 100, 0 + 100 + 0 + 100, 0, 2),
        ("form", "team", "一组"): ScoreChange(2, 50, 100, 0, 1),
        ("form", "agent", "a"): ScoreChange(2, 50, 100, 0, 1),
        ("form", "team", "二组"): ScoreChange(2, 175, 100, 0, 1),
        ("form", "agent", "b"): ScoreChange(2, 175, 100, 0, 1),
    }
    assert done.scores["form", "agent", "b"].mean_before == 87.5
    assert ScoreChange().mean_before is None


def test_calls_of_a_database(tmp_path: Path) -> None:
    early, late, silent = (Call(door="sip", started_at=START + timedelta(days=day)) for day in (0, 3, 4))
    early = replace(early, agent_id="1001")
    finding = Finding(call_id=early.id, kind="topic", label="billing", probability=0.9)
    with Store.open(tmp_path / "huawu.db") as store:
        store.add(
            Agent(id="1001", team="一组"),
            early,
            late,
            silent,
            replace(said("a 旧"), call_id=early.id, id=new_id(), created_at=START),
            replace(said("a 您好"), call_id=early.id, id=new_id(), created_at=START + timedelta(hours=1)),
            replace(said("a 喂"), call_id=late.id, id=new_id()),
            CallEvent(call_id=early.id, at=1.5, kind=EventKind.CONNECT),
            CallEvent(call_id=early.id, at=1.0, kind=EventKind.DIGIT),
            finding,
            Finding(call_id=early.id, kind="rule", label="hello", probability=1),
        )
        every = [*stored_subjects(store)]
        first = [*stored_subjects(store, START, START + timedelta(days=1))]
        named = [*stored_subjects(store, ids=[late.id])]

    assert [each.call for each in every] == [early, late]
    assert [each.call for each in named] == [late]
    assert [[line.text for line in each.transcript.utterances] for each in every] == [["您好"], ["喂"]]
    assert first[0].attributes == {"team": "一组"}
    assert [event.kind for event in first[0].events] == [EventKind.CONNECT]
    assert first[0].findings == [finding]
    assert (every[1].findings, every[1].attributes) == (None, {})


def test_a_transcript_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    words = (Word(text="您好", start=0.5, end=1.0),)
    utterance = Utterance(number=0, role=Role.AGENT, start=0.5, end=1.0, text="您好", channel=1, words=words)
    transcript = Transcript(call_id="call", recogniser="vosk", model="m", utterances=(utterance,))
    path = tmp_path / "call.json"
    path.write_text(render(transcript, "json"), "utf-8")

    read = read_transcript(path)

    assert replace(read, id=transcript.id, created_at=transcript.created_at) == transcript


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "no JSON"),
        ("[1]", "no transcript"),
        (json.dumps({"schema": "huawu.transcript/1"}), "the field 'utterances' is missing"),
        (
            json.dumps(
                {
                    "schema": "huawu.transcript/1",
                    "utterances": [{"role": "boss", "start": 0, "end": 0, "text": ""}],
                }
            ),
            "'boss' is not a valid Role",
        ),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "call.json"
    path.write_text(content)

    with pytest.raises(AnalyticsError) as error:
        read_transcript(path)

    assert str(error.value) == f"{path}: {problem} → write it with huawu transcribe --format json"
