from __future__ import annotations

from pathlib import Path

import pytest

from calls.errors import HotWordError
from speech.hotwordlist import HotWord, read_hot_words

pytestmark = pytest.mark.unit

WORDS = (
    HotWord("沃派"),
    HotWord("畅爽冰激凌", 1.5),
    HotWord("iPhone", 1.0, ("爱疯", "爱凤")),
)


def test_a_word_a_line(tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("﻿# 产品\n沃派\n畅爽冰激凌 1.5  # 季节性\n\niPhone = 爱疯，爱凤\n沃派\n", "utf-8")

    assert read_hot_words(path) == WORDS


def test_yaml(tmp_path: Path) -> None:
    path = tmp_path / "words.yaml"
    path.write_text(
        "words:\n  - 沃派\n  - {word: 畅爽冰激凌, weight: 1.5}\n  - {word: iPhone, aliases: [爱疯, 爱凤]}\n",
        "utf-8",
    )

    assert read_hot_words(path) == WORDS


def test_a_word_is_read_as_texts_are_and_as_words_are() -> None:
    assert HotWord("银行卡").readings == (("yin", "xing", "ka"), ("yin", "hang", "ka"))
    assert HotWord("wifi").readings == (("wai", "fai"),)
    assert HotWord("iPhone", aliases=("爱疯",)).readings == (("ai", "feng"),)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("words.txt", "沃派\n派", "words.txt:2: hot word '派' has 1 syllables, not 2 to 12"),
        ("words.txt", "沃派 99", "words.txt:1: hot word '沃派': weight 99 is not in 0.1 to 10"),
        ("words.txt", "沃派 =", "words.txt:1: hot word '沃派': there is an empty one"),
        ("words.txt", "沃☂派", "words.txt:1: hot word '沃☂派': '☂'"),
        ("words.txt", "派" * 13, "has 13 syllables"),
        ("words.yaml", "words: [沃派, 派]", "words.yaml:1: words.1: hot word '派' has 1 syllables"),
        ("words.yaml", "- 沃派", "words.yaml"),
        ("words.yaml", "words: [{wort: 沃派}]", "unknown field 'wort'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")

    with pytest.raises(HotWordError) as error:
        read_hot_words(path)

    assert message in str(error.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    odd, large, many = tmp_path / "odd.txt", tmp_path / "large.txt", tmp_path / "many.txt"
    odd.write_bytes(b"\xc3\x28")
    large.write_text("沃派\n" * 200_000, "utf-8")
    many.write_text("沃派\n" * 10_001, "utf-8")

    for path, message in (
        (tmp_path / "none.txt", "No such file"),
        (odd, "byte 0 is no UTF-8"),
        (large, "more than 1,000,000"),
        (many, "10,001 words are more than 10,000"),
    ):
        with pytest.raises(HotWordError, match=message):
            read_hot_words(path)
