"""All features of a call together: sentiment, history, and what holds for every call."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.conversation import FEATURES, ConversationFeatures, features_of
from analytics.conversation.page import page
from calls.records import Role, Transcript, Utterance
from tests.analytics.conversation.scene import NOON, call, hold, timed, written

pytestmark = pytest.mark.unit

QUARTERS = [f"caller_sentiment_quarter_{quarter}" for quarter in (1, 2, 3, 4)]


def test_sentiment_by_quarters_of_the_conversation() -> None:
    talk = timed("c 0-2 喂", "c 6-8 气死了", "a 8-10 抱歉", "c 10-14 好吧", "c 14-16 谢谢")

    values = features_of(talk, polarity=(0.0, -1.0, 0.5, -0.5, 1.0)).values

    assert [values[name] for name in QUARTERS] == [0.0, -1.0, None, 0.25]
    assert (values["caller_sentiment_mean"], values["caller_sentiment_change"]) == (-0.125, 0.25)
    assert (values["agent_sentiment_mean"], values["agent_sentiment_quarter_3"]) == (0.5, 0.5)
    assert values["agent_sentiment_change"] is None


def test_without_times_quarters_are_of_the_utterances() -> None:
    talk = written("c 喂", "c 气死了", "c 好吧", "c 谢谢")

    values = features_of(talk, polarity=(0.0, -1.0, None, 1.0)).values

    assert [values[name] for name in QUARTERS] == [0.0, -1.0, None, 1.0]


def test_the_menus_count_in_no_sentiment() -> None:
    talk = timed("s 0-2 欢迎", "c 2-3 退货", "a 4-6 您好", "c 6-8 谢谢")

    assert features_of(talk, polarity=(0.0, -1.0, 0.0, 1.0)).values["caller_sentiment_mean"] == 1.0


def test_sentiment_is_not_available_until_it_is_given() -> None:
    reasons = features_of(timed("c 0-2 喂", "a 2-3 您好")).unavailable

    assert reasons["caller_sentiment_mean"] == "no sentiment of the utterances was given"
    with pytest.raises(ValueError, match="polarity has 3 items for 1 utterances"):
        features_of(timed("c 0-2 喂"), polarity=(0, 0, 0))


def test_earlier_calls_are_counted_within_days() -> None:
    earlier = [NOON - timedelta(days=days) for days in (0, 0.1, 7, 7.1, 30, 31)]

    values = features_of(timed("c 0-1 喂"), call=call(), earlier=earlier).values

    assert values["caller_earlier_calls_7_days_count"] == 2.0
    assert values["caller_earlier_calls_30_days_count"] == 4.0


def test_who_never_rang_before_differs_from_who_is_not_known() -> None:
    talk = timed("c 0-1 喂")

    assert features_of(talk, call=call(), earlier=[]).values["caller_earlier_calls_7_days_count"] == 0.0
    assert features_of(talk, call=call()).unavailable["caller_earlier_calls_7_days_count"] == (
        "no list of the caller's earlier calls was given"
    )
    assert features_of(talk, earlier=[]).unavailable["caller_earlier_calls_7_days_count"] == (
        "no record of the call was given"
    )


def test_a_vector_has_nan_where_a_feature_is_not_available() -> None:
    vector = features_of(written("c 喂", "a 您好")).vector(["turns_count", "talk_share"])

    np.testing.assert_array_equal(vector, [2.0, np.nan])


def test_the_page_is_made_from_the_register() -> None:
    stored = Path(__file__).parents[3] / "docs" / "features.md"

    assert stored.read_text("utf-8") == page()


@st.composite
def transcripts(draw: st.DrawFn) -> Transcript:
    lines = draw(
        st.lists(
            st.tuples(
                st.sampled_from([Role.AGENT, Role.CALLER, Role.SYSTEM, Role.UNKNOWN]),
                st.integers(0, 40_000),
                st.integers(0, 9_000),
                st.text(st.characters(codec="utf-8"), max_size=12)
                | st.sampled_from(["嗯", "谢谢您", "我要退掉鞋子"]),
            ),
            max_size=9,
        )
    )
    return Transcript(
        call_id="call",
        recogniser="test",
        model="test",
        utterances=tuple(
            Utterance(number=n, role=role, start=at / 1000, end=(at + length) / 1000, text=text)
            for n, (role, at, length, text) in enumerate(lines)
        ),
    )


def moved(transcript: Transcript, seconds: int) -> Transcript:
    return Transcript(
        call_id="call",
        recogniser="test",
        model="test",
        utterances=tuple(
            Utterance(number=u.number, role=u.role, start=u.start + seconds, end=u.end + seconds, text=u.text)
            for u in transcript.utterances
        ),
    )


def check(features: ConversationFeatures) -> None:
    """Assert what holds for every call."""
    values = features.values
    assert list(values) == list(FEATURES)
    assert set(features.unavailable) == {name for name, value in values.items() if value is None}
    assert all(features.unavailable.values())
    for name, value in values.items():
        if value is None:
            continue
        unit = FEATURES[name].unit
        assert np.isfinite(value)
        assert unit in ("dB", "dBov", "polarity") or value >= 0.0
        assert unit not in ("share", "yes/no") or value <= 1.0
        assert unit != "count" or value == int(value)
    if (whole := values["talk_share"]) is not None:
        assert whole + values["non_talk_share"] == pytest.approx(1.0)  # type: ignore[operator]
        assert values["silence_over_5s_share"] <= values["silence_over_2s_share"] <= 1.0 - whole + 1e-9  # type: ignore[operator]
    if (agent := values["agent_talk_share"]) is not None:
        both = agent + values["caller_talk_share"] - values["overlap_share"]  # type: ignore[operator]
        assert both == pytest.approx(whole)


@settings(max_examples=150, deadline=None)
@given(transcripts(), st.booleans())
def test_every_call_is_measured(transcript: Transcript, with_more: bool) -> None:
    amount = len(transcript.utterances)

    features = features_of(
        transcript,
        events=(hold(3, True), hold(9, False)) if with_more else (),
        polarity=[0.5] * amount if with_more else None,
        loudness=[-30.0] * amount if with_more else None,
        call=call(),
        earlier=[NOON] if with_more else None,
    )

    check(features)


@settings(max_examples=60, deadline=None)
@given(transcripts(), st.integers(1, 10_000))
def test_when_the_recording_began_does_not_matter(transcript: Transcript, seconds: int) -> None:
    polarity = [0.1 * number for number in range(len(transcript.utterances))]

    assert features_of(moved(transcript, seconds), polarity=polarity) == features_of(
        transcript, polarity=polarity
    )


@settings(max_examples=60, deadline=None)
@given(transcripts())
def test_nothing_that_needs_times_is_known_of_a_written_dialogue(transcript: Transcript) -> None:
    dialogue = Transcript(
        call_id="call",
        recogniser="test",
        model="test",
        utterances=tuple(
            Utterance(number=u.number, role=u.role, start=0.0, end=0.0, text=u.text)
            for u in transcript.utterances
        ),
    )

    features = features_of(dialogue)

    check(features)
    timing = [
        name for name, feature in FEATURES.items() if feature.group in ("Talk", "Silence", "Overlap", "Pace")
    ]
    assert {features.values[name] for name in timing} == {None}


def test_times_that_are_none_do_no_harm() -> None:
    odd = Utterance(number=0, role=Role.CALLER, start=float("nan"), end=float("inf"), text="喂")
    late = Utterance(number=1, role=Role.AGENT, start=5.0, end=4.0, text="您好")
    transcript = Transcript(call_id="call", recogniser="test", model="test", utterances=(odd, late))

    check(features_of(transcript))


def test_a_very_long_utterance_is_measured() -> None:
    check(features_of(timed("c 0-900 " + "我要退货😡abc 12 " * 10_000, "a 900-901 好的")))
