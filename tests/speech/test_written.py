from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speech.numberforms import RULES, Rule
from speech.view import Edit, view_of
from speech.written import written
from tests.speech.said_and_written import Agreement, agreement, sentences

pytestmark = pytest.mark.unit

#: What rules look at, so that texts made of it meet as many of them as possible.
TELLING = (
    "零〇一二三四五六七八九十百千万亿两幺洞点分之年月日号时半刻块元毛角到至第几来多度级米个天次晚上周星期初"
)


def read(text: str) -> str:
    return view_of(text, written(text)).text


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.example[0])
def test_the_example_of_a_rule(rule: Rule) -> None:
    said, shown = rule.example

    assert read(said) == shown
    assert [edit.kind for edit in written(said)] == [rule.kind]


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        ("幺三八零零幺三八零零零", "phone", "13800138000"),
        ("退我三千五百块", "money", "3500"),
        ("十二块八毛五", "money", "12.85"),
        ("五毛钱", "money", "0.5"),
        ("三点五万元", "money", "35000"),
        ("三万五", "quantity", "35000"),
        ("二零二六年十一月二十八号", "date", "2026-11-28"),
        ("九八年三月", "date", "1998-03"),
        ("二十八号", "date", "--28"),
        ("下午三点半", "time", "15:30"),
        ("凌晨十二点", "time", "12:00"),
        ("十点一刻", "time", "10:15"),
        ("百分之十到二十", "percent", "10%-20%"),
        ("千分之六", "percent", "6‰"),
        ("三分之二", "fraction", "2/3"),
        ("零点零五", "decimal", "0.05"),
    ],
)
def test_values_do_not_depend_on_the_way_it_is_said(said: str, kind: str, value: str) -> None:
    assert [(edit.kind, edit.value) for edit in written(said)] == [(kind, value)]


def test_an_edit_tells_its_place() -> None:
    assert written("请在十一月二十八号下午三点半来") == [
        Edit(2, 9, "11月28号", "date", "11-28"),
        Edit(11, 14, "3:30", "time", "15:30"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        "有一点三心二意", "快一点", "三四百块", "二三十个", "几十块", "十几天", "三五年", "十来个",
        "大年三十", "正月十五", "周二", "星期一", "万一", "千万别", "十分感谢", "二百五", "一千零一夜",
        "一块儿去", "十万火急", "三七二十一", "一月之内", "百八十块", "三个", "两天", "一次",
    ],
)  # fmt: skip
def test_what_stays_as_it_was_said(said: str) -> None:
    assert read(said) == said


def test_figures_that_are_there_stay() -> None:
    assert read("已经付了3500元，13800138000") == "已经付了3500元，13800138000"


def test_the_sentences_that_the_rules_were_made_with() -> None:
    assert agreement("written-known.txt") == Agreement(45, (), ())


def test_the_sentences_that_they_were_not_made_with() -> None:
    unseen = agreement("written-unseen.txt")

    assert (unseen.right, len(unseen.wrong), len(unseen.wanting)) == (43, 1, 1)
    assert unseen.precision > 0.97
    assert unseen.recall > 0.97


def test_half_of_the_sentences_hold_nothing_to_write() -> None:
    for name in ("written-known.txt", "written-unseen.txt"):
        plain = [said for said, wanted in sentences(name) if not wanted]
        assert len(plain) >= 40


@given(st.text(alphabet=TELLING + "3 .:%👍的aG", max_size=24) | st.text())
def test_written_is_written_once(text: str) -> None:
    view = view_of(text, written(text))

    assert list(view.edits) == written(text)
    assert written(view.text) == []
    for edit, start, end in view.placed:
        assert view.original_span(start, end) == (edit.start, edit.end)


@pytest.mark.parametrize(
    "text", ["一" * 20_000, "三点" * 10_000, "百分之" * 7_000, "👍一十" * 7_000, "万一" * 10_000]
)
def test_a_long_text_is_soon_done(text: str) -> None:
    assert view_of(text, written(text)).original == text
