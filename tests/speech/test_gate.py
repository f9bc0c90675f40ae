from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.errors import AudioError
from speech import tones
from speech.audio import resample
from speech.channel import noise, telephone
from speech.gate import HANG_OVER, PRE_ROLL, SpeechEnd, SpeechStart, VoiceGate, speech_spans
from speech.voices import VOICES, Speaker

RATE = 8000
TEXTS = (
    "您好，我想查询一下我的话费余额。",
    "宽带断了，网络连接不上，请帮我报修。",
    "不是",
    "人工服务",
    "你们的服务态度太差了，我要投诉。",
    "一三八零零一三八零零零",
)
TWO_MINUTES = 120 * RATE


@pytest.fixture(scope="module")
def conversation() -> tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]]:
    """Six voices with pauses of 0.5 to 3 s between them, and where they speak."""
    rng = np.random.default_rng(5)
    parts = []
    with Speaker() as speaker:
        for voice in ("system", "agent-1", "agent-2", "caller-1", "caller-3", "caller-4"):
            for text in TEXTS:
                pause = np.zeros(int(rng.uniform(0.5, 3.0) * RATE), np.int16)
                parts += [pause, speaker.say(text, VOICES[voice], RATE)]
    spoken = np.concatenate([np.full(len(part), part.any()) for part in parts])
    return np.concatenate(parts), spoken


def scaled(samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    return (samples / 32768).astype(np.float32)


def on_a_line(samples: npt.NDArray[np.int16], snr_db: float | None = 30.0) -> npt.NDArray[np.float32]:
    return scaled(telephone(samples, snr_db=snr_db, codec="alaw", rng=np.random.default_rng(2)))


def line_noise(level: float, colour: str, count: int = TWO_MINUTES) -> npt.NDArray[np.float32]:
    rng = np.random.default_rng(4)
    return scaled(noise(count, level_dbov=level, rng=rng, colour=colour).astype(np.int16))  # type: ignore[arg-type]


def digits(on: float, off: float) -> npt.NDArray[np.int16]:
    """A minute of DTMF."""
    time = np.arange(60 * RATE) / RATE
    number = (time / (on + off)).astype(int)
    low = np.array([697, 770, 852, 941])[number % 4]
    high = np.array([1209, 1336, 1477])[number % 3]
    sounding = np.mod(time, on + off) < on
    both = np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)
    return (5000 * both * sounding).astype(np.int16)


def hum(fundamental: float) -> npt.NDArray[np.int16]:
    """Five seconds of nothing, then a minute of mains hum with its harmonics."""
    time = np.arange(65 * RATE) / RATE
    wave = sum(np.sin(2 * np.pi * fundamental * k * time + k) / k for k in range(1, 30, 2))
    return (4000 * wave * (time > 5)).astype(np.int16)


@pytest.mark.integration
@pytest.mark.parametrize(("snr_db", "share"), [(None, 0.995), (30.0, 0.995), (20.0, 0.99), (15.0, 0.98)])
def test_speech_is_not_clipped(
    conversation: tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]], snr_db: float | None, share: float
) -> None:
    clean, spoken = conversation
    inside = np.zeros(len(clean), bool)

    spans = speech_spans(on_a_line(clean, snr_db), RATE)

    for start, end in spans:
        inside[int(start * RATE) : int(end * RATE)] = True
    energy = scaled(clean) ** 2
    assert energy[inside].sum() / energy.sum() >= share
    # pre-roll and hang-over are most of what is open beside the speech
    assert inside.mean() < spoken.mean() + len(spans) * (PRE_ROLL + HANG_OVER + 0.1) * RATE / len(clean)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


@pytest.mark.unit
@pytest.mark.parametrize("level", [-70.0, -50.0, -35.0])
@pytest.mark.parametrize("colour", ["white", "pink"])
def test_line_noise_stays_closed(level: float, colour: str) -> None:
    assert speech_spans(line_noise(level, colour), RATE) == []


@pytest.mark.unit
def test_silence_stays_closed() -> None:
    assert speech_spans(np.zeros(TWO_MINUTES, np.float32), RATE) == []


@pytest.mark.unit
@pytest.mark.parametrize("snr_db", [None, 30.0])
@pytest.mark.parametrize("tone", [tones.dial_tone, tones.ring_back, tones.busy, tones.congestion])
def test_call_progress_tones_stay_closed(tone: type[object], snr_db: float | None) -> None:
    sound: npt.NDArray[np.int16] = tone(60.0)  # type: ignore[call-arg, assignment]
    assert speech_spans(on_a_line(sound, snr_db), RATE) == []


@pytest.mark.unit
@pytest.mark.parametrize("sound", [digits(0.05, 0.05), digits(0.1, 0.1), digits(0.3, 0.2), hum(50), hum(60)])
def test_keys_and_hum_stay_closed(sound: npt.NDArray[np.int16]) -> None:
    assert speech_spans(on_a_line(sound), RATE) == []


@pytest.mark.unit
def test_crackle_stays_closed() -> None:
    rng = np.random.default_rng(6)
    clicks = (rng.random(TWO_MINUTES) < 2e-4) * rng.standard_normal(TWO_MINUTES) * 16000
    assert speech_spans(on_a_line(clicks.astype(np.int16)), RATE) == []


@pytest.mark.integration
def test_speech_after_a_ringing_tone_opens_at_the_speech(
    conversation: tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]],
) -> None:
    clean, spoken = conversation
    first = int(np.argmax(spoken))
    word = clean[first : first + 3 * RATE]
    sound = np.concatenate([tones.ring_back(11.0), word, np.zeros(RATE, np.int16)])

    spans = speech_spans(on_a_line(sound), RATE)

    assert len(spans) == 1
    assert spans[0][0] == pytest.approx(11.0, abs=PRE_ROLL + 0.1)


@pytest.mark.integration
@settings(max_examples=8, deadline=None)
@given(sizes=st.lists(st.integers(40, 5000), min_size=1, max_size=8))
def test_chunks_do_not_change_the_events(
    conversation: tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]], sizes: list[int]
) -> None:
    sound = on_a_line(conversation[0][: 20 * RATE])
    whole = VoiceGate(RATE)
    expected = whole.feed(sound) + whole.finish()

    gate, events, at = VoiceGate(RATE), [], 0
    while at < len(sound):
        for size in sizes:
            events += gate.feed(sound[at : at + size])
            at += size
    events += gate.finish()

    assert events == expected


@pytest.mark.integration
def test_events_alternate_and_whole_numbers_are_understood(
    conversation: tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]],
) -> None:
    gate = VoiceGate(RATE)
    events = gate.feed(conversation[0]) + gate.finish()

    assert len(events) > 20
    assert {type(event) for event in events[::2]} == {SpeechStart}
    assert {type(event) for event in events[1::2]} == {SpeechEnd}
    assert not gate.open


@pytest.mark.integration
def test_times_do_not_drift_at_rates_without_whole_frames(
    conversation: tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_]],
) -> None:
    sound = on_a_line(conversation[0][: 60 * RATE])
    spans = speech_spans(sound, RATE)
    faster = speech_spans(resample(sound, RATE, 11025), 11025)
    assert spans[0][0] == pytest.approx(faster[0][0], abs=0.05)
    assert spans[-1][1] == pytest.approx(faster[-1][1], abs=0.05)


@pytest.mark.unit
def test_a_rate_below_8_khz_is_refused() -> None:
    with pytest.raises(AudioError, match="rate 6000 is too low"):
        VoiceGate(6000)
