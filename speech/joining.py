"""Recognised words → written text: Chinese without spaces, Latin words apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

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
