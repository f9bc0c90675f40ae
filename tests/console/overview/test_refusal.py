from __future__ import annotations

import pytest
from flask import Flask

from analytics.sampling.estimate import EstimateRefused
from console.overview.refusal import refusal_words

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("refusal", "chinese", "english"),
    [
        (
            EstimateRefused("unreachable", "…", "", count=80),
            "有 80 通没有机会被抽到：风险部分占了全部抽检量",
            "80 calls had no chance to be drawn: all of the budget went to risk",
        ),
        (
            EstimateRefused("unjudged", "…", "", stratum="queue=售后"),
            "“queue=售后”这一层还没有评过的通话",
            "no call of the stratum “queue=售后” is reviewed",
        ),
        (
            EstimateRefused("unjudged", "…", "", stratum="risk"),
            "按风险抽的还没有评过的",
            "no call of the risk part is reviewed",
        ),
    ],
)
def test_a_refusal_is_said_in_the_language_of_the_page(
    app: Flask, refusal: EstimateRefused, chinese: str, english: str
) -> None:
    said = []
    for language in ("zh", "en"):
        with app.test_request_context(f"/?lang={language}"):
            said.append(refusal_words(refusal))

    assert said == [chinese, english]
