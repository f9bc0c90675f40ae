"""Keywords found in what a recogniser wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.sounds import SoundHit, SoundIndex, Tolerance, find_sounding, near_syllable, pinyin, readings

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "keyword", "tolerance", "found"),
    [
        ("我要投诉你们", "投诉", "exact", ["投诉"]),
        ("我要头宿你们", "投诉", "exact", ["头宿"]),
        ("我要头宿你们", "投诉", "literal", []),
        ("我要，投、诉！再投诉", "投诉", "exact", ["投、诉", "投诉"]),
        ("我要投嗯诉", "投诉", "exact", ["投嗯诉"]),
        ("打12315", "一二三一五", "exact", ["12315"]),
        ("打一二三一五", "12315", "exact", ["一二三一五"]),
        ("我的APP坏了", "app", "exact", ["APP"]),
        ("在银航办的", "银行", "exact", ["银航"]),
        ("在银行办的", "银行", "exact", ["银行"]),
        ("请您扫等", "请稍等", "exact", []),
        ("请扫等", "请稍等", "exact", []),
        ("请扫等", "请稍等", "near", ["请扫等"]),
        ("仁工服务", "人工", "exact", ["仁工"]),
        ("冷工服务", "人工", "near", ["冷工"]),
        ("您贵姓是灰机", "飞机", "near", ["灰机"]),
        ("您贵姓是灰机", "飞机", "exact", []),
        ("流量不够", "牛郎", "near", []),
        ("刘朗", "牛郎", "near", ["刘朗"]),
        ("心好", "星号", "near", ["心好"]),
        ("心好", "星号", "exact", []),
        ("他是是是", "事", "near", []),
        ("有事", "事", "near", ["事"]),
        ("谢谢谢谢您", "谢谢", "exact", ["谢谢", "谢谢"]),
        ("你好", "", "exact", []),
        ("", "投诉", "exact", []),
        ("😡投诉😡", "投诉", "exact", ["投诉"]),
        ("投诉", "😡", "near", []),
    ],
)
def test_a_keyword_is_found_by_its_sound(text: str, keyword: str, tolerance: str, found: list[str]) -> None:
    spans = find_sounding(text, keyword, Tolerance(tolerance))

    assert [text[start:end] for start, end in spans] == found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("zhi", "zi"),
        ("chang", "can"),
        ("shui", "sui"),
        ("nan", "lang"),
        ("ren", "leng"),
        ("xin", "xing"),
        ("fei", "hui"),
        ("feng", "hong"),
        ("fu", "hu"),
        ("huang", "fan"),
    ],
)
def test_syllables_that_accents_do_not_keep_apart_are_near(one: str, other: str) -> None:
    assert near_syllable(one) == near_syllable(other)


@pytest.mark.parametrize(("one", "other"), [("ba", "pa"), ("gong", "gon"), ("jia", "xia"), ("en", "n")])
def test_others_are_not(one: str, other: str) -> None:
    assert near_syllable(one) != near_syllable(other)


def test_pinyin_is_for_people() -> None:
    assert pinyin("我要投诉！ok") == "wo yao tou su o k"


def test_a_word_with_a_reading_of_its_own_has_two() -> None:
    assert len(readings("银行")) == 2
    assert len(readings("投诉")) == 1
    assert readings("诉", Tolerance.NEAR) == ("诉",)
    assert readings("！") == ()


def test_an_index_finds_many_keywords_in_one_pass() -> None:
    index = SoundIndex({"投诉": Tolerance.EXACT, "我要投诉": Tolerance.LITERAL, "人工": Tolerance.NEAR})

    assert index.find("我要投诉，找冷工") == [
        SoundHit("我要投诉", 0, 4, True),
        SoundHit("投诉", 2, 4, True),
        SoundHit("人工", 6, 8, False),
    ]
    assert index.find("我要头宿") == [SoundHit("投诉", 2, 4, False)]


@given(st.text(max_size=40), st.text(alphabet="我要投诉人工a1 ，嗯😡", max_size=6))
def test_an_index_finds_what_a_search_finds(text: str, keyword: str) -> None:
    text += keyword
    for tolerance in Tolerance:
        hits = SoundIndex([keyword], tolerance).find(text)

        assert {*find_sounding(text, keyword, tolerance)} <= {(hit.start, hit.end) for hit in hits}
        assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)


def test_a_very_long_utterance_is_searched() -> None:
    assert len(find_sounding("我要投诉你" * 20_000, "投诉")) <= 20_000
    assert find_sounding("天气好" * 10 + "头宿", "投诉") == [(30, 32)]
