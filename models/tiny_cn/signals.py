"""What a line carries besides speech: tones, keys, hum, clicks, hiss, music. Nothing of it is text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 8000
Signal = npt.NDArray[np.float64]

_CALL_TONE = 450.0  # dial, ring-back and busy tone in China
_CADENCES = ((1.0, 4.0), (0.35, 0.35), (0.7, 0.7), (0.1, 0.1), (9.0, 0.0))
_DTMF_ROWS, _DTMF_COLUMNS = (697.0, 770.0, 852.0, 941.0), (1209.0, 1336.0, 1477.0, 1633.0)


def noise(count: int, slope: float, rng: np.random.Generator) -> Signal:
    """Return noise of unit power whose amplitude falls with frequency to the power ``slope``: 0 is white."""
    length = 1 << max(1, count - 1).bit_length()  # a power of two is quick to transform
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** slope
    spectrum[0] = 0
    wave = np.fft.irfft(spectrum)[:count]
    return np.asarray(wave / (np.sqrt(np.mean(wave**2)) + 1e-12))


def hum(count: int, rng: np.random.Generator) -> Signal:
    """Return mains hum with harmonics, of unit power."""
    time = np.arange(count) / RATE
    wave = sum(
        rng.uniform(0, 1) / harmonic * np.sin(2 * np.pi * 50 * harmonic * time + rng.uniform(0, 6.28))
        for harmonic in range(1, 20)
    )
    return np.asarray(wave / (np.sqrt(np.mean(wave**2)) + 1e-12))


def clicks(count: int, rng: np.random.Generator) -> Signal:
    """Return scattered clicks of up to 2 ms with a peak of 1."""
    wave = np.zeros(count)
    for _ in range(rng.integers(1, 2 + count // 2000)):
        length = int(rng.integers(1, 16))
        at = int(rng.integers(0, max(1, count - length)))
        burst = rng.uniform(-1, 1, length)
        wave[at : at + length] += burst[: count - at]
    return wave


def tone(
    count: int, frequencies: tuple[float, ...], cadence: tuple[float, float], rng: np.random.Generator
) -> Signal:
    """Return sines with a peak of 1, on and off in ``cadence`` (seconds), from a random moment of it."""
    time = np.arange(count) / RATE
    on, off = cadence
    phase = np.mod(time + rng.uniform(0, on + off), on + off)
    wave = sum(np.sin(2 * np.pi * f * time + rng.uniform(0, 6.28)) for f in frequencies)
    return np.asarray(wave * (phase < on) / len(frequencies))


def call_tone(count: int, rng: np.random.Generator) -> Signal:
    """Return a dial, ring-back, busy or similar tone."""
    frequency = _CALL_TONE if rng.random() < 0.7 else rng.uniform(200, 3000)
    return tone(count, (frequency,), _CADENCES[rng.integers(len(_CADENCES))], rng)


def keys(count: int, rng: np.random.Generator) -> Signal:
    """Return telephone keys (ITU-T Q.23), several in sequence."""
    wave = np.zeros(count)
    at = int(rng.uniform(0, 0.3) * RATE)
    while at < count:
        length = min(int(rng.uniform(0.05, 0.3) * RATE), count - at)
        pair = (float(rng.choice(_DTMF_ROWS)), float(rng.choice(_DTMF_COLUMNS)))
        wave[at : at + length] = tone(length, pair, (9.0, 0.0), rng)
        at += length + int(rng.uniform(0.05, 0.5) * RATE)
    return wave


def music(count: int, rng: np.random.Generator) -> Signal:
    """Return a plucked melody with chords, as while a caller holds."""
    wave = np.zeros(count)
    step = int(rng.uniform(0.12, 0.5) * RATE)
    scale = 220 * 2 ** (np.array([0, 2, 4, 7, 9, 12, 14, 16, 19, 21]) / 12)
    for at in range(0, count, step):
        length = min(2 * step, count - at)
        time = np.arange(length) / RATE
        for _ in range(rng.integers(1, 4)):
            pitch = float(rng.choice(scale))
            decay = np.exp(-time * rng.uniform(2, 12))
            for harmonic in range(1, 5):
                wave[at : at + length] += decay * np.sin(2 * np.pi * pitch * harmonic * time) / harmonic**1.5
    return np.asarray(wave / (np.abs(wave).max() + 1e-12))


def random_signal(count: int, rng: np.random.Generator) -> Signal:
    """Return ``count`` samples of one of the above, peak at most 1 in order of magnitude."""
    kinds = (
        call_tone,
        call_tone,
        keys,
        keys,
        music,
        clicks,
        lambda n, r: 0.25 * hum(n, r),
        lambda n, r: 0.25 * noise(n, float(r.uniform(0, 1)), r),
        lambda n, _r: np.zeros(n),
    )
    return np.asarray(kinds[rng.integers(len(kinds))](count, rng))
