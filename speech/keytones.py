"""The two-tone signals of telephone keys (DTMF): which frequencies, and their generator.

Frequencies are those of ITU-T Q.23 (11/88); the letters A–D are its fourth column.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Frequencies of the rows and of the columns of the keypad, in hertz.
LOW_GROUP = (697.0, 770.0, 852.0, 941.0)
HIGH_GROUP = (1209.0, 1336.0, 1477.0, 1633.0)
#: The keys, row by row.
KEYS = "123A456B789C*0#D"

#: Level of a sine whose peaks reach A-law's overload point (ITU-T G.711, section 5), in dBm0.
FULL_SCALE_SINE = 3.14


def key_frequencies(key: str) -> tuple[float, float]:
    """Return the low and the high frequency of ``key`` in hertz.

    Raises
    ------
    ValueError
        There is no such key.
    """
    place = KEYS.find(key) if len(key) == 1 else -1
    if place < 0:
        raise ValueError(f"{key!r} is no key of a telephone; the keys are {KEYS}")
    return LOW_GROUP[place // 4], HIGH_GROUP[place % 4]


def key_tones(
    keys: str,
    *,
    on: float = 0.1,
    off: float = 0.1,
    level_dbm0: float = -10.0,
    twist_db: float = 0.0,
    offset_percent: tuple[float, float] = (0.0, 0.0),
    edge: float = 0.001,
    phases: tuple[float, float] = (0.0, 0.0),
    rate_hz: int = 8000,
) -> npt.NDArray[np.int16]:
    """Return the sound of ``keys`` pressed one after the other, each followed by a pause.

    Parameters
    ----------
    keys : str
        Out of :data:`KEYS`; empty gives no samples.
    on, off : float
        Seconds of tone, counted from half amplitude to half amplitude, and of silence.
    level_dbm0 : float
        Level of the tone of the low group. Two tones at 0 dBm0 just about overload G.711; what goes
        beyond is clipped.
    twist_db : float
        Level of the high group over that of the low group: positive is reverse twist, negative normal
        twist, as lines have it, which weaken high frequencies.
    offset_percent : (float, float)
        By how much the low and the high frequency are off.
    edge : float
        Seconds that a tone takes to rise and to fall.
    phases : (float, float)
        Of the two tones at the start of each key, in radians.
    rate_hz : int
        Samples per second.

    Returns
    -------
    int16 array, shape (n,)

    Raises
    ------
    ValueError
        There is no such key.
    """
    count = round((on + off) * rate_hz)
    time = np.arange(count) / rate_hz
    rise = max(edge, 1 / rate_hz)
    envelope = np.clip(np.minimum(time, on - time) / rise + 0.5, 0.0, 1.0)
    low = 32767 * 10 ** ((level_dbm0 - FULL_SCALE_SINE) / 20)
    amplitudes = (low, low * 10 ** (twist_db / 20))
    sounds = [np.zeros(0, np.int16)]
    for key in keys:
        sound = np.zeros(count)
        tones = zip(key_frequencies(key), amplitudes, offset_percent, phases, strict=True)
        for frequency, amplitude, offset, phase in tones:
            sound += amplitude * np.sin(2 * np.pi * frequency * (1 + offset / 100) * time + phase)
        sounds.append(np.clip(np.rint(envelope * sound), -32768, 32767).astype(np.int16))
    return np.concatenate(sounds)
