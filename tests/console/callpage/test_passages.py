from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.records import Evidence, Finding, Role, Utterance, Word
from console.callpage.passages import Passage, passages, tint, word_times
from console.callpage.personal import Piece
from speech.view import Edit, View

pytestmark = pytest.mark.unit


def utterance(text: str, *words: tuple[str, float], number: int = 3) -> Utterance:
    heard = tuple(Word(text=each, start=0, end=1, confidence=confidence) for each, confidence in words)
    return Utterance(number=number, role=Role.CALLER, start=0, end=1, text=text, words=heard)


def finding(kind: str, *spans: tuple[int, int] | None, number: int = 3) -> Finding:
    evidence = tuple(Evidence(utterance=number, start=0, end=1, text="", span=span) for span in spans)
    return Finding(id=kind, call_id="c", kind=kind, label="x", probability=0.9, evidence=evidence)


def test_evidence_and_badly_heard_words_cut_the_text() -> None:
    complaint, topic = finding("complaint", (2, 6)), finding("topic", (4, 8))
    said = utterance("我要马上退款给我", ("我要", 0.9), ("马上", 0.9), ("退款", 0.3), ("给我", 0.9))

    assert passages(said, [complaint, topic]) == (
        Passage("我要"),
        Passage("马上", (complaint,)),
        Passage("退款", (complaint, topic), 0.3),
        Passage("给我", (topic,)),
    )


def test_evidence_without_a_span_covers_its_utterance() -> None:
    mood = finding("sentiment", None)

    assert passages(utterance("太慢了"), [mood]) == (Passage("太慢了", (mood,)),)


def test_evidence_of_another_utterance_or_outside_the_text_marks_nothing() -> None:
    elsewhere, outside, empty = (
        finding("a", (0, 2), number=4),
        finding("b", (50, 60)),
        finding("c", (2, 2)),
    )

    assert passages(utterance("太慢了"), [elsewhere, outside, empty]) == (Passage("太慢了"),)


@pytest.mark.parametrize(
    ("kind", "label", "colour"),
    [
        ("complaint", "一般", "trouble"),
        ("complaint", "none", "calm"),
        ("abuse", "strong-negative", "trouble"),
        ("sentiment", "negative", "mood"),
        ("sentiment", "positive", "calm"),
        ("topic", "refund", "topic"),
        ("rule", "greeting", "rule"),
        ("cause", "delay", "trouble"),
        ("resolved", "no", "trouble"),
        ("resolved", "yes", "calm"),
    ],
)
def test_the_colour_of_evidence_tells_trouble_from_its_absence(kind: str, label: str, colour: str) -> None:
    assert tint(replace(finding(kind), label=label)) == colour


def test_where_findings_meet_the_weightiest_colours_the_passage() -> None:
    calm, topic, mood = (
        replace(finding(kind), label=label)
        for kind, label in (("complaint", "none"), ("topic", "refund"), ("sentiment", "negative"))
    )

    assert [Passage("x", each).tint for each in ((calm, topic), (topic, mood), (calm,))] == [
        "topic",
        "mood",
        "calm",
    ]


def test_personal_data_are_passages_of_their_own_shown_as_they_may_be() -> None:
    topic = finding("topic", (2, 6))
    said = utterance("我叫张三丰吗", ("我", 0.9), ("叫", 0.9), ("张三", 0.2), ("丰", 0.9), ("吗", 0.9))
    pieces = [Piece("我叫"), Piece("▇▇▇", True), Piece("吗")]

    assert passages(said, [topic], pieces) == (
        Passage("我叫"),
        Passage("▇▇", (topic,), 0.2, personal=True),
        Passage("▇", (topic,), personal=True),
        Passage("吗", (topic,)),
    )


def test_words_tell_their_places_in_the_units_of_the_browser() -> None:
    words = tuple(
        Word(text=each, start=at, end=at + 1, confidence=1.0) for at, each in enumerate(("好", "𠮷", "吗"))
    )
    said = Utterance(number=0, role=Role.CALLER, start=0, end=3, text="好𠮷吗", words=words)

    assert word_times(said) == "0:0.00 1:1.00 3:2.00"


@given(
    text=st.text(max_size=30),
    spans=st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40)), max_size=4),
    words=st.lists(st.tuples(st.text(max_size=4), st.floats(0, 1)), max_size=6),
)
def test_passages_always_join_to_the_text(
    text: str, spans: list[tuple[int, int]], words: list[tuple[str, float]]
) -> None:
    cut = passages(utterance(text, *words), [finding("topic", *spans)])

    assert "".join(each.text for each in cut) == text


#: 我交了三百块 as it is read.
READ = View("我交了三百块", (Edit(3, 5, "300", "money", "300"), Edit(6, 6, "。", "stop")))


def test_an_edit_is_one_passage_whatever_begins_or_ends_within_it() -> None:
    complaint = finding("complaint", (0, 4))
    said = utterance("我交了三百块", ("我交了三", 0.9), ("百块", 0.3))

    assert passages(said, [complaint], view=READ) == (
        Passage("我交了", (complaint,)),
        Passage("300", (complaint,), 0.3, said="三百", edit="money"),
        Passage("块", (), 0.3),
        Passage("。", said="", edit="stop"),
    )


def test_a_sign_within_evidence_is_marked_with_it() -> None:
    topic = finding("topic", (0, 4))
    view = View("好的谢谢", (Edit(2, 2, "，", "pause"),))

    assert passages(utterance("好的谢谢"), [topic], view=view) == (
        Passage("好的", (topic,)),
        Passage("，", (topic,), said="", edit="pause"),
        Passage("谢谢", (topic,)),
    )


def test_what_is_hidden_is_not_edited() -> None:
    hidden = [Piece("我交了"), Piece("▇", personal=True), Piece("百块")]

    assert passages(utterance("我交了三百块"), [], hidden, READ) == (
        Passage("我交了"),
        Passage("▇", personal=True),
        Passage("百块"),
        Passage("。", said="", edit="stop"),
    )


def test_no_sign_is_put_in_between_hidden_characters() -> None:
    view = View("张三李四", (Edit(2, 2, "，", "pause"), Edit(4, 4, "。", "stop")))

    assert passages(utterance("张三李四"), [], [Piece("▇▇▇▇", personal=True)], view) == (
        Passage("▇▇▇▇", personal=True),
    )


def test_what_is_personal_and_shown_is_edited() -> None:
    shown = [Piece("我交了"), Piece("三百", personal=True), Piece("块")]

    assert passages(utterance("我交了三百块"), [], shown, READ)[1] == Passage(
        "300", personal=True, said="三百", edit="money"
    )
