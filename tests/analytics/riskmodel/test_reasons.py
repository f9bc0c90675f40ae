"""Reasons: they add up to the logit, name what was said where, and read as sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.riskmodel import Reason, RiskModel
from calls.records import Word
from tests.analytics.dialogue import transcript
from tests.analytics.riskmodel.calls import BAD, GOOD, PLAIN, drawn, fitted
from tests.analytics.riskmodel.test_model import without_roles

pytestmark = pytest.mark.unit

SAID = st.sampled_from([*BAD, *GOOD, *PLAIN, "", "!!!", "Ｈｅｌｌｏ  世界"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("cas"), SAID), max_size=9), st.booleans(), st.integers(0, 12))
def test_reasons_add_up_to_the_logit(lines: list[tuple[str, str]], roles: bool, most: int) -> None:
    call = transcript(*(f"{who}:{text}" for who, text in lines), roles_known=roles)

    reasons = fitted().explain(call, most=most)

    total = fitted().base(call) + sum(reason.contribution for reason in reasons)
    assert total == pytest.approx(fitted().decision_function([call])[0], abs=1e-9)
    assert sum(reason.share for reason in reasons) == pytest.approx(1.0)
    assert len(reasons) <= most + 1


@pytest.mark.parametrize("roles", [True, False])
def test_the_base_is_the_average_call(roles: bool) -> None:
    calls, _, _ = drawn(300)
    read = calls if roles else [without_roles(call) for call in calls]

    assert fitted().base(read[0]) == pytest.approx(fitted().decision_function(read).mean(), abs=1e-9)


def test_a_passage_is_cited_where_it_was_said() -> None:
    call = transcript("c:宽带怎么办理", "a:请稍等一下", "c:骗人的, 没有人管")

    reasons = [reason for reason in fitted().explain(call) if reason.kind in ("words", "cue")]

    cited = [evidence for reason in reasons for evidence in reason.evidence]
    assert cited
    for evidence in cited:
        said = call.utterances[evidence.utterance]
        assert evidence.span is not None
        assert evidence.text == said.text[slice(*evidence.span)]
        assert (evidence.start, evidence.end) == (said.start, said.end)


def test_what_raises_the_risk_is_what_the_customer_said_badly() -> None:
    call = transcript("c:我想问一下套餐", "a:请稍等一下", "c:骗人的")

    first = max(
        (reason for reason in fitted().explain(call) if reason.kind == "words"), key=lambda r: r.contribution
    )

    assert first.what.startswith("客户说“")
    assert first.evidence[0].utterance == 2


def test_passages_have_the_time_of_their_words() -> None:
    call = transcript("c:你们骗人的")
    words = (Word(text="你们", start=0.5, end=0.9), Word(text="骗人", start=1.0, end=1.4))
    call = replace(call, utterances=(replace(call.utterances[0], words=words),))

    cited = [e for reason in fitted().explain(call) for e in reason.evidence if e.text.startswith("骗")]

    assert cited and all((e.start, e.end) == (1.0, 1.4) for e in cited)


def test_shape_and_signals_are_said_in_words() -> None:
    calls, _, bad = drawn(120)
    known: list[dict[str, float | None]] = [{"abuse": 0.9 if each else 0.1} for each in bad]
    model = RiskModel(cues=False, signals=("abuse",), blind=False).fit(calls, bad, signals=known)
    call = transcript("c:骗人的", "a:请稍等一下", "c:没有人管")

    said = {reason.what: reason for reason in model.explain(call, {"abuse": 0.85}, most=100)}

    assert {"客户最后发言", "共 3 轮对话", "客户情绪强烈负面或辱骂（85%）"} <= set(said)
    assert said["客户最后发言"].kind == "shape" and said["客户最后发言"].evidence == ()
    assert said["客户情绪强烈负面或辱骂（85%）"].contribution > 0


def test_nobody_answered_is_said() -> None:
    shapes = {reason.what for reason in fitted().explain(transcript("c:骗人的"), most=100)}

    assert "客服从未回复" in shapes


def test_lines_for_people_hold_what_raises_the_risk_only() -> None:
    call = transcript("c:我想问一下套餐", "a:请稍等一下", "c:骗人的没有人管")
    lines = fitted().reasons_in_words(call, most=2)

    raising = [r for r in fitted().explain(call) if r.contribution > 0 and r.kind != "rest"]
    assert lines == tuple(reason.in_words() for reason in raising[:2])
    assert Reason("shape", "客户最后发言", 0.4, 0.25).in_words() == "客户最后发言（升高风险，占 25%）"
    assert Reason("shape", "客服最后发言", -0.4, 0.25).in_words() == "客服最后发言（降低风险，占 25%）"


def test_the_weightiest_reason_comes_first() -> None:
    reasons = fitted().explain(transcript("c:骗人的", "a:请稍等一下", "c:谢谢你"))

    sizes = [abs(reason.contribution) for reason in reasons[:-1]]
    assert sizes == sorted(sizes, reverse=True)
    assert reasons[-1].kind == "rest"
    assert np.isfinite(sizes).all()
