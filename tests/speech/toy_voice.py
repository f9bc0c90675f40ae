"""A toy voice: vowels with one resonance each, clear to the toy models and speech to the voice gate."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 16_000
#: What is said → the resonance in hertz that makes the vowel.
VOWELS = {"好": 500.0, "不": 1100.0, "行": 2400.0}


def say(text: str, *, seconds: float = 0.3, gap: float = 0.06, lead: float = 0.5) -> npt.NDArray[np.float32]:
    """Return the vowels of ``text`` with short gaps; a space is 1.2 s of silence."""
    generator = np.random.default_rng(7)
    parts = [np.zeros(int(lead * RATE))]
    for sign in text:
        if sign == " ":
            parts.append(np.zeros(int(1.2 * RATE)))
            continue
        parts += [_vowel(VOWELS[sign], seconds), np.zeros(int(gap * RATE))]
    sound = np.concatenate([*parts, np.zeros(int(lead * RATE))])
    return np.asarray(sound + 0.0003 * generator.standard_normal(len(sound)), np.float32)


def _vowel(resonance: float, seconds: float) -> npt.NDArray[np.float64]:
    time = np.arange(int(seconds * RATE)) / RATE
    pitch = 140 - 25 * time / seconds
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = np.zeros(len(time))
    for number in range(1, 26):
        wave += np.exp(-(((number * 130 - resonance) / 180) ** 2)) * np.sin(number * phase)
    shape = np.minimum(1, np.minimum(time, time[::-1]) / 0.03)
    return 0.2 * shape * wave / np.abs(wave).max()
