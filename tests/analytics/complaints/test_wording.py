"""Patterns found by characters and by sounds."""

from __future__ import annotations

import pytest

from analytics.calltext import turns_of
from analytics.complaints.speech import Place, Speech
from analytics.complaints.wording import Wording, wording
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.unit


def found(pattern: str, *lines: str) -> list[Place]:
    speech = Speech(tuple(turns_of(transcript(*(f"c:{line}" for line in lines)))))
    return list(Wording(pattern).find(speech))


def test_a_place_is_a_turn_and_a_span_of_it() -> None:
    assert found("律师函", "你好", "等着收律师函吧") == [Place(1, 3, 6)]


def test_what_sounds_the_same_is_found() -> None:
    assert found("律师函", "等着收律是涵吧") == [Place(0, 3, 6)]


def test_not_where_it_is_to_be_literal_or_short() -> None:
    assert found("=律师函", "等着收律是涵吧") == []
    assert found("受伤", "在手上") == []
    assert found("~起诉", "我要启诉") == [Place(0, 2, 4)]


def test_numerals_are_only_themselves() -> None:
    assert found("打[三九]通", "一打就通") == []
    assert found("打[三九]通", "打九通") == [Place(0, 0, 3)]


def test_no_pattern_reaches_into_the_next_turn() -> None:
    assert found("去.{0,4}法院", "我要去", "法院") == []


@pytest.mark.parametrize("name", ["regulator", "media", "law", "repeated", "group", "safety", "theft"])
def test_the_wordings_are_regular_expressions(name: str) -> None:
    assert wording(name) is wording(name)
