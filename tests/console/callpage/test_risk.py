from __future__ import annotations

import math

import pytest
from flask import Flask, g

from calls.people import User, UserRole
from calls.records import CallRisk, Evidence, RiskReason
from console.callpage.personal import PersonalData, Piece, Veil
from console.callpage.risk import reasons_line, risk_bars

pytestmark = pytest.mark.unit

OPEN = Veil(PersonalData(), (), hide=False)


def test_the_bars_sum_to_the_logit_and_share_one_scale() -> None:
    evidence = Evidence(utterance=3, start=9.6, end=13.4, text="投诉你们", span=(0, 4))
    reasons = (
        RiskReason(words="客服说“抱歉”", share=-0.5),
        RiskReason(words="客户说“投诉你们”", share=2.0, evidence=(evidence,)),
    )
    logit = -1.0 - 0.5 + 2.0
    risk = CallRisk(
        call_id="c", probability=1 / (1 + math.exp(-logit)), base=-1.0, reasons=reasons, model="m1"
    )

    shown = risk_bars(risk, OPEN)

    assert [(bar.share, bar.length, bar.evidence) for bar in shown.bars] == [
        (2.0, 1.0, evidence),
        (-0.5, -0.25, None),
    ]
    assert shown.bars[0].words == (Piece("客户说“投诉你们”"),)
    assert (shown.base.share, shown.base.length, shown.model) == (-1.0, -0.5, "m1")
    assert shown.logit == logit == pytest.approx(math.log(shown.probability / (1 - shown.probability)))


def test_a_risk_without_reasons_is_that_of_the_average_call() -> None:
    shown = risk_bars(CallRisk(call_id="c", probability=0.5, base=0.0), OPEN)

    assert (shown.bars, shown.base.length, shown.logit) == ((), 0.0, 0.0)


@pytest.mark.parametrize(
    ("role", "line"),
    [
        (UserRole.INSPECTOR, "caller says “我叫张三”; caller spoke last"),
        (UserRole.READ_ONLY, "caller says “▇▇”; caller spoke last"),
    ],
)
def test_a_list_says_reasons_in_its_language_and_quotes_nothing_personal(
    app: Flask, role: UserRole, line: str
) -> None:
    with app.test_request_context("/?lang=en"):
        g.user = User(id="somebody", role=role, stamp="s")

        assert reasons_line(["客户说“我叫张三”", "客户最后发言"]) == line
