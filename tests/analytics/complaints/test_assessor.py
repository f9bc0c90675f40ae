"""The assessor on whole calls."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import skops.io
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.complaints import CAUSES, RESOLUTIONS, RESPONSIBLE, Assessment, ComplaintAssessor
from analytics.complaints.overruling import SHIPPED, read_rulings
from analytics.judge import Judge
from analytics.labels import NO_COMPLAINT, SEVERITIES
from analytics.modelfile import TRUSTED
from calls.records import Transcript
from tests.analytics.complaints.conftest import Assess
from tests.analytics.dialogue import misheard, swapped, transcript

pytestmark = pytest.mark.integration

DIALOGUES = yaml.safe_load((Path(__file__).parent / "data" / "dialogues.yaml").read_text("utf-8"))
LABELS = {
    "complaint": {NO_COMPLAINT, *SEVERITIES},
    "cause": set(CAUSES),
    "responsible": set(RESPONSIBLE),
    "resolved": set(RESOLUTIONS),
}
COMPLAINT = (
    "a:您好请讲",
    "c:你们多扣了我三个月的月租",
    "a:我查一下",
    "c:再不退我就投诉到工信部",
    "a:确实是系统重复扣费我们的失误已经给您退回去了",
    "c:嗯收到了",
)


def labels(assessment: Assessment) -> dict[str, str]:
    """Return the first label of each kind."""
    return {finding.kind: finding.label for finding in reversed(assessment.findings)}


def check(assessment: Assessment, call: Transcript) -> None:
    """Assert what holds for every assessment."""
    by_number = {utterance.number: utterance for utterance in call.utterances}
    kinds = [finding.kind for finding in assessment.findings]
    assert kinds[0] == "complaint" and kinds.count("complaint") == 1
    if assessment.findings[0].label == NO_COMPLAINT:
        assert kinds == ["complaint"]
    for finding in assessment.findings:
        assert finding.call_id == call.call_id
        assert finding.label in LABELS[finding.kind]
        assert 0.0 <= finding.probability <= 1.0
        assert finding.model.startswith(("seed-", "test"))
        for evidence in finding.evidence:
            utterance = by_number[evidence.utterance]
            assert evidence.span is not None
            start, end = evidence.span
            assert 0 <= start < end <= len(utterance.text)
            assert evidence.text == utterance.text[start:end]
    values = list(assessment.at_least.values())
    assert values == sorted(values, reverse=True)


def test_a_complaint_is_taken_apart(assess: Assess) -> None:
    assessment = assess(transcript(*COMPLAINT))

    assert labels(assessment) == {
        "complaint": "重大",
        "cause": "billing",
        "responsible": "service",
        "resolved": "yes",
    }
    (hit,) = assessment.criteria
    assert hit.criterion == "regulator" and hit.evidence is not None
    cited = {finding.kind: finding.evidence for finding in assessment.findings}
    assert cited["complaint"][0] == hit.evidence
    assert cited["cause"][0].utterance == 1
    assert {evidence.utterance for evidence in cited["resolved"]} == {4, 5}


def test_swapping_the_roles_leaves_no_complaint(assess: Assess) -> None:
    lines = ("a:您好请讲", "c:宽带断了十天报修五次都没人来", "c:再不修好我就投诉到工信部")

    assert labels(assess(transcript(*lines)))["complaint"] == "重大"
    assessment = assess(transcript(*map(swapped, lines)))

    assert labels(assessment) == {"complaint": NO_COMPLAINT}
    assert assessment.criteria == ()


def test_without_roles_all_that_is_said_counts_but_nobody_can_have_accepted(assess: Assess) -> None:
    call = transcript("u:您好请讲", "u:你们多扣了我三个月的月租再不退我就投诉到工信部", roles_known=False)

    assert labels(assess(call)) == {"complaint": "重大", "cause": "billing", "responsible": "service"}


@pytest.mark.parametrize("lines", [(), ("c:",), ("c:。。。",), ("s:欢迎致电",), ("a:您好请讲",)])
def test_who_said_nothing_did_not_complain(assess: Assess, lines: tuple[str, ...]) -> None:
    assessment = assess(transcript(*lines))

    assert [(f.kind, f.label, f.probability, f.evidence) for f in assessment.findings] == [
        ("complaint", NO_COMPLAINT, 1.0, ())
    ]


def test_earlier_calls_make_a_complaint_grave_and_no_complaint_of_a_question(assess: Assess) -> None:
    complaint = transcript("c:宽带断了到现在没人来你们太不负责了", "a:我帮您催一下")
    question = transcript("c:我想查一下话费", "a:好的")

    assert labels(assess(complaint, earlier_calls=0))["complaint"] == "一般"
    assert labels(assess(complaint, earlier_calls=3))["complaint"] == "重大"
    assert labels(assess(question, earlier_calls=3))["complaint"] == NO_COMPLAINT


@pytest.mark.parametrize(
    ("closing", "resolved"),
    [
        (("a:这笔钱我已经给您退了", "c:好的收到了谢谢"), "yes"),
        (("a:三个工作日内给您回电话", "c:行那我等你们电话"), "promised"),
        (("a:三个工作日内给您回电话", "c:又是等我不接受"), "no"),
        (("a:按规定是不能退的", "c:你们就是在敷衍我"), "no"),
    ],
)
def test_the_closing_says_what_has_become_of_it(
    assess: Assess, closing: tuple[str, ...], resolved: str
) -> None:
    call = transcript("c:你们多扣了我的钱我要投诉太过分了", "a:我查一下", *closing, "a:感谢您的来电再见")

    assert labels(assess(call))["resolved"] == resolved


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda d: d["lines"][0][2:10])
def test_every_finding_on_a_test_call_has_evidence(assess: Assess, dialogue: dict[str, list[str]]) -> None:
    call = transcript(*dialogue["lines"])

    assessment = assess(call)

    check(assessment, call)
    assert all(finding.evidence for finding in assessment.findings)


def shares(assess: Assess, error_rate: float) -> dict[str, float]:
    """Return how many test calls are judged as labelled.

    ``… named`` is the share of complaints with a label of the kind for which one is found, and the kind
    itself the share of right ones among those.
    """
    rng = random.Random(7)
    counts: dict[str, list[bool]] = {}
    for dialogue in DIALOGUES:
        assessment = assess(
            transcript(*(line[:2] + misheard(line[2:], error_rate, rng) for line in dialogue["lines"]))
        )
        judged = labels(assessment)
        met = {hit.criterion for hit in assessment.criteria}
        counts.setdefault("criteria", []).append(met == set(dialogue["criteria"]))
        counts.setdefault("severity", []).append(judged["complaint"] == dialogue["severity"])
        for kind in ("cause", "responsible", "resolved"):
            if dialogue[kind] != "-":
                counts.setdefault(f"{kind} named", []).append(kind in judged)
                if kind in judged:
                    counts.setdefault(kind, []).append(judged[kind] == dialogue[kind])
    return {name: float(np.mean(values)) for name, values in counts.items()}


@pytest.mark.parametrize("error_rate", [0.0, 0.1])
def test_calls_unlike_the_seed_are_judged_well_also_when_misheard(assess: Assess, error_rate: float) -> None:
    right = shares(assess, error_rate)

    assert right["criteria"] >= 0.85
    assert right["severity"] >= 0.75
    assert right["cause"] >= 0.8
    assert right["cause named"] >= 0.55
    assert right["responsible"] >= 0.75
    assert right["responsible named"] >= 0.7
    assert right["resolved"] >= 0.8


def test_a_stored_assessor_judges_the_same(assess: Assess, assessor: ComplaintAssessor) -> None:
    stored = skops.io.loads(skops.io.dumps(assessor), trusted=list(TRUSTED))
    call = transcript(*COMPLAINT)

    def told(judge: ComplaintAssessor) -> list[tuple[str, str, float]]:
        findings = judge.assess(call, (0.9, 0.6, 0.1), lambda target, sign: ()).findings
        return [(finding.kind, finding.label, finding.probability) for finding in findings]

    assert told(stored) == told(assessor)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from("cas"), st.text(st.characters(codec="utf-8"), max_size=40)), max_size=5
    ),
    st.booleans(),
)
def test_any_text_is_judged(assess: Assess, lines: list[tuple[str, str]], roles_known: bool) -> None:
    call = transcript(*(f"{role}:{text}" for role, text in lines), roles_known=roles_known)

    check(assess(call), call)


def test_a_very_long_utterance_is_judged(assessor: ComplaintAssessor) -> None:
    call = transcript("c:" + "我要退三千块但是你们一直不给退😡abc 123 再不退就打12315 " * 2500)

    assessment = assessor.assess(call, (0.9, 0.6, 0.1), lambda target, sign: (), model="test")

    check(assessment, call)
    assert {hit.criterion for hit in assessment.criteria} >= {"regulator", "amount"}


def test_without_a_file_of_the_centres_all_is_as_shipped(assessor: ComplaintAssessor) -> None:
    assert assessor.rulings == SHIPPED


def test_causes_are_named_in_the_centres_words_or_never(judge: Judge, tmp_path: Path) -> None:
    said = transcript("c:你们太过分了我要投诉柜子里没有", "a:非常抱歉", "c:快递一直没送到我要投诉")
    path = tmp_path / "criteria.yaml"
    path.write_text("causes:\n  waiting: {add: [柜子里没有]}\n  delivery: {off: true}\n", "utf-8")
    own = read_rulings(path)

    before = {each.label for each in judge.assess_complaint(said).findings if each.kind == "cause"}
    judge.assessor.rulings = own
    try:
        first, *others = (each for each in judge.assess_complaint(said).findings if each.kind == "cause")
    finally:
        judge.assessor.rulings = SHIPPED

    assert "delivery" in before and "waiting" not in before
    assert (first.label, first.evidence[0].text) == ("waiting", "柜子里没有")
    assert first.probability == pytest.approx(0.9)
    assert "delivery" not in {each.label for each in others}
    assert first.model == f"{judge.version}+criteria-{own.version}"
