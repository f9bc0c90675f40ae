from __future__ import annotations

from dataclasses import replace

import pytest

from calls.records import Score
from console.work.verdict import (
    COMMENT_LIMIT,
    REVIEWER_LIMIT,
    Answer,
    Verdict,
    VerdictError,
    same_scores,
    same_verdict,
)
from tests.console.scene import NOON

pytestmark = pytest.mark.unit


def test_an_empty_form_judges_nothing() -> None:
    review = Verdict(reviewer="陈").review("c")

    assert (review.complaint, review.severity, review.topic, review.sentiment) == (None, None, None, None)
    assert (review.comment, review.plan_id, review.call_id) == ("", None, "c")


@pytest.mark.parametrize(
    ("changes", "key", "field"),
    [
        ({"reviewer": ""}, "verdict.needs-reviewer", "reviewer"),
        ({"reviewer": "陈" * (REVIEWER_LIMIT + 1)}, "verdict.too-long", "reviewer"),
        ({"comment": "长" * (COMMENT_LIMIT + 1)}, "verdict.too-long", "comment"),
        ({"complaint": "maybe"}, "verdict.unknown", "complaint"),
        ({"severity": "none", "complaint": "yes"}, "verdict.unknown", "severity"),
        ({"topic": "weather"}, "verdict.unknown", "topic"),
        ({"sentiment": "bored"}, "verdict.unknown", "sentiment"),
        ({"severity": "一般", "complaint": "no"}, "verdict.severity-without-complaint", "severity"),
        ({"severity": "一般"}, "verdict.severity-without-complaint", "severity"),
    ],
)
def test_what_cannot_be_stored_names_its_field(changes: dict[str, str], key: str, field: str) -> None:
    with pytest.raises(VerdictError) as caught:
        Verdict(**{"reviewer": "陈", **changes}).review("c")

    assert (caught.value.key, caught.value.field) == (key, field)


def test_the_same_verdict_is_recognised_whenever_it_was_given() -> None:
    review = Verdict(reviewer="陈", comment="好").review("c")

    assert same_verdict(review, replace(review, id="other", created_at=NOON))
    assert not same_verdict(review, replace(review, comment="不好"))


def test_points_of_an_answer() -> None:
    answers = [Answer(value) for value in ("pass", "fail", "na", "2.5", "0")]

    assert [each.points("hello", 5.0) for each in answers] == [5.0, 0.0, None, 2.5, 0.0]
    assert [each.number for each in answers] == ["", "", "", "2.5", "0"]
    scores = [Score(call_id="c", item="f.hello", points=points, by="陈") for points in (5.0, 0.0, None, 2.5)]
    assert [Answer.of(each, 5.0).value for each in scores] == ["pass", "fail", "na", "2.5"]


@pytest.mark.parametrize("value", ["", "5.1", "-1", "nan", "1e9", "５", "yes"])
def test_what_is_no_answer_names_its_field(value: str) -> None:
    with pytest.raises(VerdictError) as caught:
        Answer(value).points("hello", 5.0)

    assert caught.value.field == "answer.hello"


def test_a_form_and_its_draft_say_the_same() -> None:
    sent = {
        "complaint": "yes",
        "comment": " 好\r\n",
        "answer.hello": "pass",
        "points.calm": "1.5",
        "note.calm": "太快",
        "at.calm": "3.5",
        "answer.bye": "",
        "window": "w",
    }

    typed = Verdict.from_form(sent)

    assert typed.answers == {"hello": Answer("pass"), "calm": Answer("1.5", "太快", "3.5")}
    assert typed.content() == {
        "complaint": "yes",
        "comment": "好",
        "answer.hello": "pass",
        "answer.calm": "1.5",
        "note.calm": "太快",
        "at.calm": "3.5",
    }
    assert typed.same_content(Verdict.from_form(typed.content()))
    assert not typed.same_content(replace(typed, answers={}))
    assert not typed.empty
    assert Verdict(reviewer="陈", window="w").empty


def test_scores_keep_their_ids_when_a_review_is_sent_twice() -> None:
    typed = Verdict.from_form({"reviewer": "陈", "answer.bye": "na", "answer.hello": "pass"})
    review = typed.review("c")

    scores = typed.scores(review, "form", {"hello": 5.0, "calm": 1.0, "bye": 2.0})

    assert [(each.id, each.item, each.points) for each in scores] == [
        (f"{review.id}-0", "form.hello", 5.0),
        (f"{review.id}-2", "form.bye", None),
    ]
    assert same_scores(scores, [replace(each, id="other") for each in reversed(scores)])
    assert not same_scores(scores, scores[:1])
