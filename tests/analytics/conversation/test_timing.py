"""Every definition that needs a clock: talk, silence, overlap, pace, hold."""

from __future__ import annotations

import pytest

from analytics.conversation import features_of
from calls.records import CallEvent, Transcript
from tests.analytics.conversation.scene import hold, other_event, timed

pytestmark = pytest.mark.unit

MONO = "mono recording: both voices on one channel, so roles are not available"


def measured(
    names: str, transcript: Transcript, events: tuple[CallEvent, ...] = ()
) -> list[float | str | None]:
    """Return the named features, the reason in place of one that is not available."""
    features = features_of(transcript, events=events)
    return [
        features.unavailable[name] if features.values[name] is None else features.values[name]
        for name in names.split()
    ]


def test_talk_is_the_time_in_which_somebody_speaks() -> None:
    call = timed("a 1-3 您好", "c 4-8 我要退货", "a 6-11 好的")

    assert measured("conversation_seconds talk_seconds talk_share non_talk_seconds non_talk_share", call) == [
        10.0,
        9.0,
        0.9,
        1.0,
        0.1,
    ]


def test_talk_of_each_party_and_their_overlap_make_the_talk() -> None:
    call = timed("a 1-3 您好", "c 4-8 我要退货", "a 6-11 好的")

    assert measured(
        "agent_talk_seconds agent_talk_share caller_talk_seconds caller_talk_share overlap_share", call
    ) == [7.0, 0.7, 4.0, 0.4, 0.2]


def test_a_party_that_said_nothing_talked_for_no_time() -> None:
    assert measured("agent_talk_seconds agent_talk_share", timed("c 0-4 喂有人吗")) == [0.0, 0.0]


def test_one_partys_own_overlapping_utterances_count_once() -> None:
    assert measured("caller_talk_seconds overlap_seconds", timed("c 0-4 喂", "c 3-5 喂")) == [5.0, 0.0]


@pytest.mark.parametrize(
    ("lines", "agents", "callers"),
    [
        (("a 0-3 您好", "a 4-9 我看一下", "c 10-12 好"), 9.0, 2.0),
        (("a 0-3 您好", "a 5-9 我看一下"), 9.0, None),  # a pause of 2 s ends nothing
        (("a 0-3 您好", "a 5.001-9 我看一下"), 3.999, None),  # a longer one does
        (("a 0-3 您好", "c 2.5-3.2 嗯嗯", "a 3.5-9 我看一下"), 9.0, 0.7),  # who listens ends nothing
        (("a 0-3 您好", "c 3-3.4 不是", "a 3.5-9 我看一下"), 5.5, 0.4),
        (("c 0-1 对", "c 1.5-4 我要退货", "a 5-6 好的"), 1.0, 4.0),
        (("c 0-1 喂",), 0.0, 1.0),
    ],
)
def test_the_longest_monologue(lines: tuple[str, ...], agents: float, callers: float | None) -> None:
    found = measured("agent_longest_monologue_seconds caller_longest_monologue_seconds", timed(*lines))

    assert found[0] == pytest.approx(agents)
    assert callers is None or found[1] == pytest.approx(callers)


SILENCES = "silence_over_2s_count silence_over_2s_seconds silence_over_2s_share silence_longest_seconds"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("a 0-2 您好", "c 4-8 喂", "a 8-10 好"), [0, 0.0, 0.0, 2.0]),  # 2 s are not over 2 s
        (("a 0-2 您好", "c 4.001-8 喂", "a 8-10 好"), [1, 2.001, 0.2001, 2.001]),
        (("a 0-2 您好", "a 5-6 喂", "c 9-10 好"), [2, 6.0, 0.6, 3.0]),
        (("a 0-8 您好", "c 1-2 喂", "c 9-10 好"), [0, 0.0, 0.0, 1.0]),  # somebody speaks on
        (("a 0-10 您好",), [0, 0.0, 0.0, 0.0]),
    ],
)
def test_a_silence_is_a_time_in_which_neither_speaks(lines: tuple[str, ...], expected: list[float]) -> None:
    assert measured(SILENCES, timed(*lines)) == expected


def test_long_silences_are_those_over_five_seconds() -> None:
    call = timed("a 0-2 您好", "c 7-8 喂", "a 14-15 好的", "c 18-20 嗯")

    assert measured("silence_over_5s_count silence_over_5s_seconds silence_over_5s_share", call) == [
        1.0,
        6.0,
        0.3,
    ]
    assert measured("silence_over_2s_count", call) == [3.0]


def test_who_speaks_first_after_a_silence_has_broken_it() -> None:
    call = timed("a 0-2 您好", "c 7-8 喂", "c 14-15 还在吗", "a 18-20 在的")

    assert measured(
        "silence_over_2s_broken_by_agent_count silence_over_2s_broken_by_caller_count "
        "silence_over_5s_broken_by_agent_count silence_over_5s_broken_by_caller_count",
        call,
    ) == [1.0, 2.0, 0.0, 1.0]


def test_hold_and_prompts_are_no_silence() -> None:
    call = timed("a 0-2 请稍等", "s 6-9 您的来电对我们很重要", "a 12-14 让您久等了")

    assert measured(SILENCES, call) == [1, 7.0, 0.5, 7.0]
    assert measured(SILENCES, call, (hold(2.5, True), hold(11.5, False))) == [0, 0.0, 0.0, 1.0]
    assert measured("non_talk_seconds", call, (hold(2.5, True), hold(11.5, False))) == [10.0]


