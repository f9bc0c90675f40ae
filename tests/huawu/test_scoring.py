from __future__ import annotations

from collections import Counter

import pytest

from calls.records import Finding, Role, Transcript, Utterance
from huawu.scoring import CallScore, DemoScore, Verdict, score_call
from ivr.call import PlayedCall
from ivr.doors.timeline import SpokenLine
from ivr.script import Scenario, load_scenarios
from speech.resources import resource

pytestmark = pytest.mark.unit

SCENARIOS = {each.id: each for each in load_scenarios(resource("prompts", "scenarios"))}
REFUND = next(each for each in SCENARIOS.values() if each.truth.topics == ("refund",) and each.heldout)
SILENT = next(each for each in SCENARIOS.values() if not each.truth.topics)


def heard(*lines: tuple[Role, float, str]) -> Transcript:
    said = tuple(
        Utterance(number=number, role=role, start=start, end=start + 2, text=text)
        for number, (role, start, text) in enumerate(lines)
    )
    return Transcript(call_id="c", recogniser="vosk", model="m", utterances=said)


def found(kind: str, label: str, probability: float = 0.9) -> Finding:
    return Finding(call_id="c", kind=kind, label=label, probability=probability)


def score(scenario: Scenario, transcript: Transcript, *findings: Finding, cut: bool = False) -> CallScore:
    spoken = (
        SpokenLine(Role.SYSTEM, "您好，欢迎致电", 0.0, 3.0),
        SpokenLine(Role.CALLER, "我要退3双鞋", 4.0, 6.0),
        SpokenLine(Role.AGENT, "好的", 7.0, 9.0, cut=cut),
    )
    return score_call(scenario, PlayedCall("c", spoken), transcript, list(findings))


def test_errors_count_what_the_parties_said_and_not_the_menu() -> None:
    transcript = heard(
        (Role.SYSTEM, 0, "什么也没听对"), (Role.CALLER, 4, "我要退三双写"), (Role.AGENT, 7, "好的")
    )

    errors = score(REFUND, transcript).errors

    assert (errors.hits, errors.substitutions, errors.deletions, errors.insertions) == (7, 1, 0, 0)


def test_a_line_that_was_cut_off_does_not_count() -> None:
    transcript = heard((Role.CALLER, 4, "我要退三双鞋"), (Role.AGENT, 7, "好"))

    errors = score(REFUND, transcript, cut=True).errors

    assert (errors.reference_length, errors.errors) == (6, 0)


def test_the_most_probable_finding_of_a_kind_counts() -> None:
    scored = score(
        REFUND,
        heard(),
        found("topic", "billing", 0.2),
        found("topic", "refund", 0.6),
        found("complaint", "none"),
        found("sentiment", "positive"),
    )

    assert scored.topic == Verdict("refund", "refund")
    assert scored.complaint == Verdict(REFUND.truth.complaint, "none")
    assert scored.sentiment == Verdict(REFUND.truth.sentiment, "positive")


def test_where_nothing_is_said_there_is_no_topic_to_find() -> None:
    assert score(SILENT, heard()).topic.right
    assert not score(SILENT, heard(), found("topic", "billing")).topic.right


def test_all_calls_together() -> None:
    good = score(REFUND, heard((Role.CALLER, 4, "我要退三双鞋"), (Role.AGENT, 7, "好的")))
    bad = score(
        SILENT, heard((Role.CALLER, 4, "我要退三双"), (Role.AGENT, 7, "好的")), found("topic", "device")
    )
    together = DemoScore([good, bad])

    assert together.error_rate() == pytest.approx(1 / 16)
    assert together.error_rate(heldout=True) == (0.0 if not SILENT.heldout else pytest.approx(1 / 16))
    assert DemoScore().error_rate() is None
    assert together.agreement("topic") == (0, 2)
    assert together.confusion() == Counter(
        [(REFUND.truth.complaint, "none"), (SILENT.truth.complaint, "none")]
    )
