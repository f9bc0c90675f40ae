"""The risk of a call and its reasons."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.risk import Risk, risk
from calls.records import Evidence, Finding

pytestmark = pytest.mark.unit
KINDS = [("complaint", s) for s in ("none", "一般", "重大", "紧急")] + [
    ("sentiment", "negative"),
    ("sentiment", "neutral"),
    ("abuse", "strong-negative"),
    ("topic", "billing"),
]


def found(kind: str, label: str, probability: float, text: str = "") -> Finding:
    evidence = (Evidence(utterance=0, start=0.0, end=1.0, text=text),) if text else ()
    return Finding(call_id="call", kind=kind, label=label, probability=probability, evidence=evidence)


def test_no_findings_no_risk() -> None:
    assert risk([]) == Risk(0.0, ())


def test_reasons_are_in_words_heaviest_first() -> None:
    judged = risk(
        [
            found("sentiment", "negative", 0.9),
            found("complaint", "重大", 0.8, "投诉到工信部"),
            found("topic", "network", 1.0),
        ]
    )

    assert judged.value == pytest.approx(1 - (1 - 0.85 * 0.8) * (1 - 0.3 * 0.9))
    assert judged.reasons == ("重大投诉（概率 80%）：“投诉到工信部”", "负面情绪（概率 90%）")


def test_a_doubtful_no_complaint_is_riskier_than_a_sure_one_and_gives_no_reason() -> None:
    doubtful, sure = risk([found("complaint", "none", 0.6)]), risk([found("complaint", "none", 0.99)])

    assert doubtful.value == pytest.approx(0.6 * 0.4) and sure.value == pytest.approx(0.6 * 0.01)
    assert doubtful.reasons == sure.reasons == ()


def test_graver_is_riskier() -> None:
    values = [risk([found("complaint", severity, 0.9)]).value for severity in ("一般", "重大", "紧急")]

    assert values == sorted(set(values))


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.floats(0, 1)), max_size=6))
def test_risk_is_a_probability_whatever_was_found(parts: list[tuple[tuple[str, str], float]]) -> None:
    judged = risk([found(kind, label, probability) for (kind, label), probability in parts])

    assert 0.0 <= judged.value <= 1.0
