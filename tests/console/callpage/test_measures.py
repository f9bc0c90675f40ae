from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from analytics.conversation.definitions import FEATURES
from calls.records import CallMetrics, Role
from console.callpage.measures import FIRST, Measure, feelings, measures, written
from console.wording.measures import DEFINED

pytestmark = pytest.mark.unit


@pytest.fixture
def chinese() -> Iterator[None]:
    with Flask(__name__).test_request_context("/"):
        yield


@pytest.fixture
def english() -> Iterator[None]:
    with Flask(__name__).test_request_context("/?lang=en"):
        yield


def test_values_have_units_and_what_is_not_available_says_why(chinese: None) -> None:
    found = measures(
        CallMetrics(
            call_id="c",
            values={"agent_talk_share": 0.254, "hold_seconds": None},
            unavailable={"hold_seconds": "no events of the call were given"},
        )
    )

    by_name = {each.name: each for group in found.groups for each in group.measures}
    assert list(by_name) == list(FEATURES)
    assert by_name["agent_talk_share"] == Measure(
        "agent_talk_share",
        "坐席说话占比",
        "25%",
        "坐席说话时长 ÷ 对话时长；双方占比相加再减去重叠占比，等于说话占比。",
    )
    assert by_name["hold_seconds"].value == ""
    assert by_name["hold_seconds"].because == "没有这通电话的事件记录"
    assert by_name["turns_count"].because == "没有测量"
    assert [each.name for each in found.first] == ["agent_talk_share"]


def test_the_register_itself_is_quoted_in_english(english: None) -> None:
    found = measures(CallMetrics(call_id="c", values={}, unavailable={"talk_share": "nobody knows"}))

    measure = next(each for group in found.groups for each in group.measures if each.name == "talk_share")
    assert (measure.label, measure.definition, measure.because) == (
        "Talk, share",
        "talk_seconds / conversation_seconds.",
        "nobody knows",
    )


def test_every_feature_is_defined_in_chinese(chinese: None) -> None:
    found = measures(CallMetrics(call_id="c"))

    english = [each.name for group in found.groups for each in group.measures if each.definition.isascii()]
    assert english == []
    used = {name.replace("agent_", "each_").replace("caller_", "each_") for name in FEATURES} | set(FEATURES)
    assert set(DEFINED) - used == set()
    assert set(FIRST) <= set(FEATURES)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (6.94, "s", "6.9 秒"),
        (0.0, "count", "0 次"),
        (236.28, "characters/min", "236 字/分"),
        (-0.617, "dB", "-0.6 dB"),
        (-31.4, "dBov", "-31.4 dBov"),
        (1.212, "polarity", "+1.21"),
        (0.857, "share", "86%"),
        (1.0, "yes/no", "是"),
        (0.0, "yes/no", "否"),
    ],
)
def test_values_are_written_with_their_units(chinese: None, value: float, unit: str, shown: str) -> None:
    assert written(value, unit) == shown


def test_every_unit_of_the_register_can_be_written(english: None) -> None:
    assert all(written(1.0, feature.unit) for feature in FEATURES.values())


def test_feelings_are_dots_by_quarter_and_lines_that_stop_at_gaps() -> None:
    values = dict(zip((1, 2, 3, 4), (-1.0, 0.0, None, 5.0), strict=True))
    metrics = CallMetrics(
        call_id="c",
        values={f"caller_sentiment_quarter_{quarter}": value for quarter, value in values.items()},
    )

    (line,) = feelings(metrics)

    assert line.role is Role.CALLER
    assert line.dots == ((30.0, 64.0, 1, -1.0), (90.0, 36.0, 2, 0.0), (210.0, 8.0, 4, 5.0))
    assert line.lines == ("30,64 90,36", "210,8")


def test_without_measurements_nothing_is_felt() -> None:
    assert feelings(None) == feelings(CallMetrics(call_id="c")) == ()
