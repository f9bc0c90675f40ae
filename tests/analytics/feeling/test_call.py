"""Feelings over a call."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.feeling.call import UtteranceFeeling, feelings_of, findings_of, summary_of
from analytics.feeling.model import SentimentModel
from calls.records import Role, Transcript, Utterance, Word
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.integration

ANGRY = transcript(
    "a:您好请问有什么可以帮您",
    "c:我要查一下我的订单",
    "a:请您报一下单号",
    "c:等了十天还没到你们太不负责任了",
    "a:非常抱歉我马上帮您查",
    "c:一群骗子王八蛋",
)
GLAD = transcript("a:您好", "c:我的宽带断了", "a:已经给您修好了", "c:太好了师傅真专业我非常满意谢谢你们")
CALM = transcript("a:您好请问有什么可以帮您", "c:我想问一下营业厅几点开门", "a:九点", "c:好的谢谢再见")


def labels(call: Transcript, model: SentimentModel) -> list[tuple[str, str]]:
    return [(finding.kind, finding.label) for finding in findings_of(call, model)]


def test_the_mood_of_a_call_is_the_callers(builtin: SentimentModel) -> None:
    assert labels(ANGRY, builtin) == [("sentiment", "negative"), ("abuse", "strong-negative")]
    assert labels(GLAD, builtin) == [("sentiment", "positive")]
    assert labels(CALM, builtin) == [("sentiment", "neutral")]


def test_findings_cite_the_words(builtin: SentimentModel) -> None:
    sentiment, abuse = findings_of(ANGRY, builtin, version="v1")

    assert (abuse.model, abuse.evidence[0].utterance) == ("v1", 5)
    assert "王八蛋" in abuse.evidence[0].text
    assert [cited.utterance for cited in sentiment.evidence] == [5, 3]
    for cited in (*sentiment.evidence, *abuse.evidence):
        assert cited.span is not None
        assert ANGRY.utterances[cited.utterance].text[slice(*cited.span)] == cited.text != ""
        assert 0.5 <= sentiment.probability <= 1.0


def test_words_give_the_time_of_the_evidence(builtin: SentimentModel) -> None:
    words = (
        Word(text="昨天", start=0.0, end=0.5, confidence=1.0),
        Word(text="王八蛋", start=0.6, end=1.2, confidence=1.0),
    )
    said = Utterance(number=0, role=Role.CALLER, start=0.0, end=2.0, text="昨天王八蛋", words=words)
    call = Transcript(call_id="c", recogniser="t", model="m", utterances=(said,))

    abuse = findings_of(call, builtin)[1]

    assert (abuse.evidence[0].start, abuse.evidence[0].end) == (0.6, 1.2)


def test_feelings_are_by_utterance_and_leave_prompts_out(builtin: SentimentModel) -> None:
    call = transcript("s:查询请按一", "c:太差了", "a:好的")

    feelings = feelings_of(call, builtin)

    assert [(each.number, each.role, each.mood) for each in feelings] == [
        (1, Role.CALLER, "negative"),
        (2, Role.AGENT, "neutral"),
    ]
    for each in feelings:
        assert each.strong_negative + each.negative + each.neutral + each.positive == pytest.approx(1.0)


def feeling(number: int, role: Role, polarity: float) -> UtteranceFeeling:
    return UtteranceFeeling(number, role, 0.0, max(-polarity, 0), 1 - abs(polarity), max(polarity, 0))


def test_a_summary_has_the_change_over_the_quarters() -> None:
    call = transcript("c:一", "a:二", "c:三", "c:四")
    feelings = [
        feeling(0, Role.CALLER, -0.8),
        feeling(1, Role.AGENT, 0.2),
        feeling(2, Role.CALLER, -0.4),
        feeling(3, Role.CALLER, 0.6),
    ]

    summary = summary_of(call, feelings)

    caller, agent = summary[Role.CALLER], summary[Role.AGENT]
    assert caller.quarters == pytest.approx((-0.8, None, -0.4, 0.6))
    assert (caller.utterances, caller.lowest) == (3, -0.8)
    assert caller.polarity == pytest.approx(-0.2)
    assert caller.change == pytest.approx(1.4)
    assert (agent.quarters, agent.change) == ((None, 0.2, None, None), None)


def test_without_times_the_quarters_are_of_the_utterances() -> None:
    said = tuple(
        Utterance(number=number, role=Role.CALLER, start=0.0, end=0.0, text="嗯") for number in range(8)
    )
    call = Transcript(call_id="c", recogniser="t", model="m", utterances=said)

    summary = summary_of(call, [feeling(number, Role.CALLER, number / 10) for number in range(8)])

    assert summary[Role.CALLER].quarters == pytest.approx((0.05, 0.25, 0.45, 0.65))


def test_without_roles_all_text_counts_and_the_model_says_so(builtin: SentimentModel) -> None:
    call = transcript("u:你们太差了我很生气", "u:抱歉", roles_known=False)

    finding = findings_of(call, builtin, version="v1")[0]

    assert (finding.label, finding.model) == ("negative", "v1/all-text")


@pytest.mark.parametrize("lines", [(), ("a:您好",), ("c:",), ("s:请按一",)])
def test_who_says_nothing_is_neutral_for_sure(builtin: SentimentModel, lines: tuple[str, ...]) -> None:
    (finding,) = findings_of(transcript(*lines), builtin)

    assert (finding.label, finding.probability, finding.evidence) == ("neutral", 1.0, ())


@given(st.lists(st.tuples(st.sampled_from("cau"), st.text(max_size=20)), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_any_call_has_findings_with_evidence(builtin: SentimentModel, lines: list[tuple[str, str]]) -> None:
    call = transcript(*(f"{role}:{text}" for role, text in lines))

    for finding in findings_of(call, builtin):
        assert 0.0 <= finding.probability <= 1.0
        assert finding.evidence or finding.probability == 1.0
        for cited in finding.evidence:
            assert cited.span is not None
            assert call.utterances[cited.utterance].text[slice(*cited.span)] == cited.text != ""
