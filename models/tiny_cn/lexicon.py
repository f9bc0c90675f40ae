"""Words, their readings, and the phones of a reading: initials and toneless finals.

A syllable is its initial (if any) and its final as pypinyin's strict tables name them, but for three
vowels that share a letter: ``i`` after zh ch sh r is ``ih``, after z c s ``iz``, and ü is ``v``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import jieba
from pypinyin.contrib.tone_convert import to_finals, to_initials

from models.tiny_cn import corpus
from speech.pinyin import syllables

SILENCE = "SIL"
GARBAGE = "SPN"
UNKNOWN = "[unk]"

INITIALS = frozenset("b p m f d t n l g k h j q x zh ch sh r z c s".split())
_FINALS = (
    "a ai an ang ao e ei en eng er i ia ian iang iao ie ih in ing iong iou iz o ong ou "
    "u ua uai uan uang uei uen ueng uo v van ve vn"
).split()
#: All phones, in the order of the network's outputs.
PHONES: tuple[str, ...] = (*sorted(INITIALS), *_FINALS)

_NUMERALS = "零一二三四五六七八九十百千万亿两点幺"
_NUMERAL = re.compile(f"([{_NUMERALS}])")
_RETROFLEX, _SIBILANT = frozenset({"zh", "ch", "sh", "r"}), frozenset({"z", "c", "s"})
#: Readings that a word has in some contexts besides the one it has by itself.
_ALSO: dict[str, tuple[str, ...]] = {
    "还": ("hai2", "huan2"),
    "行": ("xing2", "hang2"),
    "得": ("de5", "dei3"),
    "地": ("de5", "di4"),
    "都": ("dou1", "du1"),
    "重": ("chong2", "zhong4"),
    "长": ("chang2", "zhang3"),
    "了": ("le5", "liao3"),
    "着": ("zhe5", "zhao2"),
    "调": ("diao4", "tiao2"),
    "只": ("zhi3", "zhi1"),
    "数": ("shu4", "shu3"),
    "卡": ("ka3", "qia3"),
    "传": ("chuan2", "zhuan4"),
    "差": ("cha4", "chai1"),
    "觉": ("jue2", "jiao4"),
}


@cache
def _segmenter() -> jieba.Tokenizer:
    """Return a segmenter of our own: user words that others add to jieba's do not change the model."""
    jieba.setLogLevel("ERROR")
    return jieba.Tokenizer()


def segment(text: str) -> list[str]:
    """Cut ``text`` into words by jieba's dictionary; in numbers every numeral is a word of its own."""
    words: list[str] = []
    for word in _segmenter().cut(text, HMM=False):
        parts = [part for part in _NUMERAL.split(word) if part]
        words += parts if sum(part in _NUMERALS for part in parts) > 1 else [word]
    return words


def frequency(word: str) -> float:
    """Return how often jieba's dictionary has counted ``word`` in Chinese at large, at least 1."""
    segmenter = _segmenter()
    segmenter.check_initialized()
    return float(max(1, segmenter.FREQ.get(word, 1)))


def readings(word: str) -> list[tuple[str, ...]]:
    """Return the phone sequences of ``word``, the usual one first; none for what is not Mandarin."""
    spoken = [syllables(word), *(also.split() for also in _ALSO.get(word, ()))]
    found = [tuple(phone for syllable in one for phone in phones(syllable)) for one in spoken]
    return [reading for reading in dict.fromkeys(found) if reading]


@cache
def phones(syllable: str) -> tuple[str, ...]:
    """Return the one or two phones of a numbered syllable: ``zhi1`` → ``("zh", "ih")``."""
    bare = syllable.rstrip("012345")
    initial = to_initials(bare, strict=True)
    final = to_finals(bare, strict=True, v_to_u=False).replace("ü", "v")
    if final == "i" and initial in _RETROFLEX:
        final = "ih"
    elif final == "i" and initial in _SIBILANT:
        final = "iz"
    return (initial, final) if initial else (final,)


@cache
def characters() -> tuple[str, ...]:
    """Return the 3755 most common Hanzi: level 1 of GB/T 2312, rows 16 to 55."""
    codes = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return tuple(code.decode("gb2312") for code in codes if code < b"\xd7\xfa")


@cache
def vocabulary() -> tuple[str, ...]:
    """Return the words of the language model, sorted: all that is said in the corpus.

    Held-out scenarios and the names of their agents add single words.
    """
    texts = (*corpus.sentences(), *corpus.held_out_texts(), *corpus.agent_names())
    return tuple(sorted({word for text in texts for word in segment(text) if readings(word)}))


def extra_characters(words: Iterable[str]) -> tuple[str, ...]:
    """Return the single Hanzi beyond ``words`` that run-time grammars may spell phrases with."""
    known = set(words)
    spelt = {character for word in known for character in word}
    return tuple(c for c in sorted(spelt | set(characters())) if c not in known and readings(c))
