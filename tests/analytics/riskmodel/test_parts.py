"""The parts and the shape of a call."""

from __future__ import annotations

from math import log1p

import pytest

from analytics.riskmodel.parts import Stage, parts_of
from analytics.riskmodel.shape import COLUMNS, shape_in_words, shape_of
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit

ALL, LATER, LAST, FINAL = Stage.ALL, Stage.LATER, Stage.LAST, Stage.FINAL


def shape(*lines: str) -> dict[str, float]:
    names = (column.name for column in COLUMNS)
    return dict(zip(names, shape_of(parts_of(transcript(*lines))).tolist(), strict=True))


def test_utterances_of_one_role_in_a_row_are_a_turn() -> None:
    parts = parts_of(transcript("c:喂", "c:你好", "a:您好", "s:请按一", "a:请讲"))

    assert (parts.customer, parts.agent, parts.customer_ends) == (("喂 你好",), ("您好 请讲",), False)
    assert [part.utterance.number for part in parts.parts] == [0, 1, 2, 4]


def test_stages_of_a_short_call() -> None:
    parts = parts_of(transcript("c:一", "a:二", "c:三", "a:四", "c:五"))

    assert [part.stage for part in parts.parts] == [
        ALL,
        ALL,
        ALL | LATER,
        ALL | LATER | LAST,
        ALL | LATER | LAST | FINAL,
    ]


def test_in_a_long_call_the_last_quarter_is_last() -> None:
    parts = parts_of(transcript(*["c:问", "a:答"] * 8))

    customer = [part.stage for part in parts.parts if not part.agent]
    assert [LAST in stage for stage in customer] == [False] * 6 + [True] * 2
    assert [LATER in stage for stage in customer] == [False] * 2 + [True] * 6


def test_without_roles_all_are_the_customers() -> None:
    parts = parts_of(transcript("c:一", "a:二", "a:三"), roles=False)

    assert (parts.customer, parts.agent) == (("一", "二", "三"), ())


def test_shape_of_a_call() -> None:
    found = shape("c:为什么扣费", "a:请稍等请稍等", "c:扣费", "a:请稍等请稍等")

    assert {name for name, value in found.items() if name.startswith("turns") and value} == {"turns from 4"}
    assert found["customer ends"] == found["no agent"] == found["customer's final turn"] == 0.0
    assert found["customer's last turn"] == log1p(2)
    assert found["agent repeats"] == found["agent's template"] == 1.0
    assert found["customer's share"] == 7 / 19


def test_shape_of_a_call_that_nobody_answered() -> None:
    found = shape("c:有人吗")

    assert (found["customer ends"], found["no agent"], found["agent's text"]) == (1.0, 1.0, 0.0)
    assert shape_in_words(parts_of(transcript("c:有人吗")))["agent"] == "客服从未回复"


def test_silence_has_a_shape() -> None:
    assert shape_in_words(parts_of(transcript()))["ends"] == "无人发言"
    assert set(shape().values()) == {0.0, 1.0}


def test_every_group_has_words() -> None:
    assert set(shape_in_words(parts_of(transcript("c:喂")))) == {column.group for column in COLUMNS}
