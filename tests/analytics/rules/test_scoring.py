"""Forms filled in by the machine and by people, and what they come to."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from analytics.rules.inspector import RuleInspector
from analytics.rules.ruleset import RuleSet
from analytics.rules.scoring import Agreement, FormScore, agreement, form_score, machine, machine_scores
from analytics.rules.subject import Subject
from calls.records import Score
from tests.analytics.rules.calls import rules_of, said

pytestmark = pytest.mark.unit

RULES = """
    name: test
    rules:
      hello: {weight: 3, conditions: {a: {role: agent, keywords: [您好]}}}
      bye: {conditions: {a: {role: agent, keywords: [再见]}}}
      polite: {kind: forbidden, severity: fatal, weight: 4, conditions: {a: {role: agent, keywords: [闭嘴]}}}
      refund: {weight: 2, conditions: {a: {role: agent, keywords: [退款]}}, not_applicable: "!asks",
        when: a}
      calm: {kind: forbidden, conditions: {a: {silence: {longer_than: 9}}}}
    conditions:
      asks: {role: caller, keywords: [退钱]}
    scorecards:
      form:
        sections:
          manners:
            items: {hello: {rule: hello}, bye: {rule: bye}, polite: {rule: polite}}
          work:
            items: {refund: {rule: refund}, calm: {rule: calm}, right: {question: 答得对吗, weight: 5}}
      weighted:
        sections:
          manners: {weight: 20, items: {hello: {rule: hello}, bye: {rule: bye, weight: 3}}}
          work: {weight: 80, items: {refund: {rule: refund, automatic_fail: true}}}
    """


@pytest.fixture
def rules(tmp_path: Path) -> RuleSet:
    return rules_of(tmp_path, RULES)


def suggested(rules: RuleSet, card: str, *lines: str, written: bool = False) -> list[Score]:
    subject = Subject(transcript=said(*lines, written=written))
    return machine_scores(rules, card, RuleInspector(rules).inspect(subject), "call")


def by(person: str, item: str, points: float | None) -> Score:
    return Score(call_id="call", item=item, points=points, by=person)


def items(form: FormScore) -> dict[str, tuple[str, float | None]]:
    return {name: (item.state, item.points) for name, item in form.items.items()}


def test_the_machine_answers_what_it_can(rules: RuleSet) -> None:
    scores = suggested(rules, "form", "a 您好", "c 查话费", written=True)

    assert [(each.item, each.points, each.by, each.comment) for each in scores] == [
        ("form.hello", 3.0, machine(rules), "passed"),
        ("form.bye", 0.0, machine(rules), "failed"),
        ("form.polite", 4.0, machine(rules), "passed"),
        ("form.refund", None, machine(rules), "not-applicable"),
        ("form.calm", None, machine(rules), "not-available: a: the text has no times"),
    ]
    assert machine(rules) == f"machine:test@{rules.version}"


def test_what_does_not_apply_or_is_not_known_is_left_out(rules: RuleSet) -> None:
    form = form_score(rules, "form", suggested(rules, "form", "a 您好", "c 查话费", written=True))

    assert items(form) == {
        "hello": ("answered", 3.0),
        "bye": ("answered", 0.0),
        "polite": ("answered", 4.0),
        "refund": ("not-applicable", None),
        "calm": ("not-available", None),
        "right": ("open", None),
    }
    assert (form.score, form.automatic_fail, form.complete) == (100 * 7 / 8, False, False)
    assert [(each.section, each.share, each.weight) for each in form.sections] == [
        ("manners", 7 / 8, 8.0),
        ("work", None, 0),
    ]


def test_a_form_without_answers_has_no_score(rules: RuleSet) -> None:
    form = form_score(rules, "form", [])

    assert (form.score, form.points, form.automatic_fail, form.complete) == (None, None, False, False)


def test_an_item_that_may_not_fail_fails_section_and_form(rules: RuleSet) -> None:
    form = form_score(rules, "form", suggested(rules, "form", "a 您好", "c 喂", "a 闭嘴", "a 再见"))

    assert (form.score, form.automatic_fail) == (0.0, True)
    assert form.points == 100 * (4 + 1) / (8 + 1)
    assert [(each.section, each.share, each.automatic_fail) for each in form.sections] == [
        ("manners", 0.0, True),
        ("work", 1.0, False),
    ]
    assert [name for name, item in form.items.items() if item.automatic_fail] == ["polite"]


@pytest.mark.parametrize(
    ("lines", "score", "fails"),
    [
        (("a 您好再见", "c 退钱", "a 退款"), 100, False),
        (("a 您好", "c 退钱", "a 退款"), 90, False),
        (("a 您好再见", "c 退钱", "a 不行"), 0, True),
        (("a 您好", "c 喂"), 50, False),
    ],
)
def test_sections_may_have_weights_of_their_own(
    rules: RuleSet, lines: tuple[str, ...], score: float, fails: bool
) -> None:
    form = form_score(rules, "weighted", suggested(rules, "weighted", *lines))

    assert (form.score, form.automatic_fail) == (score, fails)


def test_people_have_the_last_word_and_the_suggestion_stays(rules: RuleSet) -> None:
    scores = [
        *suggested(rules, "form", "a 您好", "c 喂", "a 闭嘴", "a 再见"),
        by("li", "form.polite", 4.0),
        by("li", "form.right", 2.5),
        by("wang", "form.right", 5.0),
        by("li", "form.bye", None),
        by("li", "other.bye", 0.0),
        by("machine:test@older", "form.hello", 0.0),
    ]

    form = form_score(rules, "form", scores)

    assert (form.score, form.automatic_fail, form.complete) == (100.0, False, True)
    assert items(form)["bye"] == ("not-applicable", None)
    assert (form.items["polite"].by, form.items["polite"].suggested) == ("li", 0.0)
    assert (form.items["right"].by, form.items["right"].points) == ("wang", 5.0)
    assert form.items["hello"].by == machine(rules)


def test_agreement_of_machine_and_people(rules: RuleSet) -> None:
    answers = suggested(rules, "form", "a 您好", "c 喂", "a 再见")
    other = [replace(each, call_id="other") for each in answers]
    people = [
        by("li", "form.hello", 3.0),
        by("li", "form.bye", 0.0),
        by("li", "form.refund", None),
        replace(by("li", "form.bye", 1.0), call_id="other"),
    ]

    assert agreement([*answers, *other, *people]) == {
        "form.bye": Agreement(both=2, equal=1),
        "form.hello": Agreement(both=1, equal=1),
        "form.refund": Agreement(both=1, equal=1),
    }
    assert Agreement(0, 0).share is None


@given(
    st.dictionaries(
        st.sampled_from(["hello", "bye", "polite", "refund", "calm", "right"]), st.none() | st.floats(-5, 9)
    )
)
def test_a_score_is_between_0_and_100(answers: dict[str, float | None]) -> None:
    form = form_score(_read(), "form", [by("li", f"form.{name}", points) for name, points in answers.items()])

    assert form.score is None or 0 <= form.score <= 100.0000001
    assert (form.score is None) == all(points is None for points in answers.values())
    assert not form.automatic_fail or form.score == 0


@cache
def _read() -> RuleSet:
    return RuleSet.model_validate(yaml.safe_load(textwrap.dedent(RULES)))
