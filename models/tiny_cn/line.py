"""The line that training speech comes through: rooms, bands, levels, noise, codecs, at random.

Some are telephone lines as :mod:`speech.channel` makes them, most are wilder, so that the model depends on
no single kind.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from models.tiny_cn import signals
from models.tiny_cn.alignment import Segment
from models.tiny_cn.lexicon import SILENCE
from speech import g711
from speech.channel import telephone

RATE = signals.RATE
_UP, _DOWN = 160, 441  # 22050 Hz → 8000 Hz
_TELEPHONE = butter(4, (300, 3400), "band", fs=RATE, output="sos")
_WIDE = butter(2, (120, 3700), "band", fs=RATE, output="sos")


def placed(
    samples: npt.NDArray[np.int16], segments: Sequence[Segment], rng: np.random.Generator
) -> tuple[signals.Signal, list[Segment]]:
    """Bring speech at 22050 Hz to 8 kHz, at a random speed, between random silences; peak 1."""
    down = _DOWN if rng.random() < 0.67 else round(_DOWN / rng.uniform(0.9, 1.12))
    speech = resample_poly(samples.astype(np.float64), _UP, down)
    before, after = rng.uniform(0.1, 0.7), rng.uniform(0.2, 0.9)
    wave = np.concatenate([np.zeros(int(before * RATE)), speech, np.zeros(int(after * RATE))])
    stretch = down / _DOWN
    moved = [Segment(s.phone, before + s.start / stretch) for s in segments]
    return wave / (np.abs(wave).max() + 1e-9), [Segment(SILENCE, 0.0), *moved]


def degraded(
    wave: signals.Signal, rng: np.random.Generator, babble: Sequence[signals.Signal] = ()
) -> npt.NDArray[np.int16]:
    """Send ``wave`` (8 kHz, peak about 1) through a random line: a telephone's in two cases of five.

    Parameters
    ----------
    wave : float array, shape (n,)
        Speech or signals.
    rng : numpy.random.Generator
        Chooses everything.
    babble : sequence of float arrays
        Voices of several people at once, mixed in now and then.

    Returns
    -------
    int16 array, shape (n,)
    """
    if rng.random() < 0.4:
        sound = np.rint(32767 * 10 ** rng.uniform(-0.8, -0.05) * wave / (np.abs(wave).max() + 1e-9))
        return telephone(
            np.clip(sound, -32768, 32767).astype(np.int16),
            snr_db=float(rng.uniform(5, 40)) if rng.random() < 0.8 else None,
            codec="alaw" if rng.random() < 0.5 else "ulaw",
            rng=rng,
            level_db=float(rng.uniform(-15, 0)),
            colour="pink" if rng.random() < 0.7 else "white",
        )
    if rng.random() < 0.2:
        length = int(RATE * rng.uniform(0.05, 0.25))
        room = rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 5)) * rng.uniform(0.1, 0.4)
        room[0] = 1
        wave = fftconvolve(wave, room)[: len(wave)]
    band = rng.random()
    if band < 0.6:
        wave = sosfilt(_TELEPHONE, wave)
    elif band < 0.75:
        wave = sosfilt(_WIDE, wave)
    wave = wave / (np.abs(wave).max() + 1e-9) * 10 ** rng.uniform(-1.3, -0.05)
    if rng.random() < 0.8:
        wave = wave + _noise(wave, rng, babble)
    elif rng.random() < 0.5:  # a line that is clean is not digitally silent
        wave = wave + signals.noise(len(wave), 0.5, rng) * 10 ** rng.uniform(-4.5, -3)
    sound = np.clip(np.rint(32767 * wave), -32768, 32767).astype(np.int16)
    codec = rng.random()
    if codec < 0.35:
        return g711.alaw_decode(g711.alaw_encode(sound))
    if codec < 0.6:
        return g711.ulaw_decode(g711.ulaw_encode(sound))
    return sound


def with_signals(
    wave: signals.Signal, speech_from: float, speech_to: float, rng: np.random.Generator
) -> signals.Signal:
    """Put a tone, key or other signal before or after the speech, which lasts between the given seconds."""
    begin, end = int(speech_from * RATE), int(speech_to * RATE)
    result = wave.copy()
    loudness = 10 ** rng.uniform(-1.3, -0.1)
    if rng.random() < 0.5 and begin > 800:
        result[: begin - 400] += loudness * signals.random_signal(begin - 400, rng)
    elif len(wave) - end > 1200:
        result[end + 800 :] += loudness * signals.random_signal(len(wave) - end - 800, rng)
    return result


def _noise(
    wave: signals.Signal, rng: np.random.Generator, babble: Sequence[signals.Signal]
) -> signals.Signal:
    ratio = rng.uniform(6, 40)
    kind = rng.random()
    if kind < 0.12 and babble and ratio > 12:
        noise = np.resize(np.roll(babble[int(rng.integers(len(babble)))], rng.integers(RATE)), len(wave))
    elif kind < 0.2:
        noise = signals.hum(len(wave), rng) + 0.3 * signals.noise(len(wave), 0.5, rng)
    else:
        noise = signals.noise(len(wave), float(rng.choice((0.0, 0.25, 0.5, 0.5, 1.0))), rng)
    power = np.mean(wave**2) / 10 ** (ratio / 10)
    return np.asarray(noise / np.sqrt(np.mean(noise**2) + 1e-12) * np.sqrt(power))
