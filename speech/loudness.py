"""How loud speech is: the active speech level of ITU-T P.56, which leaves pauses out.

The mean power of a recording falls with every pause in it, so it cannot say whether two prompts are
equally loud. Method B of Recommendation ITU-T P.56 (12/2011) measures while there is speech only, and
finds by itself where that is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: Level at which telephone prompts are made, in dBov: the nominal speech level of ITU-T P.64 and of the
#: ITU-T G.191 tools.
NOMINAL_LEVEL = -26.0

# P.56, clause 8.2: what "Method B" fixes
_TIME_CONSTANT = 0.03  # T, seconds
_HANGOVER = 0.2  # H, seconds
_MARGIN = 15.9  # M, decibels between the active level and the threshold that tells speech from noise
#: c_j: full scale halved 15 times down to the step of 16-bit samples.
_THRESHOLDS = 2.0 ** np.arange(-15, 0)

_PEAK = 10 ** (-1 / 20)  # no sample comes closer than 1 dB to overload
_BLOCK_TIME_CONSTANTS = 4  # of the smoothing filter: e⁴ of growth within a block costs no accuracy


@dataclass(frozen=True, slots=True)
class SpeechLevel:
    """What P.56 measures.

    Parameters
    ----------
    active : float
        Active speech level in dBov (0 dBov: the power of a full-scale square wave); ``-inf`` where
        nothing is louder than the lowest threshold.
    activity : float
        Share of the time, 0 to 1, that counts as speech.
    mean : float
        Level of everything, pauses included, in dBov.
    """

    active: float
    activity: float
    mean: float


def speech_level(samples: npt.NDArray[np.floating] | npt.NDArray[np.int16], rate: int) -> SpeechLevel:
    """Measure the active level of speech.

    Parameters
    ----------
    samples : float array (n,) in [-1, 1], or int16 array (n,)
        One channel.
    rate : int
        Samples per second; P.56 asks for at least 600.

    References
    ----------
    Recommendation ITU-T P.56 (12/2011), clause 8, Method B.
    """
    sound = np.asarray(samples, np.float64)
    if samples.dtype == np.int16:
        sound = sound / 32768
    energy = float(np.sum(sound**2))
    if energy == 0.0:
        return SpeechLevel(-np.inf, 0.0, -np.inf)
    mean = 10 * np.log10(energy / len(sound))
    envelope = _smoothed(_smoothed(np.abs(sound), rate), rate)
    active_samples = np.array([_active(envelope >= c, round(_HANGOVER * rate)) for c in _THRESHOLDS])
    used = int(np.count_nonzero(active_samples))
    if used == 0:
        return SpeechLevel(-np.inf, 0.0, mean)
    levels = 10 * np.log10(energy / active_samples[:used])
    active = _where_margin_is_met(levels, 20 * np.log10(_THRESHOLDS[:used]))
    return SpeechLevel(active, min(1.0, 10 ** ((mean - active) / 10)), mean)


def normalised(
    sound: npt.NDArray[np.float32], rate: int, level: float = NOMINAL_LEVEL
) -> npt.NDArray[np.float32]:
    """Return ``sound`` at an active level, or below it where its peaks would come within 1 dB of overload.

    Parameters
    ----------
    sound : float32 array, shape (n,), in [-1, 1]
        One channel; silence stays as it is.
    rate : int
        Samples per second.
    level : float
        In dBov.
    """
    measured = speech_level(sound, rate).active
    if measured == -np.inf:
        return sound
    gain = min(10 ** ((level - measured) / 20), _PEAK / float(np.abs(sound).max()))
    return np.asarray(sound * np.float32(gain))


def _smoothed(values: npt.NDArray[np.float64], rate: int) -> npt.NDArray[np.float64]:
    """Return the exponential average of ``values`` with the time constant of P.56."""
    length = max(1, round(_BLOCK_TIME_CONSTANTS * _TIME_CONSTANT * rate))
    decay = np.exp(-1 / (rate * _TIME_CONSTANT))
    powers = decay ** np.arange(1, length + 1)
    result = np.empty_like(values)
    last = 0.0
    for start in range(0, len(values), length):
        block = values[start : start + length]
        share = powers[: len(block)]
        result[start : start + length] = share * (last + (1 - decay) * np.cumsum(block / share))
        last = float(result[min(start + length, len(values)) - 1])
    return result


def _active(above: npt.NDArray[np.bool_], hangover: int) -> int:
    """Count the samples above a threshold and the ``hangover`` samples behind each of them."""
    index = np.arange(len(above))
    last_above = np.maximum.accumulate(np.where(above, index, -hangover - 1))
    return int(np.count_nonzero(index - last_above <= hangover))


def _where_margin_is_met(levels: npt.NDArray[np.float64], thresholds: npt.NDArray[np.float64]) -> float:
    """Return the level that lies :data:`_MARGIN` above its own threshold, between two if need be.

    With the threshold the margin falls: it is below the right one while pauses count as speech. Sound
    that stays over every threshold, or under the second, has the level of the nearest one.
    """
    margins = levels - thresholds
    below = np.flatnonzero(margins <= _MARGIN)
    if len(below) == 0:
        return float(levels[-1])
    upper = int(below[0])
    if upper == 0:
        return float(levels[0])
    share = (margins[upper - 1] - _MARGIN) / (margins[upper - 1] - margins[upper])
    return float(levels[upper - 1] + share * (levels[upper] - levels[upper - 1]))
