"""The judge on whole transcripts."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.complaints.taxonomy import CAUSES, RESOLUTIONS, RESPONSIBLE
from analytics.judge import Judge, Judgement
from analytics.labels import NO_COMPLAINT, SENTIMENTS, SEVERITIES, STRONG_NEGATIVE, TOPICS
from analytics.rules.loading import load_rules, shipped_path
from calls.records import Finding, Role, Transcript, Utterance, Word
from tests.analytics.dialogue import misheard, swapped, transcript, verdict

pytestmark = pytest.mark.integration

DIALOGUES = yaml.safe_load((Path(__file__).parent / "data" / "dialogues.yaml").read_text("utf-8"))
LABELS = {
    "topic": set(TOPICS),
    "complaint": {NO_COMPLAINT, *SEVERITIES},
    "sentiment": set(SENTIMENTS),
    "abuse": {STRONG_NEGATIVE},
    "cause": set(CAUSES),
    "responsible": set(RESPONSIBLE),
    "resolved": set(RESOLUTIONS),
    "rule": set(load_rules(shipped_path()).rules),
}
COMPLAINT = (
    "a:您好请讲",
    "c:宽带断了十天报修五次都没人来",
    "a:非常抱歉我马上给您处理",
    "c:再不修好我就投诉到工信部",
)


def check(findings: list[Finding], call: Transcript) -> None:
    """Assert what holds for every judgement."""
    by_number = {utterance.number: utterance for utterance in call.utterances}
    kinds = [finding.kind for finding in findings]
    assert kinds.count("complaint") == kinds.count("sentiment") == 1
    for finding in findings:
        assert finding.call_id == call.call_id
        assert finding.label in LABELS[finding.kind]
        assert 0.0 <= finding.probability <= 1.0
        assert finding.model.startswith("seed-" if finding.kind != "rule" else "service@")
        for evidence in finding.evidence:
            utterance = by_number[evidence.utterance]
            if finding.kind == "rule" and evidence.span is None:
                continue  # of an utterance without words
            assert evidence.span is not None
            start, end = evidence.span
            assert 0 <= start < end <= len(utterance.text)
            assert evidence.text == utterance.text[start:end]
            if finding.kind != "rule":  # a silence lies before its utterance
                assert utterance.start <= evidence.start < evidence.end <= utterance.end


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda d: f"{d['topic']}-{d['lines'][0][2:8]}")
def test_every_finding_has_evidence_inside_its_utterance(
    judge: Judge, dialogue: dict[str, list[str]]
) -> None:
    call = transcript(*dialogue["lines"])

    findings = judge.judge(call).findings

    check(findings, call)
    assert all(finding.evidence for finding in findings)


def test_a_complaint_is_found_with_topic_severity_and_the_words_that_show_it(judge: Judge) -> None:
    findings = judge.judge(transcript(*COMPLAINT)).findings

    assert verdict(findings) == {"topic": "network", "complaint": "重大", "sentiment": "negative"}
    complaint = next(finding for finding in findings if finding.kind == "complaint")
    assert complaint.probability > 0.8
    assert "投诉到工信部" in complaint.evidence[0].text
    assert {evidence.utterance for evidence in complaint.evidence} <= {1, 3}


def test_swapping_the_roles_changes_the_complaint(judge: Judge) -> None:
    assert verdict(judge.judge(transcript(*COMPLAINT)).findings)["complaint"] == "重大"
    assert verdict(judge.judge(transcript(*map(swapped, COMPLAINT))).findings)["complaint"] == "none"


@pytest.mark.parametrize(
    "lines",
    [
        (
            "a:您好欢迎致电投诉请按三人工服务请按零",
            "c:我想查一下我的余额",
            "a:您要投诉的话可以直接跟我说",
            "c:不用了谢谢",
        ),
        ("s:投诉请按三", "c:查话费"),
        ("c:我不是来投诉的", "c:就想问问发票什么时候能开"),
        ("c:要是想投诉应该找哪个部门", "a:您可以在网上提交"),
        ("c:急死我了快帮我查查快递到哪了"),
        ("c:上次投诉的事已经解决了", "c:你们处理得很好谢谢"),
        ("c:喂你好", "a:您好请讲"),
    ],
    ids=[
        "menu and agent",
        "system prompt",
        "negation",
        "how to complain",
        "in a hurry",
        "resolved",
        "greeting",
    ],
)
def test_speaking_of_complaints_is_not_complaining(judge: Judge, lines: tuple[str, ...]) -> None:
    lines = (lines,) if isinstance(lines, str) else lines

    assert verdict(judge.judge(transcript(*lines)).findings)["complaint"] == "none"


def test_a_polite_complaint_is_a_complaint(judge: Judge) -> None:
    polite = transcript("c:麻烦您我也不想为难谁", "c:不过退款等了一个月还没到账希望你们能给个答复")

    assert verdict(judge.judge(polite).findings) == {
        "topic": "refund",
        "complaint": "一般",
        "sentiment": "negative",
    }


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("c:你们再不退钱我就打一二三一五", "重大"),  # regulator
        ("c:这件事我会找律师起诉你们", "重大"),  # lawyer
        ("c:不解决我就让电视台来曝光你们", "重大"),  # media
        ("c:我前前后后打了八次电话了还是没人处理", "重大"),  # repeat contact
        ("c:因为你们的错我损失了两万块钱", "重大"),  # amount
        ("c:充电宝爆炸了我孩子的手炸伤了人在医院", "紧急"),  # safety
        ("c:有人正在盗刷我账户里的钱快点冻结", "紧急"),  # theft under way
        ("c:你们送货太慢了我很不满意", "一般"),
    ],
)
def test_each_criterion_of_severity_is_known(judge: Judge, line: str, severity: str) -> None:
    assert verdict(judge.judge(transcript(line)).findings)["complaint"] == severity


def test_abuse_is_a_finding_of_its_own(judge: Judge) -> None:
    findings = judge.judge(transcript("c:他妈的一群骗子还我钱", "a:请您文明用语")).findings

    assert verdict(findings)["sentiment"] == "negative"
    assert [finding.label for finding in findings if finding.kind == "abuse"] == ["strong-negative"]
    assert not [f for f in judge.judge(transcript("c:我想查话费")).findings if f.kind == "abuse"]


def test_without_roles_all_text_counts_and_the_model_says_so(judge: Judge) -> None:
    lines = ("u:您好请讲", "u:宽带断了十天报修五次都没人来", "u:再不修好我就投诉到工信部")
    call = transcript(*lines, roles_known=False)

    findings = judge.judge(call).findings

    check(findings, call)
    assert verdict(findings) == {"topic": "network", "complaint": "重大", "sentiment": "negative"}
    assert {f.kind: f.model for f in findings} == {
        "topic": judge.version,
        "complaint": f"{judge.version}/all-text",
        "cause": f"{judge.version}/all-text",
        "sentiment": f"{judge.version}/all-text",
    }


@pytest.mark.parametrize("lines", [(), ("c:",), ("c:。。。",), ("s:欢迎致电",)])
def test_where_nothing_was_said_nobody_complained(judge: Judge, lines: tuple[str, ...]) -> None:
    findings = judge.judge(transcript(*lines)).findings

    assert [(f.kind, f.label, f.probability, f.evidence) for f in findings] == [
        ("complaint", "none", 1.0, ()),
        ("sentiment", "neutral", 1.0, ()),
    ]


def test_where_only_the_agent_spoke_there_is_a_topic_but_no_complaint(judge: Judge) -> None:
    findings = judge.judge(transcript("a:您反映宽带断了我马上核实")).findings

    assert verdict(findings) == {"topic": "network", "complaint": "none", "sentiment": "neutral"}


def test_evidence_has_the_time_of_its_words(judge: Judge) -> None:
    words = tuple(
        Word(text=text, start=float(place), end=place + 0.5)
        for place, text in enumerate(("你好", "我要", "投诉", "你们"))
    )
    said = Utterance(number=7, role=Role.CALLER, start=0.0, end=4.0, text="你好我要投诉你们", words=words)

    findings = judge.judge(
        Transcript(call_id="call", recogniser="test", model="test", utterances=(said,))
    ).findings

    (evidence,) = next(f for f in findings if f.kind == "complaint").evidence
    assert evidence.span is not None and "投诉" in evidence.text
    first, last = evidence.span[0] // 2, (evidence.span[1] - 1) // 2  # words of two characters each
    assert (evidence.utterance, evidence.start, evidence.end) == (7, words[first].start, words[last].end)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from("cas"), st.text(st.characters(codec="utf-8"), max_size=40)), max_size=5
    ),
    st.booleans(),
)
def test_any_text_is_judged(judge: Judge, lines: list[tuple[str, str]], roles_known: bool) -> None:
    call = transcript(*(f"{role}:{text}" for role, text in lines), roles_known=roles_known)

    check(judge.judge(call).findings, call)


def test_a_very_long_utterance_is_judged(judge: Judge) -> None:
    call = transcript("c:" + "我要退货但是你们一直不给退😡abc 123" * 400)

    check(judge.judge(call).findings, call)


def test_calls_judged_together_are_judged_as_each_alone(judge: Judge) -> None:
    calls = [
        transcript(*COMPLAINT),
        transcript(),
        transcript("c:我想查话费", "a:好的"),
        transcript(*COMPLAINT, roles_known=False),
        transcript("a:您好"),
    ]

    def told(judged: Judgement) -> tuple[object, ...]:
        found = [(each.kind, each.label, each.evidence, each.model) for each in judged.findings]
        reasons = [each.words for each in judged.risk.reasons]
        return found, judged.metrics.values, judged.rules, judged.form, reasons

    together = judge.judge_each(calls)
    alone = [judge.judge(call) for call in calls]

    assert [told(each) for each in together] == [told(each) for each in alone]
    assert [each.risk.probability for each in together] == pytest.approx(
        [each.risk.probability for each in alone]
    )


def test_the_built_in_risk_tells_angry_calls_from_plain_ones(judge: Judge) -> None:
    angry = transcript("c:宽带又断了都第三次了", "a:请您稍等", "c:你们太不负责了我要投诉到工信部")
    plain = transcript("c:你好我想查一下套餐", "a:您的套餐是五十八元", "c:好的谢谢")

    high, low = (judge.judge(call).risk for call in (angry, plain))

    assert high.probability > 0.6 and low.probability < 0.1
    assert any("投诉" in reason.words for reason in high.reasons if reason.share > 0)


def accuracy(judge: Judge, error_rate: float) -> dict[str, float]:
    """Return the share of the test dialogues judged as labelled; *is complaint* leaves severity out."""
    rng = random.Random(7)
    right = dict.fromkeys(("topic", "complaint", "sentiment", "is complaint"), 0)
    named = 0
    for dialogue in DIALOGUES:
        lines = [line[:2] + misheard(line[2:], error_rate, rng) for line in dialogue["lines"]]
        judged = verdict(judge.judge(transcript(*lines)).findings)
        for kind in ("topic", "complaint", "sentiment"):
            right[kind] += judged.get(kind) == dialogue[kind]
        named += "topic" in judged
        right["is complaint"] += (judged["complaint"] == "none") == (dialogue["complaint"] == "none")
    shares = {kind: count / len(DIALOGUES) for kind, count in right.items()}
    return shares | {"topic when named": right["topic"] / named}


@pytest.mark.parametrize("error_rate", [0.0, 0.1])
def test_dialogues_unlike_the_seed_are_judged_well_also_when_misheard(
    judge: Judge, error_rate: float
) -> None:
    assert len(DIALOGUES) >= 60

    right = accuracy(judge, error_rate)

    assert right["topic"] >= 0.6  # where it is not clear none is named
    assert right["topic when named"] >= 0.8
    assert right["is complaint"] >= 0.8
    assert right["complaint"] >= 0.7
    assert right["sentiment"] >= 0.75
