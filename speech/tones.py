"""Call-progress tones as a caller in China hears them: dial tone, ring-back, busy, congestion.

All are 450 Hz; their cadences are those listed for China in ITU-T E.180 Supplement 2, "Various tones
used in national networks".
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FREQUENCY = 450.0
#: Seconds on and off. The dial tone is continuous.
RING_BACK_CADENCE = (1.0, 4.0)
BUSY_CADENCE = (0.35, 0.35)
CONGESTION_CADENCE = (0.7, 0.7)

#: Level of a sine whose peaks reach A-law's overload point (ITU-T G.711, section 5), in dBm0.
_FULL_SCALE_SINE = 3.14
#: Rise and fall of each burst in seconds: long enough not to click, short against every cadence.
_EDGE = 0.004


def dial_tone(seconds: float, *, level_dbm0: float = -10.0, rate_hz: int = 8000) -> npt.NDArray[np.int16]:
    """Return ``seconds`` of dial tone (int16, shape (n,)) at ``level_dbm0``."""
    return _bursts(seconds, (seconds, 0.0), level_dbm0, rate_hz)


def ring_back(seconds: float, *, level_dbm0: float = -10.0, rate_hz: int = 8000) -> npt.NDArray[np.int16]:
    """Return ``seconds`` of ring-back tone (int16, shape (n,)), beginning with a burst."""
    return _bursts(seconds, RING_BACK_CADENCE, level_dbm0, rate_hz)


def busy(seconds: float, *, level_dbm0: float = -10.0, rate_hz: int = 8000) -> npt.NDArray[np.int16]:
    """Return ``seconds`` of busy tone (int16, shape (n,)), beginning with a burst."""
    return _bursts(seconds, BUSY_CADENCE, level_dbm0, rate_hz)


def congestion(seconds: float, *, level_dbm0: float = -10.0, rate_hz: int = 8000) -> npt.NDArray[np.int16]:
    """Return ``seconds`` of congestion tone (int16, shape (n,)), beginning with a burst."""
    return _bursts(seconds, CONGESTION_CADENCE, level_dbm0, rate_hz)


def _bursts(
    seconds: float, cadence: tuple[float, float], level_dbm0: float, rate_hz: int
) -> npt.NDArray[np.int16]:
    on, off = cadence
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    phase = np.mod(time, on + off) if on + off > 0 else time
    envelope = np.clip(np.minimum(phase, on - phase) / _EDGE, 0.0, 1.0)
    amplitude = 32767 * 10 ** ((level_dbm0 - _FULL_SCALE_SINE) / 20)
    return np.rint(amplitude * envelope * np.sin(2 * np.pi * FREQUENCY * time)).astype(np.int16)
