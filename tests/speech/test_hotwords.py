from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.records import Role, Utterance, Word
from speech.hotwordlist import HotWord
from speech.hotwords import Correction, HotWords
from speech.joining import join
from speech.view import view_of

pytestmark = pytest.mark.unit

LISTED = HotWords(
    [HotWord("沃派"), HotWord("全球通"), HotWord("飞享套餐"), HotWord("iPhone", aliases=("爱疯",))]
)


def heard(*words: tuple[str, float | None]) -> Utterance:
    text = join(word for word, _ in words)
    timed = tuple(
        Word(text=word, start=n, end=n + 1, confidence=told) for n, (word, told) in enumerate(words)
    )
    return Utterance(number=0, role=Role.CALLER, start=0, end=9, text=text, words=timed)


def read(utterance: Utterance, listed: HotWords = LISTED) -> str:
    return view_of(utterance.text, [each.edit for each in listed.corrections(utterance)]).text


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        # the same sounds
        ((("办理", 0.9), ("我", 0.4), ("派", 0.5)), "办理沃派"),
        ((("我的", 0.9), ("爱", 0.4), ("封", 0.4)), "我的iPhone"),
        # sounds that are one in some accents
        ((("权", 0.4), ("求", 0.5), ("通", 0.5)), "全球通"),
        ((("非", 0.3), ("想", 0.3), ("掏", 0.3), ("残", 0.3)), "飞享套餐"),
        # one syllable of three differs in its initial
        ((("全", 0.3), ("球", 0.3), ("东", 0.3)), "全球通"),
        # half of a word that was heard badly
        ((("办", 0.9), ("理我", 0.4), ("派", 0.5)), "办理沃派"),
        # what is right already need not be doubted
        ((("费", 0.4), ("享", 0.99), ("套餐", 0.99)), "飞享套餐"),
        # four syllables are no chance, whatever the recogniser thinks
        ((("非", 1.0), ("想", 1.0), ("套餐", 1.0)), "飞享套餐"),
        # heard well
        ((("是", 0.9), ("我", 0.99), ("派", 0.99)), "是我派"),
        # a part of a word that was heard well, and a word that was
        ((("唯我", 0.95), ("派", 0.3)), "唯我派"),
        # another word: two syllables must sound the same
        ((("我", 0.3), ("爬", 0.3)), "我爬"),
        # right already
        ((("沃派", 0.3), ("全球通", 0.2)), "沃派全球通"),
        # a recogniser that does not tell is believed
        ((("我", None), ("派", None)), "我派"),
        ((), ""),
    ],
)
def test_corrections(words: tuple[tuple[str, float | None], ...], shown: str) -> None:
    assert read(heard(*words)) == shown


def test_a_correction_tells_what_and_why() -> None:
    (found,) = LISTED.corrections(heard(("办理", 0.9), ("我", 0.4), ("派", 0.6)))

    assert found == Correction(2, 4, "我派", HotWord("沃派"), 0, 0.4, 0.9)
    assert found.edit.why == "我派 (wo pai): the same sound, confidence 0.40 ≤ 0.90"
    assert (found.edit.kind, found.edit.value) == ("hot-word", "沃派")


def test_a_heavy_word_is_put_in_whatever_the_recogniser_says() -> None:
    heavy = HotWords([HotWord("沃派", weight=2)])

    assert read(heard(("我派", 1.0)), heavy) == "沃派"
    assert read(heard(("我", None), ("派", None)), heavy) == "沃派"


def test_the_word_that_sounds_the_same_goes_before_one_that_nearly_does() -> None:
    listed = HotWords([HotWord("三星"), HotWord("山星")])

    assert read(heard(("删", 0.3), ("心", 0.3)), listed) == "山星"


_TEXTS = st.text(alphabet="我沃派拍全权求球通飞想套a👍 ", max_size=6)


@given(st.lists(st.tuples(_TEXTS, st.none() | st.floats(0, 1))))
def test_corrections_do_not_overlap_and_are_made_once(words: list[tuple[str, float | None]]) -> None:
    utterance = heard(*words)
    found = LISTED.corrections(utterance)

    ends = [0, *(each.end for each in found)]
    assert all(end <= each.start for end, each in zip(ends, found, strict=False))
    assert all(each.said == utterance.text[each.start : each.end] for each in found)
