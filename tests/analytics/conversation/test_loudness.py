"""Loudness from the sound of the recording."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from analytics.conversation import features_of
from analytics.conversation.loudness import levels_of
from speech.levels import utterance_levels, with_levels
from tests.analytics.conversation.scene import timed, written

pytestmark = pytest.mark.unit

RATE = 8000
CALL = timed("a 0-2 您好", "c 2-4 喂", "a 4-6 请讲", "c 6-8 我要退货")


def tone(amplitude: float, seconds: float) -> npt.NDArray[np.float32]:
    return (amplitude * np.sin(2 * np.pi * 440 * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def recording() -> npt.NDArray[np.float32]:
    """Return caller and agent: the agent evenly loud, the caller ten times as strong in the end."""
    caller = np.concatenate([tone(0, 2), tone(0.02, 2), tone(0, 2), tone(0.2, 2)])
    agent = np.concatenate([tone(0.1, 2), tone(0, 2), tone(0.1, 2), tone(0, 2)])
    return np.stack([caller, agent])


def test_each_utterance_has_the_level_of_its_channel_at_its_time() -> None:
    levels = utterance_levels(CALL, recording(), RATE)

    assert levels == pytest.approx((-23.0, -37.0, -23.0, -17.0), abs=0.3)  # a sine is 3 dB below its peak


def test_a_transcript_keeps_the_levels_of_its_utterances() -> None:
    levels = utterance_levels(CALL, recording(), RATE)

    assert levels_of(with_levels(CALL, recording(), RATE)) == levels
    assert levels_of(CALL) is None
    assert levels_of(with_levels(written("c 喂"), recording(), RATE)) is None


def test_sixteen_bit_sound_has_the_same_levels() -> None:
    samples = recording()

    levels = utterance_levels(CALL, (32767 * samples).astype(np.int16), RATE)

    assert levels == pytest.approx(utterance_levels(CALL, samples, RATE), abs=0.05)


def test_a_party_has_the_power_mean_of_its_utterances() -> None:
    values = features_of(CALL, loudness=(-23.0, -37.0, -23.0, -17.0)).values

    assert values["agent_loudness_dbov"] == pytest.approx(-23.0)
    assert values["caller_loudness_dbov"] == pytest.approx(10 * np.log10((10**-3.7 + 10**-1.7) / 2))


def test_the_change_is_from_the_first_to_the_last_quarter() -> None:
    call = timed("c 0-1 喂", "a 1-7 您好", "c 7-8 我要退货")

    features = features_of(call, loudness=(-30.0, -20.0, -18.5))

    assert features.values["caller_loudness_change_db"] == pytest.approx(11.5)
    assert features.unavailable["agent_loudness_change_db"] == (
        "the agent did not speak in both the first and the last quarter"
    )


def test_without_sound_loudness_is_not_available() -> None:
    assert features_of(CALL).unavailable["agent_loudness_dbov"] == "no sound of the call was given"
    assert features_of(written("c 喂"), loudness=(None,)).unavailable["caller_loudness_dbov"] == (
        "the transcript has no times"
    )
    assert features_of(CALL, loudness=(None, -20.0, None, None)).unavailable["agent_loudness_dbov"] == (
        "no sound of the agent"
    )


def test_digital_silence_and_a_short_recording_have_no_level() -> None:
    silence = np.zeros((2, 3 * RATE), np.float32)

    assert utterance_levels(CALL, silence, RATE) == (None,) * 4
    assert utterance_levels(CALL, np.zeros((1, 0), np.float32), RATE) == (None,) * 4


def test_one_level_for_each_utterance() -> None:
    with pytest.raises(ValueError, match="loudness has 1 items for 4 utterances"):
        features_of(CALL, loudness=(-20.0,))
