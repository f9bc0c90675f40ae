from __future__ import annotations

from dataclasses import replace

import pytest

from console.verdict import COMMENT_LIMIT, REVIEWER_LIMIT, Verdict, VerdictError, same_verdict
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
