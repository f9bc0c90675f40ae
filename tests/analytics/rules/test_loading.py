"""Rule files that are wrong: file, line, field, and the way out."""

# ruff: noqa: E501 - messages are compared whole

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.rules.inspector import RuleInspector
from analytics.rules.lint import lint
from analytics.rules.loading import load_rules, read_rules
from analytics.rules.scoring import form_score, machine_scores
from analytics.rules.subject import Subject
from calls.errors import AnalyticsError
from tests.analytics.rules.calls import rules_of, said, written

pytestmark = pytest.mark.unit

HEAD = "name: test\nrules:\n  one:\n"


def fault(folder: Path, text: str) -> str:
    path = written(folder, text)
    with pytest.raises(AnalyticsError) as error:
        load_rules(path)
    return str(error.value).removeprefix(f"{path}:")


@pytest.mark.parametrize(
    ("conditions", "problem"),
    [
        (
            "{a: {}}",
            "4: rules.one.conditions.a: a condition is one of keywords, similar, pattern, repetition, silence, "
            "speed, interruption, energy, entity, utterances, answer, length, hang_up, attribute, finding",
        ),
        (
            "{a: {keywords: [x], pattern: y}}",
            "4: rules.one.conditions.a: a condition is one of keywords, similar, pattern, repetition, silence, "
            "speed, interruption, energy, entity, utterances, answer, length, hang_up, attribute, finding, "
            "not keywords and pattern",
        ),
        (
            "{a: {keyword: [x]}}",
            "4: rules.one.conditions.a.keyword: unknown field 'keyword' → did you mean 'keywords'? known: anchor, "
            "answer, attribute, energy, entity, finding, first, hang_up, interruption, keywords, last, length, "
            "pattern, range, repetition, role, silence, similar, sounding, speed, times, utterances",
        ),
        (
            "{a: {pattern: 'a(b[c'}}",
            "4: rules.one.conditions.a.pattern: no regular expression: unterminated character set at "
            "position 5, not 'a(b[c'",
        ),
        (
            "{a: {pattern: 'a*'}}",
            "4: rules.one.conditions.a.pattern: it matches where nothing is said: ask for at least one "
            "character, not 'a*'",
        ),
        (
            "{a: {pattern: '((a{99}){99}){99}'}}",
            "4: rules.one.conditions.a.pattern: its counts repeat something more than 10000 times: write "
            "smaller ones, not '((a{99}){99}){99}'",
        ),
        (
            "{a: {keywords: {any: [x], all: [y]}}}",
            "4: rules.one.conditions.a.keywords: write one of any, all, none, of",
        ),
        (
            "{a: {keywords: {any: [x], at_least: 2}}}",
            "4: rules.one.conditions.a.keywords: at_least belongs to of",
        ),
        (
            "{a: {keywords: {any: [x], together: true}}}",
            "4: rules.one.conditions.a.keywords: together belongs to all and of",
        ),
        (
            "{a: {keywords: {none: [x]}, times: 2}}",
            "4: rules.one.conditions.a: times belongs to what can be found several times",
        ),
        (
            "{not: {keywords: [x]}}",
            "4: rules.one.conditions.not: 'not' is a word of expressions → choose another name",
        ),
        (
            "{a: {keywords: '@greetings'}}",
            "4: rules.one.conditions.a.keywords.any.0: unknown list '@greetings' → none is known",
        ),
        (
            "{a: {keywords: [x], anchor: {to: b}}}",
            "4: rules.one.conditions.a.anchor.to: unknown condition 'b' → known: a",
        ),
        (
            "{a: {keywords: [x], anchor: {to: a}}}",
            "4: rules.one.conditions.a.anchor: anchors go in a circle: a → a → one of them must stand by itself",
        ),
        (
            "{a: {keywords: [x], anchor: {to: b, hit: 0}}}",
            "4: rules.one.conditions.a.anchor: hits are counted from 1, from the end with -1",
        ),
        (
            "{a: {keywords: [x], anchor: {to: b, side: same, seconds: 2}}}",
            "4: rules.one.conditions.a.anchor: side: same is one utterance: leave utterances and seconds out",
        ),
        (
            "{a: {silence: {}}}",
            "4: rules.one.conditions.a.silence: a limit is missing: write what it is compared with",
        ),
        (
            "{a: {length: {longer_than: 5}, role: agent}}",
            "4: rules.one.conditions.a: role belongs to operators on utterances, not to length",
        ),
        (
            "{a: {silence: {longer_than: 5}, sounding: near}}",
            "4: rules.one.conditions.a: sounding belongs to keywords, similar and repetition",
        ),
        (
            "{a: {keywords: [x], first: 2, last: 2}}",
            "4: rules.one.conditions.a: write one of range, first, last",
        ),
        (
            "{a: {keywords: [x], range: [3, 2]}}",
            "4: rules.one.conditions.a: the range ends before it begins",
        ),
        (
            "{a: {attribute: {outcome: lost}}}",
            "4: rules.one.conditions.a.attribute.outcome: unknown outcome 'lost' → known: abandoned, contained, "
            "failed, handed-off, interrupted, voicemail",
        ),
        (
            "{a: {hang_up: {}}}",
            "4: rules.one.conditions.a.hang_up: write by, abnormal, or both",
        ),
        (
            "{a: {entity: passport}}",
            "4: rules.one.conditions.a.entity: Input should be 'phone', 'id_card', 'bank_card', 'number', "
            "'amount', 'date', 'time', 'percent', 'email', 'plate', 'name' or 'address', not 'passport'",
        ),
        (
            "{a: {keywords: [x]}, b: {keywords: [y]}}",
            "4: rules.one: write when: how its conditions combine, such as 'a && !b'",
        ),
    ],
)  # fmt: skip
def test_conditions(tmp_path: Path, conditions: str, problem: str) -> None:
    assert (
        fault(tmp_path, f"{HEAD}    conditions: {conditions}\n").replace("3: rules.one:", "4: rules.one:")
        == problem
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            HEAD + "    when: a && b\n    conditions: {a: {keywords: [x]}}\n",
            "4: rules.one.when: unknown condition 'b' → known: a",
        ),
        (
            HEAD + "    not_applicable: '!c'\n    conditions: {a: {keywords: [x]}}\n",
            "4: rules.one.not_applicable: unknown condition 'c' → known: a",
        ),
        (
            HEAD + "    when: a &&\n    conditions: {a: {keywords: [x]}}\n",
            "4: rules.one.when: character 5: a condition should stand here, not the end, not 'a &&'",
        ),
        (
            "name: test\nconditions: {a: {keywords: [x]}}\n" + "rules:\n  one:\n    conditions: {a: {keywords: [y]}}\n",
            "5: rules.one.conditions.a: 'a' is already a condition that all rules share → choose another name",
        ),
        (
            "name: test\nwords: {a: ['@b']}\nrules: {one: {conditions: {a: {keywords: [x]}}}}\n",
            "2: words.a.0: a list holds words, not other lists → write the words out",
        ),
        (
            "name: test\nrules: {one: {conditions: {a: {keywords: [x]}}}}\n"
            "scorecards: {s: {sections: {p: {items: {i: {rule: two}}}}}}\n",
            "3: scorecards.s.sections.p.items.i.rule: unknown rule 'two' → known: one",
        ),
        (
            "name: test\nrules: {one: {conditions: {a: {keywords: [x]}}}}\n"
            "scorecards: {s: {sections: {p: {items: {i: {rule: one}}}, q: {items: {i: {rule: one}}}}}}\n",
            "3: scorecards.s.sections.q.items.i: section 'p' has an item of this name already → stored answers "
            "could not be told apart: choose another",
        ),
        (
            "name: test\nrules: {one: {conditions: {a: {keywords: [x]}}}}\n"
            "scorecards: {s: {sections: {p: {items: {i: {}}}}}}\n",
            "3: scorecards.s.sections.p.items.i: an item is a rule or a question",
        ),
        ("name: test\n", "1: the field 'rules' is missing"),
        ("rules: [", "1: not YAML: expected the node content, but found '<stream end>' → check quotes and indents; "
         "within braces a text with {, : or a comma needs quotes"),
    ],
)  # fmt: skip
def test_rules_lists_and_scorecards(tmp_path: Path, text: str, problem: str) -> None:
    assert fault(tmp_path, text) == problem


