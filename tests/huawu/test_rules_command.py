"""``huawu rules`` as its users see it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from analytics.rules.inspector import RuleInspector
from analytics.rules.subject import Subject
from calls.errors import AnalyticsError, HuawuError
from calls.records import Agent, Call, Transcript, new_id, utc_now
from calls.store import Store
from huawu.rules_command import rules_app
from huawu.rules_view import print_results
from speech.formats import render
from tests.analytics.rules.calls import rules_of, said, written

pytestmark = pytest.mark.integration

RULES = """
    name: mine
    rules:
      hello: {name: {zh: 问候}, weight: 2, conditions: {a: {role: agent, first: 2, keywords: [您好]}}}
      promise: {kind: forbidden, severity: fatal, conditions: {a: {role: agent, keywords: [保证]}}}
      pause: {kind: forbidden, conditions: {a: {role: agent, silence: {longer_than: 3}}}}
    scorecards:
      form: {sections: {all: {items: {hello: {rule: hello}, promise: {rule: promise}, pause: {rule: pause}}}}}
    """
CASES = """
    cases:
      - name: friendly
        lines: [{agent: 您好}, {caller: 你好}]
        expect: {hello: passed, promise: passed}
      - name: not friendly
        lines: [{agent: 喂}, {caller: 你好}]
        expect: {hello: HELLO}
    """


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(rules_app, [*map(str, arguments)])


def says(*arguments: str | Path, code: int = 0) -> str:
    done = run(*arguments)
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def refuses(*arguments: str | Path) -> HuawuError:
    error = run(*arguments).exception
    assert isinstance(error, HuawuError)
    return error


def test_the_rules_that_ship_pass_their_tests() -> None:
    assert says("test", "service").endswith("\n41 passed, 0 failed\n")


def test_tests_lie_beside_the_rules(tmp_path: Path) -> None:
    rules = written(tmp_path, RULES)
    cases = written(tmp_path, CASES.replace("HELLO", "failed"), "rules.test.yaml")

    lines = says("test", rules).splitlines()

    assert lines[0].startswith(f"{cases}: rules mine@")
    assert lines[1:] == [
        "  passed  friendly",
        "  passed  not friendly",
        "untested  promise: no test in which it has failed",
        "untested  pause: no test in which it has passed",
        "untested  pause: no test in which it has failed",
        "2 passed, 0 failed",
    ]


def test_what_fails_is_shown_with_what_was_found(tmp_path: Path) -> None:
    rules = written(tmp_path, RULES)
    cases = written(tmp_path, CASES.replace("HELLO", "passed"), "mine.yaml")

    lines = says("test", rules, "--cases", cases, "-k", "not", code=1).splitlines()

    assert lines[1:] == [
        "  FAILED  not friendly",
        f"    {cases}:5: hello: expected passed, instead failed",
        "    failed          hello  问候",
        "          0:00  agent    【喂】",
        "        0:00  agent    【喂】",
        "        0:00  caller   你好",
        "0 passed, 1 failed",
    ]


def test_results_as_json(tmp_path: Path) -> None:
    rules = written(tmp_path, RULES)
    written(tmp_path, CASES.replace("HELLO", "passed"), "rules.test.yaml")

    report: dict[str, Any] = json.loads(says("test", rules, "--json", code=1))

    assert (report["passed"], report["failed"]) == (1, 1)
    assert report["tests"][1]["problems"] == ["hello: expected passed, instead failed"]
    assert report["tests"][0]["results"]["hello"] == {
        "verdict": "passed",
        "reason": "",
        "hits": 1,
        "evidence": [{"utterance": 0, "start": 0.0, "end": 0.5, "text": "您好", "span": [0, 2]}],
    }


def transcript_file(folder: Path, name: str, *lines: str) -> Path:
    path = folder / f"{name}.json"
    path.write_text(render(replace(said(*lines), call_id=name), "json"), "utf-8")
    return path


def test_rules_are_tried_on_transcripts(tmp_path: Path) -> None:
    rules = written(tmp_path, RULES)
    one = transcript_file(tmp_path, "one", "a 0-1 您好", "c 1-2 查话费", "a 9-10 我保证您好，保证")
    other = transcript_file(tmp_path, "other", "a 0-1 喂", "c 1-2 你好")

    assert says("test", rules, one, other).splitlines() == [
        "call one  form 0.0 (automatic fail)",
        "    passed          hello  问候",
        "          0:00  agent    【您好】",
        "          0:09  agent    我保证【您好】，保证",
        "  ! failed          promise",
        "          0:09  agent    我【保证】您好，【保证】",
        "    failed          pause",
        "          0:02  agent    我保证您好，保证  [2.0-9.0 s]",
        "call other  form 50.0",
        "    failed          hello  问候",
        "          0:00  agent    【喂】",
        "    passed          promise",
        "    passed          pause",
        "2 calls",
        "RULE     PASSED  FAILED  NOT-APPLICABLE  NOT-AVAILABLE",
        "hello         1       1                               ",
        "promise       1       1                               ",
        "pause         1       1                               ",
    ]
    report = json.loads(says("test", rules, one, "--json"))
    assert report["calls"][0]["scores"]["form"] == {
        "score": 0.0,
        "points": 50.0,
        "automatic_fail": True,
        "complete": True,
        "items": {"hello": 2.0, "promise": 0.0, "pause": 0.0},
    }


def database(folder: Path) -> tuple[Path, list[str]]:
    path = folder / "huawu.db"
    now = utc_now()
    texts = [("a 您好", "a 我保证"), ("a 喂", "a 不能保证"), ("a 您好", "a 再见")]
    records: list[object] = [Agent(id="1001", team="一组")]
    ids = []
    for number, lines in enumerate(texts):
        call = Call(door="sip", started_at=now - timedelta(days=2 + 10 * (number == 2)), agent_id="1001")
        transcript: Transcript = replace(said(*lines), id=new_id(), call_id=call.id)
        records += [call, transcript]
        ids.append(call.id)
    with Store.open(path) as store:
        store.add(*records)
    return path, ids


def test_rules_are_tried_on_the_calls_of_a_database(tmp_path: Path) -> None:
    rules = written(tmp_path, RULES)
    db, ids = database(tmp_path)

    assert [line for line in says("test", rules, "--db", db).splitlines() if line.startswith("call ")] == [
        f"call {ids[0]}  form 0.0 (automatic fail)",
        f"call {ids[1]}  form 0.0 (automatic fail)",
    ]
    assert says("test", rules, "--db", db, "--call", ids[2]).splitlines()[0] == f"call {ids[2]}  form 100.0"
    assert says("test", rules, "--db", db, "--call", "none") == "there are no calls with a transcript\n"


def test_a_changed_rule_is_simulated(tmp_path: Path) -> None:
    old = written(tmp_path, RULES, "old.yaml")
    new = written(
        tmp_path, RULES.replace("keywords: [保证]", "keywords: {any: [保证], unless: [不能保证]}"), "new.yaml"
    )
    db, ids = database(tmp_path)

    lines = [line.rstrip() for line in says("simulate", old, new, "--db", db).splitlines()]

    assert lines[0].startswith("2 calls, mine@")
    assert lines[1:] == [
        "RULE     BROKEN BEFORE  AFTER  APPEAR  DISAPPEAR  OTHER CHANGES",
        "promise              2      1                  1",
        f"  promise disappears in call {ids[1]}  “保证”",
        "SCORECARD  GROUP  NAME  CALLS  BEFORE  AFTER  CHANGE  FAILS BEFORE  AFTER",
        "form       agent  1001      2     0.0   25.0   +25.0             2      1",
        "form       all              2     0.0   25.0   +25.0             2      1",
        "form       team   一组      2     0.0   25.0   +25.0             2      1",
    ]
    assert says("simulate", old, old, "--db", db, "--days", "1").splitlines()[1:] == [
        "no rule comes to anything else in any call"
    ]
    assert says("simulate", old, old, "--db", db, "--until", "2020-01-01").startswith("0 calls")
    report = json.loads(says("simulate", old, new, "--db", db, "--json"))
    assert report["rules"]["promise"]["verdicts"] == [
        {"before": "failed", "after": "failed", "calls": 1},
        {"before": "failed", "after": "passed", "calls": 1},
    ]
    assert report["scores"][1]["mean_after"] == 25.0


def test_rule_files_are_checked(tmp_path: Path) -> None:
    rules = written(tmp_path, RULES.replace("[保证]", "[保证, 好]"))

    assert says("check", "service") == "1 file: nothing found\n"
    assert says("check", rules, code=1).splitlines() == [
        f"{rules}:4: warning '好' is one character: it is found as written, not by its sound, and in any "
        "word [one-character]",
        "    at rules.promise.conditions.a.keywords",
        "    → write a longer word",
        "1 file: 1 warning",
    ]
    assert json.loads(says("check", rules, "--json", code=1))[0]["code"] == "one-character"


def test_the_schema_and_the_shipped_files_are_printed(tmp_path: Path) -> None:
    assert json.loads(says("schema"))["title"] == "huawu rules"
    assert json.loads(says("schema", "--tests"))["title"] == "huawu rule tests"
    assert says("schema", "-o", tmp_path / "rules.schema.json").strip().endswith("rules.schema.json")
    assert says("show").startswith("# Service quality of a call-centre agent")
    assert says("show", "--tests").startswith("# What service.yaml should find")


def test_wrong_requests_are_refused(tmp_path: Path) -> None:
    rules = written(tmp_path, RULES)
    written(tmp_path, CASES.replace("HELLO", "passed"), "rules.test.yaml")

    assert str(refuses("test", "nothing")) == (
        "nothing: there is no such rule file → check the path, or say 'service'"
    )
    assert isinstance(refuses("test", "nothing"), AnalyticsError)
    assert str(refuses("test", rules, "-k", "zzz")).startswith("-k zzz: no test has this in its name")
    assert str(refuses("test", rules, "--call", "x")).startswith("--call names a call of a database")
    assert str(refuses("test", rules, "--db", tmp_path / "no.db")).startswith("database: ")
    assert str(refuses("test", rules, rules)).endswith("write it with huawu transcribe --format json")
    assert str(refuses("test", rules, rules, "-k", "x")).startswith("--cases and -k belong to tests")


def test_on_a_terminal_the_words_are_highlighted(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, RULES)
    subject = Subject(transcript=said("a 您好"))
    console = Console(
        force_terminal=True, color_system="standard", width=80, file=StringIO(), highlight=False
    )

    print_results(console, rules, subject.transcript, [RuleInspector(rules).inspect(subject)["hello"]])

    assert console.file.getvalue().splitlines()[1].endswith("\x1b[1;7m您好\x1b[0m")  # type: ignore[attr-defined]
