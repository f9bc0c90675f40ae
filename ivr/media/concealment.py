"""What is heard in place of a lost frame: the last pitch period again, fading.

After ITU-T G.711 appendix I (09/99), simplified: the period is found by the normalised correlation of the
last 20 ms with what was 5 to 15 ms earlier; it is repeated with a short cross-fade where it meets itself;
from the second lost frame on the sound fades, after 60 ms there is silence. No sample is delayed for it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Samples that are known before the gap: 60 ms.
HISTORY = 480
#: Frames after which silence takes over.
LONGEST = 3

_FRAME = 160
_SHORTEST_LAG, _LONGEST_LAG = 40, 120
_FADE = 20  # samples of the cross-fade
_GAINS = np.array([[1.0, 1.0], [1.0, 0.6], [0.6, 0.0]], np.float32)  # at the begin and end of each frame
_RAMP = np.linspace(0, 1, _FRAME, dtype=np.float32)

_Floats = npt.NDArray[np.float32]


def conceal(history: npt.NDArray[np.int16], run: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    """Return a frame for each gap.

    Parameters
    ----------
    history : int16 array, shape (n, 480)
        The sound before; in a longer gap, with what was put there for its first frames.
    run : int64 array, shape (n,)
        Which lost frame in a row this is, from 1.

    Returns
    -------
    int16 array, shape (n, 160)
    """
    sound = history.astype(np.float32)
    lag = _pitch(sound)
    rows = np.arange(len(sound))[:, None]
    # The period before the last sample, round and round; its seam is smoothed by what lay a period earlier.
    last = HISTORY - lag[:, None]
    period = np.arange(_LONGEST_LAG) % lag[:, None]
    cycle = sound[rows, last + period]
    weight = np.clip((np.arange(_LONGEST_LAG) - (lag[:, None] - _FADE)) / _FADE, 0, 1).astype(np.float32)
    cycle = cycle * (1 - weight) + sound[rows, last + period - lag[:, None]] * weight
    frame = cycle[rows, np.arange(_FRAME) % lag[:, None]]
    gains = _GAINS[np.clip(run, 1, LONGEST) - 1]
    frame *= gains[:, :1] + (gains[:, 1:] - gains[:, :1]) * _RAMP
    frame[run > LONGEST] = 0
    return np.asarray(np.rint(frame), np.int16)


def _pitch(sound: _Floats) -> npt.NDArray[np.int64]:
    """Return the lag at which the last frame resembles what was before it most, in samples."""
    newest = sound[:, -_FRAME:]
    reach = sound[:, -_FRAME - _LONGEST_LAG : -_SHORTEST_LAG]
    shifted = np.lib.stride_tricks.sliding_window_view(reach, _FRAME, axis=1)  # longest lag first
    likeness = np.einsum("nk,nlk->nl", newest, shifted)
    energy = np.einsum("nlk,nlk->nl", shifted, shifted)
    best = np.argmax(likeness / np.sqrt(energy + 1.0), axis=1)
    return np.asarray(_LONGEST_LAG - best)
