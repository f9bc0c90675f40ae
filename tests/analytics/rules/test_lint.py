"""What surprises in rule files, though they load."""

# ruff: noqa: E501 - messages are compared whole

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.rules.lint import lint
from analytics.rules.loading import shipped_path
from tests.analytics.rules.calls import written

pytestmark = pytest.mark.unit

HEAD = "name: test\nrules:\n  one:\n"


def notices(folder: Path, text: str) -> list[tuple[int, str, str]]:
    return [(each.line, each.code, each.message) for each in lint(written(folder, text))]


@pytest.mark.parametrize(
    ("condition", "code", "message"),
    [
        ("{keywords: [好]}", "one-character", "'好' is one character: it is found as written, not by its sound, and in any word"),
        ("{keywords: [嗯]}", "never", "'嗯' is passed over as a filler or a sign"),
        ("{keywords: [打4001234567]}", "long-number", "'打4001234567' stands for any number of seven digits or more"),
        ("{keywords: [稍候, 稍后]}", "same-sound", "'稍后' sounds like '稍候'"),
        ("{keywords: {any: [投诉], unless: [投诉]}}", "never", "'投诉' is also in unless, so it never counts"),
        ("{keywords: {of: [投诉, 生气], at_least: 3}}", "never", "there are only 2 of them"),
        ("{pattern: '[0-9]+块'}", "digits", "recognisers write numbers as 一二三, not as 123"),
        ("{pattern: '(a|aa)+$'}", "slow", "it takes too long on some texts and is then not available"),
        ("{similar: [您好啊]}", "short-sample", "'您好啊' is so short that much is similar to it"),
        ("{silence: {longer_than: 5, shorter_than: 2}}", "never", "nothing is longer than 5 and shorter than 2"),
        ("{utterances: {more_than: 3, fewer_than: 4}}", "never", "nothing is more than 3 and fewer than 4"),
    ],
)  # fmt: skip
def test_conditions(tmp_path: Path, condition: str, code: str, message: str) -> None:
    assert notices(tmp_path, f"{HEAD}    conditions: {{a: {condition}}}\n") == [(4, code, message)]


@pytest.mark.parametrize(
    "condition",
    [
        "{keywords: [好], sounding: literal}",
        "{keywords: [投诉, 生气]}",
        "{keywords: [稍候, 稍后], sounding: literal}",
        "{pattern: '[0-9一二三四五]+块'}",
        "{utterances: {more_than: 3, fewer_than: 5}}",
    ],
)
def test_what_is_right_is_left_alone(tmp_path: Path, condition: str) -> None:
    assert notices(tmp_path, f"{HEAD}    conditions: {{a: {condition}}}\n") == []


def test_what_nothing_uses(tmp_path: Path) -> None:
    text = """
        name: test
        words: {unused: [你好], used: [您好]}
        conditions:
          shared: {keywords: ["@used"]}
          forgotten: {keywords: [再见]}
          anchor: {keywords: [请问]}
        rules:
          one:
            when: shared && a
            conditions:
              a: {keywords: [谢谢], anchor: {to: anchor}}
              b: {keywords: [谢谢]}
          two: {when: shared}
        scorecards: {s: {sections: {p: {items: {one: {rule: one}}}}}}
        """

    assert notices(tmp_path, text) == [
        (2, "unreachable", "no condition uses this list"),
        (5, "unreachable", "no rule uses this condition"),
        (12, "unreachable", "the rule does not use this condition"),
        (13, "not-scored", "no scorecard has this rule"),
    ]


@pytest.mark.parametrize(("when", "always"), [("a && !a", "false"), ("a || b || !a", "true")])
def test_expressions_that_say_nothing(tmp_path: Path, when: str, always: str) -> None:
    text = f"{HEAD}    when: {when}\n    conditions: {{a: {{keywords: [投诉]}}, b: {{keywords: [生气]}}}}\n"
    found = [each for each in notices(tmp_path, text) if each[1] != "unreachable"]

    assert found == [(4, "constant", f"this is always {always}, whatever is said")]


def test_anchors_without_a_place(tmp_path: Path) -> None:
    text = """
        name: test
        conditions:
          long: {length: {longer_than: 60}}
          silent: {keywords: {none: [您好]}}
          a: {keywords: [再见], anchor: {to: long}}
          b: {keywords: [再见], anchor: {to: silent}}
        rules: {one: {when: a && b}}
        """

    assert notices(tmp_path, text) == [
        (5, "never", "'long' is about the call as a whole: it has no place in it"),
        (6, "never", "'silent' is that nothing is said: when it is met it has no hits"),
    ]


def test_forbidden_words_of_callers(tmp_path: Path) -> None:
    text = HEAD + "    kind: forbidden\n    conditions: {a: {keywords: [投诉]}}\n"

    assert notices(tmp_path, text) == [(5, "no-role", "what callers say counts too")]


def test_what_keeps_a_file_from_loading_comes_with_its_line(tmp_path: Path) -> None:
    text = HEAD + "    conditions:\n      a: {pattern: 'a['}\n      b: {speed: {}}\n    when: a\n"

    assert notices(tmp_path, text) == [
        (5, "invalid", "rules.one.conditions.a.pattern: no regular expression: unterminated character set at position 2, not 'a['"),
        (6, "invalid", "rules.one.conditions.b.speed: a limit is missing: write what it is compared with"),
    ]  # fmt: skip


def test_the_rules_that_ship_are_right() -> None:
    assert lint(shipped_path()) == []
