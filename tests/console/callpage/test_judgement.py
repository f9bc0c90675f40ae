from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from analytics.rules.loading import load_rules, shipped_path
from console.callpage.judgement import judged, rule_name
from console.callpage.personal import PersonalData, Piece, Veil
from tests.console.callpage_scene import CALL, cite, findings, utterances
from tests.console.scene import finding

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    with Flask(__name__).test_request_context("/"):
        yield


def test_the_gravest_kinds_come_first_and_rules_apart_with_their_names() -> None:
    said = utterances()
    veil = Veil(PersonalData.of(said), said, hide=True)
    more = [finding(CALL, "topic", "refund", 0.9), finding(CALL, "cause", "delay", 0.5, cite(3, 0, 6))]

    found, broken = judged([*findings(), *more], veil, None)

    assert [(each.finding.kind, each.finding.label) for each in found] == [
        ("complaint", "一般"),
        ("cause", "delay"),
        ("topic", "refund"),
        ("topic", "account"),
    ]
    assert [(each.name, [cited.pieces for cited in each.evidence]) for each in broken] == [
        ("结束语", [(Piece("机号是"), Piece("▇▇▇▇▇", True))])
    ]


def test_rules_have_the_names_of_the_form_in_use_then_of_the_shipped_one() -> None:
    own = load_rules(shipped_path()).model_copy(deep=True)
    own.rules["greeting"] = own.rules["greeting"].model_copy(update={"name": {"zh": "问好"}})

    assert rule_name("greeting", own) == "问好"
    assert rule_name("greeting") == "开场问候"
    assert rule_name("of another centre", own) == "of another centre"
