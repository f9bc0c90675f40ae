from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.records import Role, Utterance, Word
from speech.joining import join
from speech.punctuation import punctuation
from speech.view import view_of

pytestmark = pytest.mark.unit


def said(*parts: str | float) -> Utterance:
    """Return an utterance of words, each 0.2 s long, with the silences between them in seconds."""
    words, now = list[Word](), 0.0
    for part in parts:
        if isinstance(part, str):
            words.append(Word(text=part, start=now, end=now + 0.2))
            now += 0.2
        else:
            now += part
    text = join(word.text for word in words)
    return Utterance(number=0, role=Role.CALLER, start=0, end=now, text=text, words=tuple(words))


def read(utterance: Utterance) -> str:
    return view_of(utterance.text, punctuation(utterance)).text


@pytest.mark.parametrize(
    ("utterance", "shown"),
    [
        (said("我", "要", "投诉"), "我要投诉。"),
        (said("能不能", "快", "一点"), "能不能快一点？"),
        (said("这个", "月", "扣", "了", "多少", "钱"), "这个月扣了多少钱？"),
        (said("你们", "还", "上班", "吗", "我", "等", "很久", "了"), "你们还上班吗？我等很久了。"),
        (said("网", "断", "了", 0.2, "你们", "来", "修"), "网断了，你们来修。"),
        (said("网", "又", "断", "了", 0.4, "你们", "来", "修"), "网又断了。你们来修。"),
        (said("我", "要", "退", 0.4, "这个", "套餐"), "我要退，这个套餐。"),
        (said("您好", 0.15, "请问", "哪位"), "您好，请问哪位？"),
        (said("钱", "已经", "交", "了", "但是", "还", "停机"), "钱已经交了，但是还停机。"),
        (said("这", "是", 0.2, "不是", "你们", "的"), "这是不是你们的？"),
        (said("没", "什么", "问题"), "没什么问题。"),
        (said("我", "想", "问", "一下", "就是"), "我想问一下就是，"),
        (said("幺", "三", "八", 0.5, "零", "零", "幺", "三"), "幺三八零零幺三。"),
        (said("干吗", "不", "接"), "干吗不接。"),
        (Utterance(number=0, role=Role.CALLER, start=0, end=1, text="没有时间吗"), "没有时间吗？"),
    ],
)
def test_signs(utterance: Utterance, shown: str) -> None:
    assert read(utterance) == shown


def test_signs_have_kinds_and_places() -> None:
    signs = punctuation(said("好的", 0.2, "还有", "吗"))

    assert [(each.start, each.end, each.text, each.kind) for each in signs] == [
        (2, 2, "，", "pause"),
        (5, 5, "？", "question"),
    ]


def test_a_text_with_signs_is_left_alone() -> None:
    assert punctuation(said("您好，", 0.5, "请讲")) == []


@given(
    st.lists(
        st.text(max_size=4) | st.sampled_from(["吗", "了", "但是", "什么", "一", "👍"]) | st.floats(0, 2)
    )
)
def test_no_utterance_is_too_odd(parts: list[str | float]) -> None:
    utterance = said(*parts)
    view = view_of(utterance.text, punctuation(utterance))

    assert "".join(view.text[end:start] for end, start in _between(view)) == utterance.text
    assert punctuation(_with(utterance, view.text)) == [] or not view.edits


def _between(view) -> list[tuple[int, int]]:  # type: ignore[no-untyped-def]
    ends = [0, *(each.end for each in view.placed)]
    return list(zip(ends, [*(each.start for each in view.placed), len(view.text)], strict=True))


def _with(utterance: Utterance, text: str) -> Utterance:
    return Utterance(
        number=0, role=utterance.role, start=0, end=utterance.end, text=text, words=utterance.words
    )
