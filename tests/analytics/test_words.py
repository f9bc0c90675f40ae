"""Spoken Chinese as features."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.words import Spoken, Tokeniser, default_tokeniser, normalise, syllable

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("我要退货", "我要退货"),
        ("我，要 退货！", "我要退货"),
        ("ＡＰＰ打不开", "app打不开"),
        ("打12315投诉", "打一二三一五投诉"),
        ("我的号码是13800138000", "我的号码是〇"),
        ("嗯那个呃我要查话费啊", "那个我要查话费"),
        ("快快快快", "快"),
        ("谢谢", "谢谢"),
        ("我要我要投诉", "我要投诉"),
        ("😡😡", ""),
        ("", ""),
    ],
)
def test_text_is_normalised_to_what_a_recogniser_writes(text: str, spoken: str) -> None:
    assert normalise(text).text == spoken


def test_every_normalised_character_keeps_its_place() -> None:
    spoken = normalise("嗯，我我我要退货")

    assert spoken == Spoken("我要退货", (2, 5, 6, 7))
    assert spoken.original_span(1, 4) == (5, 8)


@given(st.text(max_size=60))
def test_any_text_can_be_normalised_and_cut(text: str) -> None:
    spoken = normalise(text)

    assert len(spoken.origin) == len(spoken.text)
    assert list(spoken.origin) == sorted(spoken.origin)
    assert all(0 <= place < len(text) for place in spoken.origin)
    assert "".join(word for word, _, _ in default_tokeniser().words(spoken.text)) == spoken.text


def test_homophones_share_their_syllables() -> None:
    assert [syllable(each) for each in "头宿"] == [syllable(each) for each in "投诉"] == ["tou", "su"]
    assert syllable("a") == "a"


def test_words_cover_the_text_and_know_the_domain() -> None:
    tokeniser = Tokeniser()

    assert list(tokeniser.words("我要携号转网")) == [("我", 0, 1), ("要", 1, 2), ("携号转网", 2, 6)]


def test_users_add_words(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "words.txt"
    mine.write_text("# ours\n畅享冰激凌 500\n飞享八八\n\n", "utf-8")

    tokeniser = Tokeniser((mine, tmp_path / "missing.txt"), cache=tmp_path / "cache")

    assert [word for word, _, _ in tokeniser.words("办畅享冰激凌和飞享八八")] == [
        "办",
        "畅享冰激凌",
        "和",
        "飞享八八",
    ]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["jieba-0.42.1.cache"]
    assert capfd.readouterr().err == ""


def test_a_cache_folder_that_cannot_be_made_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    tokeniser = Tokeniser((), cache=tmp_path / "file" / "cache")

    assert [word for word, _, _ in tokeniser.words("你好")] == ["你好"]


@given(st.text(alphabet="我要投诉你们的套餐乱扣话费银行流量用不完〇Ta1-+，\r\n ", max_size=30))
def test_texts_are_cut_as_jieba_cuts_them(text: str) -> None:
    tokeniser = default_tokeniser()

    assert [word for word, _, _ in tokeniser.words(text)] == list(tokeniser._jieba.cut(text, HMM=False))