def test_anchors_in_a_circle_are_shown(tmp_path: Path) -> None:
    text = """
        name: test
        conditions:
          a: {keywords: [x], anchor: {to: c}}
          b: {keywords: [x], anchor: {to: a}}
          c: {keywords: [x], anchor: {to: b}}
          d: {keywords: [x], anchor: {to: a}}
        rules: {one: {when: d}}
        """
    path = written(tmp_path, text)

    assert [str(each).removeprefix(f"{path}:") for each in read_rules(path)[1]] == [
        "3: conditions.a.anchor: anchors go in a circle: a → c → b → a → one of them must stand by itself",
        "4: conditions.b.anchor: anchors go in a circle: b → a → c → b → one of them must stand by itself",
        "5: conditions.c.anchor: anchors go in a circle: c → b → a → c → one of them must stand by itself",
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AnalyticsError, match=r"rules.yaml: No such file or directory → check the path"):
        load_rules(tmp_path / "rules.yaml")


def test_lists_stand_for_synonyms_or_for_their_words(tmp_path: Path) -> None:
    text = """
        name: test
        words: {hello: [您好, 你好], us: [话务]}
        rules:
          all: {conditions: {a: {keywords: {all: ["@hello", [公司, "@us"], 请讲]}}}}
          of: {conditions: {a: {keywords: {of: "@hello", at_least: 2}}}}
        """
    rules = rules_of(tmp_path, text)
    groups = [
        rules.spread(rule.conditions["a"].keywords.words)  # type: ignore[union-attr]
        for rule in rules.rules.values()
    ]

    assert groups == [(("您好", "你好"), ("公司", "话务"), ("请讲",)), (("您好",), ("你好",))]


