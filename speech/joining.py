"""Recognised words → written text: Chinese without spaces, Latin words apart; and where each word stands."""

from __future__ import annotations

import re
from collections.abc import Iterable

from calls.records import Word

# Han with its extensions and compatibility forms, kana, bopomofo, CJK and full-width punctuation
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003134f]")


def is_cjk(character: str) -> bool:
    """Tell whether ``character`` is written without spaces around it."""
    return _CJK.match(character) is not None


def join(words: Iterable[str]) -> str:
    """Write words as one text; a space stands only between two words that are not Chinese.

    >>> join(["请", "打开", "wifi", "hotspot", "功能"])
    '请打开wifi hotspot功能'
    """
    text = ""
    for word in words:
        if text and word and not is_cjk(text[-1]) and not is_cjk(word[0]):
            text += " "
        text += word
    return text


def word_spans(text: str, words: Iterable[Word]) -> list[tuple[int, int, Word]]:
    """Return where each word stands in the text (first character, one past the last).

    The text joins Chinese words without spaces, so words are sought one after another; a word that
    is not found is left out.
    """
    spans = []
    cursor = 0
    for word in words:
        start = text.find(word.text, cursor)
        if start < 0 or not word.text:
            continue
        cursor = start + len(word.text)
        spans.append((start, cursor, word))
    return spans
