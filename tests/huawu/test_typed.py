from __future__ import annotations

import pytest

from huawu.typed import Act, TypedLine, joined, understood

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("line", "act"),
    [
        ("1", Act("press", "1")),
        ("138#", Act("press", "138#")),
        ("１＊＃", Act("press", "1*#")),
        ("查话费", Act("say", "查话费")),
        (" 138", Act("say", "138")),
        ("1楼", Act("say", "1楼")),
        ("", Act("silence")),
        ("  ", Act("silence")),
        ("q", Act("hang up")),
        ("Q", Act("hang up")),
        ("qq", Act("say", "qq")),
    ],
)
def test_what_a_line_means(line: str, act: Act) -> None:
    assert understood(line) == act


def typed(characters: str) -> tuple[list[Act], str]:
    line = TypedLine()
    acts = [line.feed(character) for character in characters]
    return [act for act in acts if act is not None], line.text


@pytest.mark.parametrize(
    ("characters", "acts", "left"),
    [
        ("1", [Act("press", "1")], ""),
        ("＃", [Act("press", "#")], ""),
        ("查话费\n", [Act("say", "查话费")], ""),
        ("去1楼\r", [Act("say", "去1楼")], ""),
        (" 12\r", [Act("say", "12")], ""),
        ("话f费\x7f\x7f", [], "话"),
        ("话\x7f1", [Act("press", "1")], ""),
        ("\b1", [Act("press", "1")], ""),
        ("话费\x151", [Act("press", "1")], ""),
        ("\r", [Act("silence")], ""),
        ("q", [], "q"),
        ("q\r", [Act("hang up")], ""),
        ("话\x04", [Act("hang up")], "话"),
        ("\x01\t", [], ""),
        ("㉑", [], "㉑"),
    ],
)
def test_keys_act_at_once_and_words_by_enter(characters: str, acts: list[Act], left: str) -> None:
    assert typed(characters) == (acts, left)


def test_keys_that_follow_each_other_are_one_act() -> None:
    acts = [Act("press", "1"), Act("press", "3"), Act("say", "好"), Act("say", "好"), Act("press", "8")]
    assert joined(acts) == [Act("press", "13"), Act("say", "好"), Act("say", "好"), Act("press", "8")]
