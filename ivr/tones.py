"""Tones that callers hear from us: the beep before a message, the ringing of a number that is called."""

from __future__ import annotations

import numpy as np

from ivr.doors import RATE, Samples

_BEEP_HERTZ, _BEEP_SECONDS, _BEEP_AMPLITUDE = 1000.0, 0.3, 6000.0
# ITU-T E.180, supplement 2: China's ringing tone is 450 Hz, 1 s on and 4 s off.
_RING_HERTZ, _RING_ON_SECONDS, _RING_OFF_SECONDS, _RING_AMPLITUDE = 450.0, 1.0, 4.0, 3000.0


def beep() -> Samples:
    """Return the beep before a message."""
    return _tone(_BEEP_HERTZ, _BEEP_SECONDS, _BEEP_AMPLITUDE)


def ring() -> Samples:
    """Return one ring, without the pause after it."""
    return _tone(_RING_HERTZ, _RING_ON_SECONDS, _RING_AMPLITUDE)


def ringing() -> Samples:
    """Return one ring and the pause after it, to be repeated."""
    return np.concatenate([ring(), np.zeros(round(_RING_OFF_SECONDS * RATE), np.int16)])


def _tone(hertz: float, seconds: float, amplitude: float) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