OVERLAPS = "overlap_count overlap_seconds agent_interruptions_count caller_interruptions_count"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("a 0-5 您好", "c 4-8 我要退货"), [1, 1.0, 0, 0]),  # 1000 ms are allowed
        (("a 0-5 您好", "c 3.999-8 我要退货"), [1, 1.001, 0, 1]),
        (("c 0-5 您好", "a 2-8 我要退货"), [1, 3.0, 1, 0]),
        (("a 0-5 您好", "c 2-2.5 嗯"), [1, 0.5, 0, 0]),
        (("a 0-5 您好", "c 2-4 我要退货"), [1, 2.0, 0, 1]),  # within the other's utterance
        (("a 0-5 您好", "c 0-4 我要退货"), [1, 4.0, 0, 0]),  # both began at once: nobody interrupted
        (("a 0-5 您好", "c 5-8 我要退货"), [0, 0.0, 0, 0]),
        (("a 0-3 您好", "a 3-6 请讲", "c 2-5 我要退货"), [1, 3.0, 0, 1]),  # the agent went on
        (("a 0-4 您好", "c 1-3 我", "c 3.5-6 我要退货"), [2, 2.5, 0, 1]),
        (("a 0-9 您好", "c 1-3 我", "c 4-6 我要退货"), [2, 4.0, 0, 2]),  # silent for a second between
    ],
)
def test_an_overlap_over_one_second_is_an_interruption_by_who_came_second(
    lines: tuple[str, ...], expected: list[float]
) -> None:
    assert measured(OVERLAPS, timed(*lines)) == pytest.approx(expected)


def test_speech_rate_is_characters_per_minute_of_utterances() -> None:
    call = timed("a 0-2 您好，请讲！", "c 10-16 我的 iPhone 15 坏了", "a 20-21 好的")

    assert measured(
        "agent_speech_rate_characters_per_minute caller_speech_rate_characters_per_minute "
        "speech_rate_characters_per_minute",
        call,
    ) == [120.0, 70.0, 60 * 13 / 9]


def test_who_did_not_speak_has_no_speech_rate() -> None:
    assert measured("agent_speech_rate_characters_per_minute", timed("c 0-2 喂")) == [
        "the agent did not speak"
    ]


LATENCIES = (
    "agent_response_latency_median_seconds agent_response_latency_p90_seconds "
    "caller_response_latency_median_seconds caller_response_latency_p90_seconds"
)


def test_response_latency_runs_from_the_others_last_word() -> None:
    call = timed(
        "c 0-2 喂", "a 3-4 您好", "c 4.5-6 我要退货", "a 9-10 好的", "a 10.5-11 请稍等", "c 11-12 嗯"
    )

    assert measured(LATENCIES, call) == pytest.approx([2.0, 2.8, 0.25, 0.45])


def test_an_answer_that_overlaps_is_no_response() -> None:
    call = timed("c 0-2 喂", "a 1-3 您好", "c 2.5-4 我要退货")

    assert measured(LATENCIES, call) == [
        *["the agent never answered the caller without overlap"] * 2,
        *["the caller never answered the agent without overlap"] * 2,
    ]


def test_a_response_does_not_wait_for_a_hold() -> None:
    call = timed("c 0-2 帮我查一下", "a 62-63 让您久等了")

    assert measured(LATENCIES, call, (hold(3, True), hold(61, False)))[0] == 2.0


HOLDS = "hold_seconds hold_count hold_longest_seconds caller_hold_seconds"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((other_event(0),), [0.0, 0.0, 0.0, 0.0]),
        ((hold(2, True), hold(7, False)), [5.0, 1.0, 5.0, 0.0]),
        ((hold(7, False), hold(2, True)), [5.0, 1.0, 5.0, 0.0]),  # in any order
        ((hold(2, True), hold(4, True), hold(7, False), hold(8, False)), [5.0, 1.0, 5.0, 0.0]),
        ((hold(2, True), hold(3, False), hold(5, True), hold(9, False)), [5.0, 2.0, 4.0, 0.0]),
        ((hold(8, True),), [2.0, 1.0, 2.0, 0.0]),  # until the end
        ((hold(8, True), other_event(12)), [4.0, 1.0, 4.0, 0.0]),
        ((hold(2, True, "caller"), hold(4, False, "caller")), [0.0, 0.0, 0.0, 2.0]),
        ((), ["no events of the call were given"] * 4),
    ],
)
def test_hold(events: tuple[CallEvent, ...], expected: list[float | str]) -> None:
    assert measured(HOLDS, timed("a 0-2 请稍等", "c 9-10 喂"), events) == expected


def test_a_mono_recording_has_silences_but_no_parties() -> None:
    call = timed("u 0-2 您好", "u 5-8 我要退货", note=MONO)

    features = features_of(call)

    assert features.values["silence_over_2s_seconds"] == 3.0
    assert features.values["talk_share"] == 5 / 8
    assert features.values["speech_rate_characters_per_minute"] == 72.0
    assert {
        features.unavailable[name]
        for name in (
            "agent_talk_share",
            "overlap_count",
            "caller_interruptions_count",
            "silence_over_2s_broken_by_agent_count",
            "agent_longest_monologue_seconds",
            "turns_count",
            "caller_thanks_count",
            "agent_response_latency_median_seconds",
        )
    } == {MONO}