def test_the_version_is_that_of_the_file(tmp_path: Path) -> None:
    one = rules_of(tmp_path, HEAD + "    conditions: {a: {keywords: [x]}}\n", "one.yaml")
    other = rules_of(tmp_path, HEAD + "    conditions: {a: {keywords: [y]}}\n", "other.yaml")

    assert len(one.version) == 12
    assert one.label == f"test@{one.version}"
    assert one.version != other.version


WHOLE = """\
name: test
sounding: near
words: {hello: [您好, 你好]}
conditions:
  data: {role: agent, pattern: {match: '余额是[0-9]+', unless: x}}
  pause: {silence: {longer_than: 5, between: same}}
rules:
  one:
    severity: fatal
    weight: 2
    conditions:
      1: {role: agent, first: 2, keywords: {all: ["@hello", [请, 问]], together: true}}
      2: {keywords: [再见], anchor: {to: data, hit: -1, side: around, utterances: 3}, times: 2}
      3: {similar: [请问有什么可以帮您], range: [1, 2]}
    when: 1 && (2 || !3) || pause
    not_applicable: {not: data}
scorecards: {form: {sections: {all: {weight: 3, items: {a: {rule: one}, b: {question: {zh: 好吗}}}}}}}
"""
PIECES = [
    "",
    " ",
    "\n",
    ":",
    "-",
    "{",
    "}",
    "[",
    "]",
    "1",
    "-1",
    "x",
    "null",
    "true",
    "'",
    '"',
    "@",
    "!",
    "1e999",
    "😡",
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 12), st.sampled_from(PIECES)), max_size=3)
)
def test_a_mutated_file_is_read_or_refused_with_its_place(
    tmp_path: Path, changes: list[tuple[int, int, str]]
) -> None:
    text = WHOLE
    for place, length, piece in changes:
        text = text[:place] + piece + text[place + length :]
    path = tmp_path / "rules.yaml"
    path.write_text(text, "utf-8")

    rules, faults, _ = read_rules(path)

    assert all(type(fault) is AnalyticsError and str(fault).startswith(str(path)) for fault in faults)
    assert (rules is None) == bool(faults)
    lint(path)
    if rules is not None:
        subject = Subject(transcript=said("a 您好请问", "c 余额是5", "a 再见再见"))
        results = RuleInspector(rules).inspect(subject)
        for card in rules.scorecards:
            form_score(rules, card, machine_scores(rules, card, results, "call"))
