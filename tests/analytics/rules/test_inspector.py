"""Where a condition looks, how conditions combine, and what a rule cites."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.rules.inspector import RuleInspector, Verdict
from analytics.rules.loading import load_rules, shipped_path
from analytics.rules.subject import Subject
from calls.records import Evidence, Role, Transcript, Utterance, Word
from tests.analytics.rules.calls import a_call, checked, outcome, rules_of, said, verdicts

pytestmark = pytest.mark.unit

TALK = (
    "s 欢迎致电请说一号",
    "a 一号您好",
    "c 我说一号",
    "a 请问是一号吗",
    "c 是一号",
    "a 好的一号",
)


@pytest.mark.parametrize(
    ("where", "finds"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"role": "agent"}, [1, 3, 5]),
        ({"role": "caller"}, [2, 4]),
        ({"role": "system"}, [0]),
        ({"first": 1}, [1]),
        ({"role": "caller", "first": 1}, [2]),
        ({"role": "agent", "last": 2}, [3, 5]),
        ({"range": [2, 3]}, [2, 3]),
        ({"role": "agent", "range": [2, 2]}, [3]),
        ({"role": "agent", "range": [4, 9]}, "no"),
        ({"times": 5}, [1, 2, 3, 4, 5]),
        ({"times": 6}, "no"),
        ({"role": "agent", "times": 4}, "no"),
    ],
    ids=str,
)
def test_role_range_and_times(where: dict[str, Any], finds: Any) -> None:
    result = checked(Subject(transcript=said(*TALK)), it={"keywords": ["一号"], **where})

    assert ([each.utterance for each in result.evidence] if result.verdict == "passed" else "no") == finds


ORDER = ("a 请稍等", "c 好", "a 请稍等久等了", "c 没事", "a 久等了请稍等", "c 嗯", "a 久等了")


@pytest.mark.parametrize(
    ("anchor", "finds"),
    [
        ({}, [2, 4, 6]),
        ({"side": "after", "hit": 2}, [2, 4, 6]),
        ({"side": "after", "hit": 3}, [6]),
        ({"side": "after", "hit": -1}, [6]),
        ({"side": "after", "hit": 4}, "no"),
        ({"side": "before", "hit": 3}, [2, 4]),
        ({"side": "before", "hit": 1}, "no"),
        ({"side": "around", "hit": 2, "utterances": 2}, [2, 4]),
        ({"side": "same", "hit": 2}, [2]),
        ({"side": "same", "hit": 1}, "no"),
        ({"side": "after", "utterances": 2}, [2]),
        ({"side": "after", "seconds": 4}, [2]),
        ({"side": "after", "seconds": 3.5}, "no"),
        ({"side": "before", "hit": -1, "seconds": 5}, [2, 4]),
    ],
    ids=str,
)
def test_anchors(anchor: dict[str, Any], finds: Any) -> None:
    waits = {"keywords": ["请稍等"]}
    thanks = {"keywords": ["久等了"], "anchor": {"to": "waits", **anchor}}

    result = checked(Subject(transcript=said(*ORDER)), waits=waits, it=thanks)

    assert ([each.utterance for each in result.evidence] if result.verdict == "passed" else "no") == finds


def test_an_anchor_may_be_anchored_and_be_a_silence() -> None:
    lines = ("c 0-1 查一下", "a 1-2 请稍等", "a 20-21 久等了", "c 21-22 嗯", "a 40-41 查到了")
    pause = {"silence": {"longer_than": 5}}
    thanks = {"keywords": ["久等了"], "anchor": {"to": "pause"}}
    after = {"keywords": ["查到了"], "anchor": {"to": "thanks"}}

    result = checked(Subject(transcript=said(*lines)), pause=pause, thanks=thanks, it=after)

    assert outcome(result) == ["查到了"]


def test_without_its_anchor_a_condition_is_not_met() -> None:
    known = {"a": {"keywords": ["没有这个"]}, "it": {"keywords": {"none": ["久等了"]}, "anchor": {"to": "a"}}}

    assert outcome(checked(Subject(transcript=said(*ORDER)), **known)) == "no"


def test_seconds_need_times() -> None:
    known = {
        "a": {"keywords": ["请稍等"]},
        "it": {"keywords": ["久等了"], "anchor": {"to": "a", "seconds": 3}},
    }
    subject = Subject(transcript=said(*ORDER, written=True))

    assert outcome(checked(subject, **known)) == "it: the text has no times"


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({"keywords": ["再见"]}, "passed"),
        ({"keywords": ["再见"], "role": "agent"}, "not-available"),
        ({"keywords": ["没说过"], "role": "agent"}, "failed"),
        ({"keywords": {"none": ["没说过"]}, "role": "agent"}, "passed"),
        ({"keywords": {"none": ["再见"]}, "role": "agent"}, "not-available"),
        ({"keywords": ["再见"], "role": "agent", "last": 2}, "not-available"),
        ({"keywords": ["你好"], "role": "system"}, "failed"),
        ({"utterances": {"more_than": 2}}, "passed"),
        ({"utterances": {"more_than": 2}, "role": "agent"}, "not-available"),
        ({"utterances": {"more_than": 3}, "role": "agent"}, "failed"),
        ({"utterances": {"fewer_than": 4}, "role": "agent"}, "passed"),
        ({"silence": {"longer_than": 0.5}}, "passed"),
        ({"silence": {"longer_than": 0.5}, "role": "agent"}, "not-available"),
        ({"silence": {"longer_than": 0.5, "between": "same"}}, "not-available"),
        ({"interruption": {}}, "not-available"),
        ({"speed": {"faster_than": 1}, "role": "agent"}, "not-available"),
        ({"repetition": {}}, "not-available"),
    ],
    ids=str,
)
def test_without_roles_only_what_does_not_depend_on_them_is_available(
    condition: dict[str, Any], verdict: str
) -> None:
    subject = Subject(transcript=said("u 你好吗", "u 我很好", "u 那么再见", roles_known=False))
    result = checked(subject, it=condition)

    assert result.verdict == verdict
    assert (result.reason == "it: it is not known who speaks: the recording is mono") == (
        verdict == "not-available"
    )


def test_some_roles_may_be_known() -> None:
    subject = Subject(transcript=said("a 您好", "u 再见"))

    assert checked(subject, it={"keywords": ["您好"], "role": "agent"}).verdict == "passed"
    assert checked(subject, it={"keywords": ["再见"], "role": "agent"}).verdict == "not-available"
    assert checked(subject, it={"keywords": ["您好"], "role": "caller"}).verdict == "failed"


RULES = """
    name: test
    conditions:
      spoke: {role: agent, utterances: {more_than: 0}}
      data: {role: agent, keywords: [余额是]}
    rules:
      greeting:
        conditions: {hello: {role: agent, first: 2, keywords: [您好]}}
        not_applicable: "!spoke"
      closing:
        conditions: {bye: {role: agent, last: 1, keywords: [再见]}}
        not_applicable: "!spoke"
      check:
        severity: fatal
        conditions:
          asked: {role: agent, keywords: [本人吗], anchor: {to: data, side: before}}
        when: asked
        not_applicable: "!data"
      rude:
        kind: forbidden
        conditions:
          1: {role: agent, keywords: [不知道]}
          2: {role: agent, keywords: [帮您问]}
        when: 1 && !2
      slow:
        kind: forbidden
        conditions: {pause: {silence: {longer_than: 5}}}
    """


def inspected(folder: Path, *lines: str, **how: bool) -> dict[str, Any]:
    return RuleInspector(rules_of(folder, RULES)).inspect(Subject(transcript=said(*lines, **how)))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("a 您好", "c 查余额", "a 是本人吗", "c 是", "a 您的余额是五十", "a 再见"),
            ("passed", "passed", "passed", "passed", "passed"),
        ),
        (
            ("c 查余额", "a 您的余额是五十", "a 是本人吗"),
            ("failed", "failed", "failed", "passed", "passed"),
        ),
        (
            ("a 您好", "a 不知道", "a 再见"),
            ("passed", "passed", "not-applicable", "failed", "passed"),
        ),
        (
            ("a 您好", "a 不知道", "a 我帮您问", "a 再见"),
            ("passed", "passed", "not-applicable", "passed", "passed"),
        ),
        (
            ("c 喂",),
            ("not-applicable", "not-applicable", "not-applicable", "passed", "passed"),
        ),
        (
            (),
            ("not-applicable", "not-applicable", "not-applicable", "passed", "not-available"),
        ),
    ],
)
def test_rules_required_and_forbidden(
    tmp_path: Path, lines: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    found = verdicts(inspected(tmp_path, *lines))

    assert found == dict(zip(("greeting", "closing", "check", "rude", "slow"), expected, strict=True))


def test_a_rule_cites_what_was_said_or_where_it_is_missing(tmp_path: Path) -> None:
    results = inspected(tmp_path, "c 查余额", "a 您的余额是五十", "a 不知道", "a 没了")

    assert {name: [each.text for each in result.evidence] for name, result in results.items()} == {
        "greeting": ["您的余额是五十"],
        "closing": ["没了"],
        "check": ["余额是"],
        "rude": ["不知道"],
        "slow": [],
    }


def test_a_forbidden_thing_that_may_not_apply_is_not_held_against_anybody(tmp_path: Path) -> None:
    results = inspected(tmp_path, "u 您好", "u 再见", roles_known=False)

    assert verdicts(results) == {
        "greeting": "not-available",
        "closing": "not-available",
        "check": "not-applicable",
        "rude": "passed",
        "slow": "passed",
    }
    assert results["greeting"].reason == (
        "hello: it is not known who speaks: the recording is mono; "
        "spoke: it is not known who speaks: the recording is mono"
    )


def test_evidence_is_when_the_words_were_said() -> None:
    words = (Word(text="我要", start=1.0, end=1.4), Word(text="投诉", start=1.4, end=2.0))
    utterance = Utterance(number=7, role=Role.CALLER, start=1.0, end=2.0, text="我要 投诉", words=words)
    transcript = Transcript(call_id="call", recogniser="t", model="t", utterances=(utterance,))

    result = checked(Subject(transcript=transcript), it={"keywords": ["投诉"]})

    assert result.evidence == (Evidence(utterance=7, start=1.4, end=2.0, text="投诉", span=(3, 5)),)


def test_evidence_is_limited_and_counted() -> None:
    result = checked(Subject(transcript=said(*["c 投诉"] * 50)), it={"keywords": ["投诉"]})

    assert (len(result.evidence), result.hits) == (20, 50)


def test_broken_rules_are_findings(tmp_path: Path) -> None:
    rules = rules_of(tmp_path, RULES)
    found = RuleInspector(rules).findings(Subject(transcript=said("a 喂", "c 查余额", "a 不知道")))

    assert [(each.kind, each.label, each.probability, each.model) for each in found] == [
        ("rule", "greeting", 1.0, f"test@{rules.version}"),
        ("rule", "closing", 1.0, f"test@{rules.version}"),
        ("rule", "rude", 1.0, f"test@{rules.version}"),
    ]
    assert [each.evidence[0].text for each in found] == ["喂", "不知道", "不知道"]


ODD = st.one_of(
    st.text(max_size=40),
    st.text(alphabet="您好再见投诉余额是保证😡aZ 0一\n\x00\u200d", max_size=40),
    st.sampled_from(
        ["您好" * 3000, "a" * 100_000, "一" * 100_000, "", "😡" * 50, "\ud800", "我们　说ＡＢ１２"]
    ),
)
LINES = st.lists(st.tuples(st.sampled_from([*Role]), ODD, st.floats(allow_nan=True), st.floats()), max_size=8)


@settings(max_examples=60, deadline=None)
@given(LINES, st.booleans())
def test_any_transcript_can_be_inspected_and_what_is_broken_has_evidence(
    lines: list[tuple[Role, str, float, float]], roles_known: bool
) -> None:
    utterances = tuple(
        Utterance(number=number, role=role, start=start, end=end, text=text)
        for number, (role, text, start, end) in enumerate(lines)
    )
    transcript = Transcript(
        call_id="call", recogniser="t", model="t", utterances=utterances, roles_known=roles_known
    )
    inspector = _service()
    subject = Subject(transcript=transcript, call=a_call())

    for result in inspector.inspect(subject).values():
        assert all(0 <= each.utterance < len(utterances) for each in result.evidence)
        if result.verdict is Verdict.FAILED and utterances:
            assert result.evidence
        assert bool(result.reason) == (result.verdict is Verdict.NOT_AVAILABLE)
    assert all(finding.evidence for finding in inspector.findings(subject))


@cache
def _service() -> RuleInspector:
    return RuleInspector(load_rules(shipped_path()))
