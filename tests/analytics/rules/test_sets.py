"""The rules that ship, their tests, and the schema of both kinds of file."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from analytics.rules.cases import run_cases, untested
from analytics.rules.loading import load_rules, shipped_path
from analytics.rules.ruleset import in_language
from analytics.rules.schema import cases_schema, rules_schema
from calls.errors import AnalyticsError
from tests.analytics.rules.calls import rules_of, written

pytestmark = pytest.mark.unit

SHIPPED = sorted(
    path for path in shipped_path().parent.glob("*.yaml") if not path.name.endswith(".test.yaml")
)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_test_of_a_shipped_file_passes_and_every_rule_has_tests(path: Path) -> None:
    rules = load_rules(path)
    results = [*run_cases(path.with_suffix(".test.yaml"), rules)]

    assert {result.case.name: result.problems for result in results if result.problems} == {}
    assert untested(rules, [result.case for result in results]) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_rule_has_a_name_and_a_description_in_both_languages(path: Path) -> None:
    for rule in load_rules(path).rules.values():
        assert rule.name.keys() == rule.description.keys() == {"zh", "en"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_files_keep_to_the_schema(path: Path) -> None:
    for file, schema in ((path, rules_schema()), (path.with_suffix(".test.yaml"), cases_schema())):
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(yaml.safe_load(file.read_text("utf-8")), schema)


def test_the_schema_explains_every_field() -> None:
    for schema in (rules_schema(), cases_schema()):
        for name, part in {"": schema, **schema["$defs"]}.items():
            assert part.get("description"), name
            for field, described in part.get("properties", {}).items():
                assert described.get("description"), (name, field)


def test_texts_by_language() -> None:
    assert in_language({"zh": "问候", "en": "Greeting"}, "en") == "Greeting"
    assert in_language({"": "Greeting"}, "zh") == "Greeting"
    assert in_language({"zh": "问候"}, "en") == "问候"
    assert in_language({}, "en") == ""


RULES = """
    name: test
    rules: {hello: {conditions: {a: {role: agent, keywords: [您好]}}}}
    scorecards: {form: {sections: {all: {items: {hello: {rule: hello}}}}}}
    """


def test_what_is_not_as_expected_is_said(tmp_path: Path) -> None:
    cases = """
        cases:
          - name: right
            lines: [{agent: 您好}]
            expect: {hello: passed}
            evidence: {hello: [您好]}
            score: {form: 100}
          - name: wrong
            lines: [{agent: 您好}]
            expect: {hello: failed}
            evidence: {hello: []}
            score: {form: 50}
          - name: mono
            roles_known: false
            lines: [{unknown: 您好}]
            expect: {hello: passed}
            score: {form: 100}
        """
    results = [*run_cases(written(tmp_path, cases, "cases.yaml"), rules_of(tmp_path, RULES))]

    assert [(result.case.name, result.line, result.problems) for result in results] == [
        ("right", 2, ()),
        (
            "wrong",
            7,
            (
                "hello: expected failed, instead passed",
                "hello: expected to cite nothing, instead “您好”",
                "form: expected a score of 50.0, instead 100.0",
            ),
        ),
        (
            "mono",
            12,
            (
                "hello: expected passed, instead not-available "
                "(a: it is not known who speaks: the recording is mono)",
                "form: expected a score of 100.0, instead none",
            ),
        ),
    ]
    assert untested(rules_of(tmp_path, RULES), [results[0].case]) == ["hello: no test in which it has failed"]


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        ("{name: a, expect: {bye: passed}}", "1: cases.0.expect.bye: unknown rule 'bye' → known: hello"),
        (
            "{name: a, expect: {hello: passed}, score: {x: 1}}",
            "1: cases.0.score.x: unknown scorecard 'x' → known: form",
        ),
        (
            "{name: a, expect: {hello: passed}}, {name: a, expect: {hello: passed}}",
            "1: cases.1.name: 'a' is given twice → choose another name",
        ),
        (
            "{name: a, lines: [{agent: x, caller: y}], expect: {hello: passed}}",
            "1: cases.0.lines.0: a line is what one of caller, agent, system, unknown says",
        ),
    ],
)
def test_a_file_of_tests_may_be_wrong(tmp_path: Path, case: str, problem: str) -> None:
    path = written(tmp_path, f"cases: [{case}]\n", "cases.yaml")

    with pytest.raises(AnalyticsError) as error:
        [*run_cases(path, rules_of(tmp_path, RULES))]

    assert str(error.value) == f"{path}:{problem}"


def test_facts_and_levels_of_a_test(tmp_path: Path) -> None:
    rules = """
        name: test
        rules:
          loud: {conditions: {a: {energy: {louder_than: -10}}}}
          mine: {conditions: {a: {attribute: {team: 一组, agent: "1001", queue: bills}}}}
          long: {conditions: {a: {length: {longer_than: 100}}}}
        """
    cases = """
        cases:
          - name: a
            call: {seconds: 120, queue: bills, agent: "1001", attributes: {team: 一组}}
            lines: [{caller: 太过分了, level: -5}, {agent: 抱歉}]
            expect: {loud: passed, mine: passed, long: passed}
        """
    (result,) = run_cases(written(tmp_path, cases, "cases.yaml"), rules_of(tmp_path, rules))

    assert result.problems == ()
