"""Personal data is found however it was said, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.redaction.redactor import (
    HIDDEN,
    PersonalSpan,
    personal_spans,
    redacted,
    redacted_text,
    seconds_to_mask,
)
from calls.records import Role, Transcript, Utterance, Word
from tests.analytics.redaction.talk import PLAIN, Said, talk

pytestmark = pytest.mark.unit


def said(*texts: str, role: Role = Role.CALLER) -> list[Utterance]:
    return [
        Utterance(number=n, role=role, start=n * 3.0, end=n * 3.0 + 2, text=text)
        for n, text in enumerate(texts)
    ]


def found(*texts: str) -> list[tuple[str, str]]:
    utterances = said(*texts)
    return [
        (each.kind, utterances[each.utterance].text[each.start : each.end])
        for each in personal_spans(utterances)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的手机号是幺三八零零一三八零零零", [("phone", "幺三八零零一三八零零零")]),
        ("打 138-0013-8000 找我", [("phone", "138-0013-8000")]),
        ("手机一三八嗯零零一三啊八零零零", [("phone", "一三八嗯零零一三啊八零零零")]),
        ("身份证是330106199001011234", [("id-card", "330106199001011234")]),
        (
            "身份证号三三零一零六一九九零零一零一一二三叉",
            [("id-card", "三三零一零六一九九零零一零一一二三叉")],
        ),
        (
            "卡号六二二二零二一二零八零零零一二三四五六",
            [("bank-card", "六二二二零二一二零八零零零一二三四五六")],
        ),
        ("座机零五七一八七六五四三二一", [("phone", "零五七一八七六五四三二一")]),
        ("我叫张伟想查一下话费", [("name", "张伟")]),
        ("我叫王小明手机丢了", [("name", "王小明")]),
        ("您好我叫欧阳静", [("name", "欧阳静")]),
        ("免贵姓李", [("name", "李")]),
        ("我姓诸葛", [("name", "诸葛")]),
        ("我的名字是刘强", [("name", "刘强")]),
        ("我住在西湖区文三路一百二十号三栋五零二", [("address", "西湖区文三路一百二十号三栋五零二")]),
        ("请寄到广州市天河区中山大道12号", [("address", "广州市天河区中山大道12号")]),
        ("地址是阳光小区六栋二单元三零一室", [("address", "阳光小区六栋二单元三零一室")]),
    ],
)
def test_what_is_personal(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的手机号是幺三八零灵一山八零零零", "我的手机号是" + HIDDEN * 11),
        ("我较张伟", "我较" + HIDDEN * 2),
        ("我信罗", "我信" + HIDDEN),
        ("地址西湖区文三录一百二十号三栋五领二", "地址" + HIDDEN * 16),
    ],
)
def test_what_is_personal_though_it_was_misheard(text: str, expected: str) -> None:
    assert redacted_text(text) == expected


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_not_personal(text: str) -> None:
    assert found(text) == []


def test_a_number_dictated_in_pieces_is_one_number() -> None:
    told = [
        Utterance(number=0, role=Role.CALLER, start=0, end=1, text="我的号码是幺三八"),
        Utterance(number=1, role=Role.AGENT, start=1, end=2, text="嗯"),
        Utterance(number=2, role=Role.CALLER, start=2, end=3, text="零零一三"),
        Utterance(number=3, role=Role.AGENT, start=3, end=4, text="零零一三"),
        Utterance(number=4, role=Role.CALLER, start=4, end=5, text="八零零零"),
    ]

    assert [(each.utterance, each.start, each.end, each.kind) for each in personal_spans(told)] == [
        (0, 5, 8, "phone"),
        (2, 0, 4, "phone"),
        (4, 0, 4, "phone"),
    ]


def test_a_text_keeps_its_length_and_its_words() -> None:
    words = tuple(
        Word(text=text, start=start, end=start + 0.4)
        for start, text in ((0.0, "我"), (0.5, "叫"), (1.0, "张伟"), (1.5, "你好"))
    )
    utterance = Utterance(number=0, role=Role.CALLER, start=0.0, end=2.0, text="我叫张伟 你好", words=words)
    transcript = Transcript(call_id="c", recogniser="vosk", model="m", utterances=(utterance,))

    hidden = redacted(transcript).utterances[0]

    assert hidden.text == "我叫▇▇ 你好"
    assert [each.text for each in hidden.words] == ["我", "叫", "▇▇", "你好"]
    assert personal_spans([utterance]) == [PersonalSpan(0, 2, 4, "name", 1.0, 1.4)]


def test_the_sound_is_masked_with_a_margin_and_merged() -> None:
    def span(begins: float, ends: float) -> PersonalSpan:
        return PersonalSpan(0, 0, 1, "phone", begins, ends)

    masked = seconds_to_mask([span(5.0, 6.0), span(0.1, 1.0), span(6.2, 7.0), span(9.0, 9.0)])

    assert [each for span in masked for each in span] == pytest.approx([0.0, 1.15, 4.85, 7.15])


def test_the_menus_own_words_are_left_alone() -> None:
    assert personal_spans(said("请拨打幺三八零零一三八零零零", role=Role.SYSTEM)) == []


def shown(calls: list[Said]) -> tuple[float, float, float]:
    """Return recall by characters, by pieces of data (a fifth may show), and precision by spans."""
    hidden = personal = whole = spans = right = 0
    for each in calls:
        drawn = personal_spans(each.utterances)
        covered = {(span.utterance, k) for span in drawn for k in range(span.start, span.end)}
        hidden += len(covered & each.personal)
        personal += len(each.personal)
        whole += bool(each.personal) and len(covered & each.personal) >= 0.8 * len(each.personal)
        spans += len(drawn)
        right += sum(
            any((span.utterance, k) in each.personal for k in range(span.start, span.end)) for span in drawn
        )
    return hidden / personal, whole / sum(bool(each.personal) for each in calls), right / spans


def test_a_thousand_callers_written_without_a_fault() -> None:
    by_character, by_piece, precision = shown(talk(1000, 0.0, seed=39))

    assert (by_character >= 0.995, by_piece >= 0.99, precision >= 0.99) == (True, True, True)


def test_a_thousand_callers_at_a_character_error_rate_of_a_tenth() -> None:
    by_character, by_piece, precision = shown(talk(1000, 0.1, seed=40))

    assert by_character >= 0.99
    assert by_piece >= 0.96
    assert precision >= 0.95


@given(st.text(max_size=300))
def test_no_text_is_too_odd(text: str) -> None:
    hidden = redacted_text(text)

    assert len(hidden) == len(text)
    assert all(after in (before, HIDDEN) for before, after in zip(text, hidden, strict=True))


def test_a_very_long_text_takes_no_time() -> None:
    assert len(redacted_text("幺三八我叫张号路" * 12_000)) == 96_000
    assert redacted_text("") == ""
