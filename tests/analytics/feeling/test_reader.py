"""What the lexicon reads in a text, rule by rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.feeling.reader import plain, read

pytestmark = pytest.mark.unit

#: Text, and each polar word in it with its worth.
RULES = {
    "praise": ("这家好吃", {"好吃": 2.0}),
    "blame": ("这家难吃", {"难吃": -2.0}),
    "degree": ("网速特别稳", {"稳": 3.0}),
    "weak degree": ("味道比较淡", {"淡": -0.75}),
    "suffix": ("真心麻烦得要命", {"麻烦": -1.4}),
    "negated praise": ("并不舒心", {"舒心": -1.8}),
    "negated blame": ("并不难吃", {"难吃": 1.0}),
    "negated twice": ("不是不好吃", {"不好吃": 1.0}),
    "negation ends at a comma": ("没有，很满意", {"很满意": 3.0}),
    "negation does not reach far": ("没有人会反对他们是实惠", {"实惠": 2.0}),
    "a word inside a neutral one": ("好的你好我要银行卡的快递单号", {}),
    "fast delivery": ("送货真的快", {"快": 2.5}),
    "high price": ("价格有点高", {"高": -1.5}),
    "high quality": ("质量高", {"高": 2.0}),
    "big noise": ("脾气很大", {"大": -2.5}),
    "small portion": ("米饭少", {"少": -2.0}),
    "wish": ("希望下次能做得美味", {"美味": -0.4}),
    "question": ("好吃吗", {}),
    "asked praise": ("那个美味吗", {"美味": 0.5}),
    "abuse": ("你这个王八蛋", {"王八蛋": -4.0}),
    "threat": ("我要投诉", {"我要投诉": -3.0}),
    "full width and capitals": ("服务好，ＯＫ", {"服务好": 2.0}),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_of_reading(rule: str) -> None:
    text, expected = RULES[rule]

    found = {text[pull.start : pull.end]: pull.value for pull in read(text).pulls}

    assert found == pytest.approx(expected)


def test_what_stands_after_a_contrast_is_known() -> None:
    reading = read("味道好，但是分量少")

    assert [pull.value > 0 for pull in reading.pulls] == [True, False]
    assert reading.turn == 1


def test_wishes_questions_and_exclamations_are_counted() -> None:
    reading = read("希望快点！怎么查？！")

    assert (reading.wishes, reading.exclamations, reading.length) == (1, 2, 10)
    assert reading.questions >= 1


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    reading = read(text)

    assert len(plain(text)) == len(text) == reading.length
    ends = [0, *(pull.end for pull in reading.pulls)]
    for before, pull in zip(ends, reading.pulls, strict=False):
        assert before <= pull.start < pull.end <= len(text)
        assert pull.value != 0
