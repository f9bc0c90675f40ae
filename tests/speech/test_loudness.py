import math

import numpy as np
import pytest

from speech.loudness import NOMINAL_LEVEL, SpeechLevel, normalised, speech_level
from speech.voices import VOICES, Speaker

RATE = 8000


def tone(seconds: float, dbov: float, *, rate: int = RATE) -> np.ndarray:
    """Return a 1 kHz sine of which ``dbov`` is the mean power."""
    time = np.arange(round(seconds * rate)) / rate
    return math.sqrt(2) * 10 ** (dbov / 20) * np.sin(2 * np.pi * 1000 * time)


def bursts(on: float, off: float, count: int, dbov: float) -> np.ndarray:
    return np.concatenate([np.concatenate([tone(on, dbov), np.zeros(round(off * RATE))])] * count)


def by_the_letter(sound: np.ndarray, rate: int) -> tuple[float, float]:
    """Return active level and activity as P.56 8.2 writes them down: sample by sample, one counter each."""
    g, hangover = math.exp(-1 / (rate * 0.03)), round(0.2 * rate)
    thresholds = [2.0**j for j in range(-15, 0)]
    counts, hangs = [0] * 15, [hangover] * 15
    p = q = energy = 0.0
    for x in map(float, sound):
        energy += x * x
        p = g * p + (1 - g) * abs(x)
        q = g * q + (1 - g) * p
        for j, c in enumerate(thresholds):
            if q >= c:
                counts[j], hangs[j] = counts[j] + 1, 0
            elif hangs[j] < hangover:
                counts[j], hangs[j] = counts[j] + 1, hangs[j] + 1
    previous = (0.0, 0.0)
    for count, c in zip(counts, thresholds, strict=True):
        level, margin = 10 * math.log10(energy / count), 10 * math.log10(energy / count) - 20 * math.log10(c)
        if margin <= 15.9:
            share = (previous[1] - 15.9) / (previous[1] - margin)
            active = previous[0] + share * (level - previous[0])
            return active, 10 ** ((10 * math.log10(energy / len(sound)) - active) / 10)
        previous = level, margin
    raise AssertionError("no threshold meets the margin")


@pytest.mark.unit
@pytest.mark.parametrize("dbov", [-10.0, -26.0, -40.0, -55.0])
def test_a_steady_tone_is_active_all_the_time_at_its_mean_level(dbov: float) -> None:
    measured = speech_level(tone(10, dbov), RATE)
    assert measured.mean == pytest.approx(dbov, abs=0.001)
    assert measured.active == pytest.approx(dbov, abs=0.05)
    assert measured.activity > 0.99


@pytest.mark.unit
def test_a_full_scale_sine_is_three_decibels_below_overload() -> None:
    assert speech_level(np.sin(np.arange(80_000)), RATE).mean == pytest.approx(-3.01, abs=0.01)


@pytest.mark.unit
def test_pauses_lower_the_mean_and_only_the_hangover_lowers_the_active_level() -> None:
    measured = speech_level(bursts(2.0, 2.0, 8, -26.0), RATE)
    assert measured.mean == pytest.approx(-26 - 10 * math.log10(2), abs=0.01)
    # 0.2 s of hangover and the filter's own decay count as speech behind every burst of 2 s
    assert measured.active == pytest.approx(-26 - 10 * math.log10(2.3 / 2.0), abs=0.15)
    assert measured.activity == pytest.approx(2.3 / 4.0, abs=0.02)


@pytest.mark.unit
def test_gaps_shorter_than_the_hangover_are_part_of_speech() -> None:
    measured = speech_level(bursts(0.3, 0.1, 25, -20.0), RATE)
    assert measured.active == pytest.approx(measured.mean, abs=0.1)


@pytest.mark.unit
@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_the_recommendation_taken_by_the_letter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = [rng.normal(0, 10 ** rng.uniform(-3, -1), round(RATE * rng.uniform(0.05, 0.9))) for _ in range(6)]
    pauses = [rng.normal(0, 1e-4, round(RATE * rng.uniform(0.05, 0.6))) for _ in range(6)]
    sound = np.concatenate([each for pair in zip(parts, pauses, strict=True) for each in pair])
    level, activity = by_the_letter(sound, RATE)
    measured = speech_level(sound, RATE)
    assert (measured.active, measured.activity) == (pytest.approx(level), pytest.approx(activity))


@pytest.mark.unit
@pytest.mark.parametrize("gain", [-20.0, -6.0, 3.0])
def test_the_level_moves_with_the_gain(gain: float) -> None:
    sound = bursts(0.7, 0.5, 6, -26.0)
    louder = speech_level(sound * 10 ** (gain / 20), RATE)
    assert louder.active - speech_level(sound, RATE).active == pytest.approx(gain, abs=0.3)


@pytest.mark.unit
def test_the_rate_does_not_matter() -> None:
    slow, fast = speech_level(tone(5, -26), RATE), speech_level(tone(5, -26, rate=48000), 48000)
    assert slow.active == pytest.approx(fast.active, abs=0.01)


@pytest.mark.unit
def test_samples_of_sixteen_bits_measure_the_same() -> None:
    sound = bursts(0.7, 0.5, 6, -26.0)
    assert speech_level((sound * 32768).astype(np.int16), RATE).active == pytest.approx(
        speech_level(sound, RATE).active, abs=0.01
    )


@pytest.mark.unit
@pytest.mark.parametrize("length", [0, 1, 8000])
def test_silence_has_no_level(length: int) -> None:
    silence = np.zeros(length, np.float32)
    assert speech_level(silence, RATE) == SpeechLevel(-np.inf, 0.0, -np.inf)
    assert normalised(silence, RATE) is silence


@pytest.mark.unit
def test_what_stays_under_every_threshold_is_no_speech() -> None:
    whisper = speech_level(np.full(8000, 1e-6), RATE)
    assert (whisper.active, whisper.activity) == (-np.inf, 0.0)
    assert whisper.mean == pytest.approx(-120.0)


@pytest.mark.unit
def test_normalised_sound_has_the_level_asked_for() -> None:
    sound = bursts(0.8, 0.4, 5, -41.0).astype(np.float32)
    assert speech_level(normalised(sound, RATE), RATE).active == pytest.approx(NOMINAL_LEVEL, abs=0.1)


@pytest.mark.unit
def test_a_peak_is_never_driven_into_overload() -> None:
    sound = tone(2, -40).astype(np.float32)
    sound[8000] = 0.6
    assert np.abs(normalised(sound, RATE)).max() == pytest.approx(10 ** (-1 / 20))


@pytest.mark.integration
def test_pauses_in_a_prompt_do_not_make_it_louder() -> None:
    with Speaker() as speaker:
        speech = speaker.say("话费套餐请按一，网络故障请按二，订单快递请按三。", VOICES["system"]) / 32768
    spread = np.concatenate([np.zeros(16_000), speech, np.zeros(16_000)])
    assert speech_level(spread, RATE).active == pytest.approx(speech_level(speech, RATE).active, abs=0.3)
    assert speech_level(spread, RATE).mean < speech_level(speech, RATE).mean - 2
