"""Every definition that needs words only."""

from __future__ import annotations

import pytest

from analytics.conversation import features_of
from calls.records import Transcript
from tests.analytics.conversation.scene import timed, written

pytestmark = pytest.mark.unit


def measured(names: str, transcript: Transcript) -> list[float | None]:
    values = features_of(transcript).values
    return [values[name] for name in names.split()]


CALL = written("a 您好", "a 请讲", "c 我要退货", "a 好的", "c 谢谢", "c 再见 bye")


def test_utterances_of_one_party_in_a_row_are_one_turn() -> None:
    assert measured("utterances_count turns_count agent_turns_count caller_turns_count", CALL) == [6, 4, 2, 2]


def test_characters_are_hanzi_digits_and_latin_words() -> None:
    assert measured(
        "agent_characters_count caller_characters_count caller_characters_share "
        "agent_longest_turn_characters caller_longest_turn_characters",
        CALL,
    ) == [6, 9, 0.6, 4, 5]


def test_who_spoke_first_and_last() -> None:
    assert measured("caller_spoke_first caller_spoke_last", CALL) == [0, 1]
    assert measured("caller_spoke_first caller_spoke_last", written("c 喂", "a 您好")) == [1, 0]


def test_times_not_places_say_who_spoke_first() -> None:
    assert measured("caller_spoke_first caller_spoke_last", timed("c 3-4 喂", "a 1-2 您好")) == [0, 1]


@pytest.mark.parametrize(
    ("text", "is_question"),
    [
        ("怎么退货", True),
        ("什么时候能到账", True),
        ("可以退吗", True),
        ("可以退吗。", True),
        ("我的订单呢", True),
        ("退货？", True),
        ("是不是没货了", True),
        ("我要退货", False),
        ("呢料的大衣", False),
        ("好的", False),
    ],
)
def test_questions(text: str, is_question: bool) -> None:
    assert measured("caller_questions_count agent_questions_count", written("a 请讲", f"c {text}")) == [
        is_question,
        0,
    ]


@pytest.mark.parametrize(
    ("text", "thanks"),
    [
        ("谢谢啊", True),
        ("太感谢了", True),
        ("好的谢了", True),
        ("辛苦你了", True),
        ("麻烦您了", True),
        ("不用谢", False),
        ("不用谢谢我", False),
        ("我要退货", False),
    ],
)
def test_thanks(text: str, thanks: bool) -> None:
    assert measured("caller_thanks_count agent_thanks_count", written("a 请讲", f"c {text}")) == [thanks, 0]


@pytest.mark.parametrize(
    ("text", "apology"),
    [
        ("非常抱歉", True),
        ("实在对不起", True),
        ("不好意思让您久等了", True),
        ("请您谅解", True),
        ("给您添麻烦了", True),
        ("好的", False),
        ("麻烦您提供一下号码", False),
    ],
)
def test_apologies(text: str, apology: bool) -> None:
    assert measured("agent_apologies_count caller_apologies_count", written(f"a {text}", "c 嗯")) == [
        apology,
        0,
    ]


@pytest.mark.parametrize(
    ("lines", "count"),
    [
        (("c 我要退掉昨天买的鞋", "a 您好", "c 我说我要退掉昨天买的鞋"), 1),
        (("c 我要退掉昨天买的鞋", "c 我药推掉昨天卖的鞋"), 1),  # the recogniser's homophones
        (("c 我要退掉昨天买的鞋", "c 我要问问发票怎么开"), 0),
        (("c 我要退货", "c 我要退货"), 0),  # four characters repeat nothing
        (("c 我要退货啊啊", "c 我要退货啊啊"), 0),  # nor do fillers make them five
        (("c 我要退鞋子", "c 我要退鞋子", "c 我要退鞋子"), 2),
        (("c 我要退掉昨天买的鞋", "a 您要退掉昨天买的鞋"), 0),  # the agent reads it back
        (
            (
                "c 我要退掉昨天买的鞋",
                *(f"c 第{n}件别的事情是{n}" for n in "甲乙丙丁"),
                "c 我要退掉昨天买的鞋",
            ),
            4,
        ),
        (("c", "c 😀😀😀😀😀😀"), 0),
    ],
)
def test_repeated_requests(lines: tuple[str, ...], count: int) -> None:
    assert measured("caller_repeated_requests_count", written(*lines)) == [count]


def test_what_is_repeated_after_forty_utterances_is_new() -> None:
    def said(between: int) -> Transcript:
        others = [
            f"c {chr(0x5000 + 7 * n) * 2}{chr(0x6000 + 11 * n) * 2}{chr(0x7000 + 13 * n)}丙"
            for n in range(between)
        ]
        return written("c 我要退掉昨天买的鞋", *others, "c 我要退掉昨天买的鞋")

    assert measured("caller_repeated_requests_count", said(39)) == [1]
    assert measured("caller_repeated_requests_count", said(40)) == [0]


def test_a_written_dialogue_has_words_but_no_times() -> None:
    features = features_of(CALL)

    assert features.values["turns_count"] == 4
    assert {
        features.unavailable[name]
        for name in (
            "conversation_seconds",
            "talk_share",
            "silence_over_2s_count",
            "agent_interruptions_count",
        )
    } == {"the transcript has no times"}
