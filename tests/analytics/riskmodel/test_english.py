from __future__ import annotations

import re

import pytest

from analytics.riskmodel.cues import AGENT, CUSTOMER
from analytics.riskmodel.english import in_english
from analytics.riskmodel.parts import parts_of
from analytics.riskmodel.reasons import REST, Reason
from analytics.riskmodel.shape import shape_in_words
from analytics.riskmodel.signals import SIGNALS
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit

HANZI = re.compile("[一-鿿]")


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("客户说“骗人的”", "caller says “骗人的”"),
        ("通话中说“骗人的”", "call says “骗人的”"),
        ("客服道歉：“抱歉”", "agent, apology: “抱歉”"),
        ("客服没有道歉", "agent: no apology"),
        ("共 3 轮对话", "3 turns in all"),
        ("客户情绪负面（85%）：“气死我了”", "the caller's mood is negative (85%): “气死我了”"),
        ("未发现投诉紧急", "not found: an urgent complaint"),
        (REST, "all other words and traits"),
        (
            Reason("shape", "客户最后发言", 0.4, 0.25).in_words(),
            "caller spoke last (raises the risk, 25% of it)",
        ),
        (
            Reason("shape", "客服最后发言", -0.4, 0.1).in_words(),
            "agent spoke last (lowers the risk, 10% of it)",
        ),
        ("投诉 重大 0.87", "投诉 重大 0.87"),
    ],
)
def test_reasons_are_said_in_english(chinese: str, english: str) -> None:
    assert in_english(chinese) == english


def test_every_sentence_of_the_model_has_its_english() -> None:
    said = [f"客户没有{cue}" for cue in CUSTOMER] + [f"客服没有{cue}" for cue in AGENT]
    said += [f"{signal.title}（3）" for signal in SIGNALS.values()]
    for call in (
        transcript("c:骗人的", "a:请稍等一下", "c:没有人管"),
        transcript("c:没有人管没有人管", "a:请稍等一下", "c:没有人管没有人管", "a:请稍等一下"),
        transcript("c:骗人的"),
        transcript("a:您好"),
    ):
        said += shape_in_words(parts_of(call)).values()

    assert [words for words in said if HANZI.search(in_english(words))] == []
