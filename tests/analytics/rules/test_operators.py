"""Every operator, as a table: what is said, the condition, what it finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from analytics.rules.subject import Subject
from calls.records import CallEvent, Direction, EventKind, Evidence, Finding, Outcome
from tests.analytics.rules.calls import START, a_call, checked, outcome, said

pytestmark = pytest.mark.unit

Row = tuple[dict[str, Any], str | list[str]]

GREETED = ("a 您好，话务公司，很高兴为您服务", "c 我要投诉你们", "a 非常抱歉", "c 我要头宿", "a 再见")


def found(condition: dict[str, Any], *lines: str, **known: Any) -> str | list[str]:
    return outcome(checked(Subject(transcript=said(*lines), **known), it=condition))


@pytest.mark.parametrize(
    ("keywords", "finds"),
    [
        (["您好", "你好"], ["您好"]),
        (["投诉"], ["投诉", "头宿"]),
        ({"any": ["投诉"], "unless": ["我要投诉"]}, "no"),
        ({"any": ["投诉"], "unless": ["不投诉"]}, ["投诉", "头宿"]),
        ({"all": ["您好", "再见"]}, ["您好", "再见"]),
        ({"all": ["您好", "谢谢"]}, "no"),
        ({"all": [["谢谢", "抱歉"], "再见"]}, ["抱歉", "再见"]),
        ({"all": ["您好", "再见"], "together": True}, "no"),
        ({"all": ["您好", "服务"], "together": True}, ["您好", "服务"]),
        ({"of": ["您好", "谢谢", "再见"], "at_least": 2}, ["您好", "再见"]),
        ({"of": ["您好", "谢谢", "再见"], "at_least": 3}, "no"),
        ({"of": [["您好", "话务公司"], "谢谢"], "at_least": 2}, "no"),
        ({"none": ["再见"]}, "no"),
        ({"none": ["滚"]}, []),
        (["话务", "话务公司"], ["话务公司"]),
        (["好"], ["好"]),
        (["号"], "no"),
    ],
    ids=str,
)
def test_keywords(keywords: Any, finds: str | list[str]) -> None:
    assert found({"keywords": keywords}, *GREETED) == finds


@pytest.mark.parametrize(
    ("sounding", "finds"),
    [("literal", "no"), ("exact", ["人宫"]), ("near", ["人宫"])],
)
def test_keywords_by_sound(sounding: str, finds: str | list[str]) -> None:
    assert found({"keywords": ["人工"], "sounding": sounding}, "c 转人宫") == finds


def test_keywords_so_many_times() -> None:
    thanks = {"keywords": ["谢谢"], "times": 3}

    assert found(thanks, "c 谢谢您", "a 不用谢", "c 谢谢", "c 好的谢谢") == ["谢谢", "谢谢", "谢谢"]
    assert found(thanks, "c 谢谢您", "c 谢谢") == "no"


@pytest.mark.parametrize(
    ("said_", "threshold", "finds"),
    [
        ("请问有什么可以帮您", 0.8, ["请问有什么可以帮您"]),
        ("请问有神么可以帮您", 0.8, ["请问有神么可以帮您"]),
        ("请问有什么可以帮助您的", 0.8, ["请问有什么可以帮助您的"]),
        ("您好这里是话务公司请问有什么可以帮您", 0.8, ["请问有什么可以帮您"]),
        ("您要办什么业务", 0.8, "no"),
        ("请问您有什么事", 0.8, "no"),
        ("请问您有什么事", 0.4, ["请问您有什么事"]),
        ("", 0.8, "no"),
    ],
)
def test_similarity_to_sample_sentences(said_: str, threshold: float, finds: str | list[str]) -> None:
    samples = ["请问有什么可以帮您", "有什么能为您效劳"]

    assert found({"similar": {"to": samples, "threshold": threshold}}, f"a {said_}") == finds


@pytest.mark.parametrize(
    ("pattern", "finds"),
    [
        ("[一二三四五六七八九十]+块", ["三十块", "五块"]),
        ({"match": "[一二三四五六七八九十]+块", "unless": "三十块钱"}, ["五块"]),
        ("app", ["APP"]),
        ("^三", "no"),
    ],
)
def test_regular_expressions(pattern: Any, finds: str | list[str]) -> None:
    assert found({"pattern": pattern}, "c 多了三十块钱还有五块", "c 在APP上交的") == finds


def test_a_regular_expression_that_takes_too_long_is_not_available() -> None:
    result = found({"pattern": "(a|aa)+$"}, "c " + "a" * 4000 + "b")

    assert result == "it: '(a|aa)+$' takes more than 0.05 s on one utterance"


ASKED = (
    "c 我的快递到哪里了",
    "a 您稍等",
    "c 好",
    "c 我问你我的快递到哪里了",
    "c 好",
    "c 那我的快递到哪里了呀",
)


@pytest.mark.parametrize(
    ("repetition", "finds"),
    [
        ({}, [ASKED[3][2:], ASKED[5][2:]]),
        ({"repeats": 2}, [ASKED[5][2:]]),
        ({"repeats": 3}, "no"),
        ({"back": 1}, "no"),
        ({"back": 2}, [ASKED[3][2:], ASKED[5][2:]]),
        ({"back": 3, "repeats": 2}, "no"),
        ({"similarity": 0.99}, "no"),
        ({"min_characters": 9}, [ASKED[5][2:]]),
        ({"min_characters": 1, "similarity": 0.99}, ["好"]),
        ({"unless": ["快递"]}, "no"),
        ({"unless": ["我问你"]}, [ASKED[5][2:]]),
    ],
    ids=str,
)
def test_repetition(repetition: dict[str, Any], finds: str | list[str]) -> None:
    assert found({"repetition": repetition, "role": "caller"}, *ASKED) == finds


def times(condition: dict[str, Any], *lines: str, **known: Any) -> str | list[tuple[float, float]]:
    result = checked(Subject(transcript=said(*lines), **known), it=condition)
    return (
        [(each.start, each.end) for each in result.evidence]
        if result.verdict == "passed"
        else outcome(result)
    )


PAUSES = ("s 0-4 欢迎", "c 5-6 你好", "a 9-10 您好", "a 12.5-13 请讲", "c 20-21 我要查话费")


@pytest.mark.parametrize(
    ("condition", "finds"),
    [
        ({"silence": {"longer_than": 2}}, [(6, 9), (10, 12.5), (13, 20)]),
        ({"silence": {"longer_than": 2, "shorter_than": 7}}, [(6, 9), (10, 12.5)]),
        ({"silence": {"longer_than": 2}, "role": "agent"}, [(6, 9), (10, 12.5)]),
        ({"silence": {"longer_than": 2, "between": "same"}}, [(10, 12.5)]),
        ({"silence": {"longer_than": 2, "between": "different"}}, [(6, 9), (13, 20)]),
        ({"silence": {"longer_than": 2, "between": "different"}, "role": "caller"}, [(13, 20)]),
        ({"silence": {"longer_than": 7}}, "no"),
        ({"silence": {"longer_than": 2}, "times": 4}, "no"),
        ({"silence": {"shorter_than": 1.5}}, [(4, 5)]),
    ],
    ids=str,
)
def test_silence(condition: dict[str, Any], finds: Any) -> None:
    assert times(condition, *PAUSES) == finds


def test_a_silence_is_between_who_spoke_last_and_who_speaks_next() -> None:
    lines = ("c 0-9 我说了很久", "a 2-3 嗯", "c 14-15 还有")

    assert times({"silence": {"longer_than": 2, "between": "same"}}, *lines) == [(9, 14)]


def test_a_hold_is_no_silence() -> None:
    events = [
        CallEvent(call_id="call", at=14, kind=EventKind.HOLD, data={"by": "agent", "on": True}),
        CallEvent(call_id="call", at=19.5, kind=EventKind.HOLD, data={"by": "agent", "on": False}),
    ]

    assert times({"silence": {"longer_than": 2}}, *PAUSES, events=events) == [(6, 9), (10, 12.5)]


SPOKEN = (
    "a 0-2 这里有十个汉字要说完",
    "a 3-4 这里有十个汉字要说完",
    "a 5-5.1 好",
    "c 6-16 这里有十个汉字要说完",
)


@pytest.mark.parametrize(
    ("condition", "finds"),
    [
        ({"speed": {"faster_than": 299}}, [(0, 2), (3, 4)]),
        ({"speed": {"faster_than": 330}}, [(3, 4)]),
        ({"speed": {"slower_than": 100}}, [(6, 16)]),
        ({"speed": {"faster_than": 500, "min_characters": 1}}, [(3, 4), (5, 5.1)]),
        ({"speed": {"faster_than": 399, "per": "call"}, "role": "agent"}, [(0, 2), (3, 4)]),
        ({"speed": {"faster_than": 500, "per": "call"}, "role": "agent"}, "no"),
        ({"speed": {"faster_than": 100, "slower_than": 200, "per": "call"}}, [(0, 2), (3, 4), (6, 16)]),
        ({"speed": {"faster_than": 100, "per": "call"}, "range": [9, 9]}, "no"),
    ],
    ids=str,
)
def test_speed(condition: dict[str, Any], finds: Any) -> None:
    assert times(condition, *SPOKEN) == finds


@pytest.mark.parametrize(
    ("condition", "finds"),
    [
        ({"interruption": {}}, [(3, 4.5), (12, 13.5)]),
        ({"interruption": {}, "role": "agent"}, [(3, 4.5)]),
        ({"interruption": {"delay": 1.5}}, "no"),
        ({"interruption": {"delay": 0.5}}, [(3, 4.5), (7, 7.8), (12, 13.5)]),
        ({"interruption": {}, "times": 3}, "no"),
    ],
    ids=str,
)
def test_interruption(condition: dict[str, Any], finds: Any) -> None:
    lines = (
        "c 0-4.5 我要",
        "a 3-6 您先听我说",
        "a 6.5-7.8 好",
        "c 7-9 你听",
        "a 10-13.5 规定",
        "c 12-14 不行",
    )

    assert times(condition, *lines) == finds


@pytest.mark.parametrize(
    ("energy", "finds"),
    [
        ({"louder_than": -16}, ["你们太过分了"]),
        ({"quieter_than": -35}, ["嗯好吧"]),
        ({"above_mean": 6}, ["你们太过分了"]),
        ({"above_mean": 20}, "no"),
    ],
    ids=str,
)
def test_energy(energy: dict[str, Any], finds: Any) -> None:
    lines = ("c 我问一下", "a 您请讲", "c 你们太过分了", "c 嗯好吧", "a 好的")

    assert found({"energy": energy}, *lines, levels=(-25.0, -20.0, -15.0, -40.0, None)) == finds
    assert found({"energy": energy}, *lines) == "it: the loudness of the utterances was not measured"


@pytest.mark.parametrize(
    ("kind", "text", "finds"),
    [
        ("phone", "我的电话是幺三八，一二三四五六七八", ["幺三八，一二三四五六七八"]),
        ("phone", "打010-62345678或者４００１２３４５６７", ["010-62345678", "４００１２３４５６７"]),
        ("phone", "一三八一二三四", "no"),
        ("id_card", "三二零一零二一九八零零一零一一二三四", ["三二零一零二一九八零零一零一一二三四"]),
        ("id_card", "11010119900307123X", ["11010119900307123X"]),
        ("id_card", "六二二二零二一二三四五六七八九零一二", "no"),
        ("bank_card", "6222 0212 3456 7890 123", ["6222 0212 3456 7890 123"]),
        ("bank_card", "三二零一零二一九八零零一零一一二三四", "no"),
        ("number", "单号八八六六七七", ["八八六六七七"]),
        ("number", "八八六六", "no"),
        ("amount", "多扣了三十块钱和一百二十八点五元", ["三十块钱", "一百二十八点五元"]),
        ("amount", "我们一块去", "no"),
        ("date", "三月五号或者明天", ["三月五号", "明天"]),
        ("date", "星期一", ["星期一"]),
        ("date", "三个人", "no"),
        ("time", "下午三点半", ["下午三点半"]),
        ("time", "有一点贵", "no"),
        ("percent", "百分之二十和5%", ["百分之二十", "5%"]),
        ("email", "发到a.b@example.com吧", ["a.b@example.com"]),
        ("plate", "车牌粤B12345", ["粤B12345"]),
        ("name", "我叫张伟", ["我叫张伟"]),
        ("name", "我叫什么", "no"),
        ("address", "住杭州市西湖区", ["住杭州市西湖区"]),
    ],
)
def test_entities(kind: str, text: str, finds: str | list[str]) -> None:
    assert found({"entity": kind}, f"c {text}") == finds


def test_several_kinds_of_entity() -> None:
    assert found({"entity": ["date", "amount"]}, "c 明天扣三十块钱") == ["明天", "三十块钱"]


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"utterances": {"more_than": 4}}, True),
        ({"utterances": {"more_than": 5}}, False),
        ({"utterances": {"more_than": 2}, "role": "agent"}, True),
        ({"utterances": {"fewer_than": 3}, "role": "caller"}, True),
        ({"utterances": {"more_than": 0}, "role": "system"}, False),
        ({"length": {"longer_than": 59}}, True),
        ({"length": {"longer_than": 60}}, False),
        ({"length": {"longer_than": 30, "shorter_than": 61}}, True),
        ({"hang_up": {"by": "caller"}}, True),
        ({"hang_up": {"by": "agent"}}, False),
        ({"hang_up": {"abnormal": False}}, True),
        ({"hang_up": {"by": "caller", "abnormal": True}}, False),
        ({"attribute": {"door": "sip"}}, True),
        ({"attribute": {"door": ["web", "mic"]}}, False),
        ({"attribute": {"queue": ["bills", "repair"], "agent": "1001"}}, True),
        ({"attribute": {"direction": "outbound"}}, False),
        ({"attribute": {"outcome": ["handed-off", "voicemail"]}}, True),
        ({"attribute": {"team": "一组"}}, True),
        ({"attribute": {"colour": "red"}}, "it: colour is not known"),
        ({"attribute": {"colour": "red", "door": "web"}}, False),
        ({"answer": {"later_than": 3}, "role": "agent"}, False),
        ({"answer": {"later_than": 2}, "role": "caller"}, True),
        ({"finding": {"kind": "topic", "label": "billing"}}, True),
        ({"finding": {"kind": "topic", "label": ["repair"]}}, False),
        ({"finding": {"kind": "topic", "label": "billing", "probability": 0.9}}, False),
    ],
    ids=str,
)
def test_the_call_as_a_whole(condition: dict[str, Any], met: bool | str) -> None:
    evidence = Evidence(utterance=1, start=3, end=5, text="投诉", span=(2, 4))
    subject = Subject(
        transcript=said(*GREETED),
        call=a_call(60, queue_id="bills", agent_id="1001"),
        findings=[
            Finding(call_id="call", kind="topic", label="billing", probability=0.8, evidence=(evidence,))
        ],
        attributes={"team": "一组"},
    )
    result = checked(subject, it=condition)

    assert (outcome(result) if isinstance(met, str) else result.verdict == "passed") == met


def test_a_finding_brings_its_evidence() -> None:
    evidence = Evidence(utterance=1, start=3, end=5, text="投诉", span=(2, 4))
    finding = Finding(
        call_id="call", kind="abuse", label="strong-negative", probability=1, evidence=(evidence,)
    )
    wanted = {"finding": {"kind": "abuse", "label": "strong-negative"}}

    result = checked(Subject(transcript=said(*GREETED), findings=[finding]), it=wanted)

    assert result.evidence == (evidence,)


@pytest.mark.parametrize(
    ("cause", "outcome_", "by", "abnormal"),
    [
        ("caller", Outcome.HANDED_OFF, "caller", False),
        ("agent", Outcome.HANDED_OFF, "agent", False),
        ("completed", Outcome.CONTAINED, "system", False),
        ("no-input", Outcome.FAILED, "system", True),
        ("media-died", Outcome.INTERRUPTED, "system", True),
    ],
)
def test_who_hung_up(cause: str, outcome_: Outcome, by: str, abnormal: bool) -> None:
    call = a_call(hangup_cause=cause, outcome=outcome_)
    subject = Subject(transcript=said(*GREETED), call=call)

    assert checked(subject, it={"hang_up": {"by": by, "abnormal": abnormal}}).verdict == "passed"


def test_the_first_word_is_counted_from_when_the_agent_was_connected() -> None:
    lines = ("s 0-20 请稍候", "a 31-33 您好", "c 34-35 你好")
    late = {"answer": {"later_than": 5}, "role": "agent"}
    connected = CallEvent(call_id="call", at=24.0, kind=EventKind.CONNECT)

    assert times(late, *lines) == [(0, 31)]
    assert times(late, *lines, events=[connected]) == [(24, 31)]
    assert times({"answer": {"later_than": 8}, "role": "agent"}, *lines, events=[connected]) == "no"


def test_what_is_not_known_is_not_available() -> None:
    alone = Subject(transcript=said(*GREETED))
    running = Subject(
        transcript=said(*GREETED), call=a_call(direction=Direction.INBOUND, hangup_cause="", outcome=None)
    )
    running = replace(running, call=replace(running.call, ended_at=None))  # type: ignore[type-var]

    assert outcome(checked(alone, it={"hang_up": {"by": "caller"}})) == (
        "it: nothing but the transcript is known of the call"
    )
    assert outcome(checked(running, it={"hang_up": {"by": "caller"}})) == "it: the call has not ended"
    assert outcome(checked(alone, it={"attribute": {"queue": "bills"}})) == "it: queue is not known"
    assert outcome(checked(alone, it={"finding": {"kind": "topic", "label": "x"}})) == (
        "it: no model has judged the call"
    )
    assert checked(alone, it={"length": {"longer_than": 10}}).verdict == "passed"
    assert START + timedelta(seconds=60) == a_call(60).ended_at


TIMED: list[dict[str, Any]] = [
    {"silence": {"longer_than": 2}},
    {"speed": {"faster_than": 100}},
    {"interruption": {}},
    {"answer": {"later_than": 1}},
    {"length": {"longer_than": 1}},
]


@pytest.mark.parametrize("condition", TIMED, ids=str)
def test_a_written_dialogue_has_no_times(condition: dict[str, Any]) -> None:
    subject = Subject(transcript=said(*GREETED, written=True))

    assert outcome(checked(subject, it=condition)) == "it: the text has no times"
