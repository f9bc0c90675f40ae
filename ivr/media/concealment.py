"""What is heard in place of a lost frame: the last pitch period again, fading.

After ITU-T G.711 appendix I (09/99), simplified: the period is found by the normalised correlation of the
last 20 ms with what was 5 to 15 ms earlier; it is repeated with a short cross-fade where it meets itself;
from the second lost frame on the sound fades, after 60 ms there is silence. No sample is delayed for it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Samples that are known before the gap: 40 ms.
HISTORY = 320
#: Frames after which silence takes over.
LONGEST = 3

_FRAME = 160
_SHORTEST_LAG, _LONGEST_LAG = 40, 120
_FADE = 20  # samples of the cross-fade
_GAINS = np.array([[1.0, 1.0], [1.0, 0.6], [0.6, 0.0]], np.float32)  # at the begin and end of each frame
_RAMP = np.linspace(0, 1, _FRAME, dtype=np.float32)
_FADING = _GAINS[:, :1] + (_GAINS[:, 1:] - _GAINS[:, :1]) * _RAMP

_Floats = npt.NDArray[np.float32]


def _periods() -> tuple[npt.NDArray[np.int64], _Floats]:
    """Return for each lag where the samples of a frame come from, and the weight of what lay a lag earlier.

    The period before the last sample, round and round; its seam is smoothed by what lay a period earlier.
    """
    lags = np.arange(_SHORTEST_LAG, _LONGEST_LAG + 1)[:, None]
    period = np.arange(_FRAME) % lags
    return HISTORY - lags + period, np.clip((period - (lags - _FADE)) / _FADE, 0, 1).astype(np.float32)


_FROM, _EARLIER = _periods()


def conceal(history: npt.NDArray[np.int16], run: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    """Return a frame for each gap.

    Parameters
    ----------
    history : int16 array, shape (n, 320)
        The sound before; in a longer gap, with what was put there for its first frames.
    run : int64 array, shape (n,)
        Which lost frame in a row this is, from 1.

    Returns
    -------
    int16 array, shape (n, 160)
    """
    sound = history.astype(np.float32)
    lag = _pitch(sound)
    which = lag - _SHORTEST_LAG
    place = _FROM[which]
    place += HISTORY * np.arange(len(sound))[:, None]
    flat = sound.reshape(-1)
    frame = flat[place]
    place -= lag[:, None]
    frame += (flat[place] - frame) * _EARLIER[which]
    frame *= _FADING[np.minimum(run, LONGEST) - 1]
    frame[run > LONGEST] = 0
    return np.rint(frame, out=frame).astype(np.int16)


def _pitch(sound: _Floats) -> npt.NDArray[np.int64]:
    """Return the lag at which the last frame resembles what was before it most, in samples."""
    newest = sound[:, -_FRAME:]
    reach = sound[:, -_FRAME - _LONGEST_LAG : -_SHORTEST_LAG]
    count, step = reach.strides
    shape = (len(reach), _LONGEST_LAG - _SHORTEST_LAG + 1, _FRAME)
    shifted = np.lib.stride_tricks.as_strided(reach, shape, (count, step, step))  # longest lag first
    likeness = np.einsum("nk,nlk->nl", newest, shifted)
    power = np.cumsum(np.square(reach, dtype=np.float64), axis=1)
    energy = power[:, _FRAME - 1 :]
    energy[:, 1:] -= power[:, :-_FRAME]
    np.maximum(energy, 0.0, out=energy)
    energy += 1.0
    return np.asarray(_LONGEST_LAG - np.argmax(likeness / np.sqrt(energy), axis=1))
