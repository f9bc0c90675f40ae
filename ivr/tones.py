"""Tones that callers hear from us: the beep before a message, the ringing of a number that is called."""

from __future__ import annotations

import numpy as np

from ivr.doors import RATE, Samples
from speech.tones import RING_BACK_CADENCE, ring_back

_BEEP_HERTZ, _BEEP_SECONDS, _BEEP_AMPLITUDE = 1000.0, 0.3, 6000.0


def beep() -> Samples:
    """Return the beep before a message."""
    time = np.arange(round(_BEEP_SECONDS * RATE)) / RATE
    return (_BEEP_AMPLITUDE * np.sin(2 * np.pi * _BEEP_HERTZ * time)).astype(np.int16)


def ring() -> Samples:
    """Return one ring, without the pause after it."""
    return ring_back(RING_BACK_CADENCE[0], rate_hz=RATE)


def ringing() -> Samples:
    """Return one ring and the pause after it, to be repeated."""
    return ring_back(sum(RING_BACK_CADENCE), rate_hz=RATE)
