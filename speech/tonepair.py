"""Which pair of key tones a telephone channel carries, every 5 ms, for many calls at once.

Two band filters, one for each group of :mod:`speech.keytones`, turn the sound into complex samples every
1.25 ms. In windows of 30 ms the advance of their phase tells the frequency of the tone to a fraction of a
percent. What is left of the group when a tone of just that frequency is taken out, its residue, is next to
nothing for a key, or as much of the noise as falls into the band. A voice leaves more, because its harmonics
glide and swell; and hardly ever are two of them, where two tones of a key would be, nearly all that is heard.

Samples, filter taps and filter outputs are whole numbers small enough that sums of their products are
exact in float64. So no result depends on how sound is cut into chunks or calls are put together, whatever
order the machine adds in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from speech.keytones import FULL_SCALE_SINE, HIGH_GROUP, LOW_GROUP

RATE = 8000
#: Samples from one filter output to the next, outputs of a block, and samples of a block.
STEP, STEPS = 10, 4
BLOCK = STEP * STEPS
#: Blocks of a window.
WINDOW = 6
#: Samples by which the middle of the filter is behind: what a block tells is about this much earlier.
DELAY = 46

#: A tone is accepted up to this relative offset: ITU-T Q.24 has receivers accept 1.5 % and refuse 3.5 %.
TOLERANCE = 0.02
#: Level of the high group over the low group in decibels: Q.24 (AT&T) has receivers accept −8 to +4.
TWIST = (-9.0, 5.0)
#: Weakest tone in dBm0: Q.24 (AT&T) has receivers accept −25 and refuse −55.
LEAST_DBM0 = -40.0
#: Least share of both tones in the power of all that is heard: white noise 6 dB below them leaves it.
SHARE = 0.8
#: The same of a window that is enough by itself.
CLEAR_SHARE = 0.95
#: The same of tones without a residue, which may be clipped, or lie on a dial tone.
PURE_SHARE = 0.5
#: The same for a window in the midst of a digit: a voice that talks into a key held down does not end it.
HELD_SHARE, HELD_TOLERANCE = 0.5, 0.035
#: Evidence that a window gives for its key: of tones that are clear, clean, loud in noise, or only pure.
CLEAR, CLEAN, NOISY, PURE = 6, 3, 2, 1

_TAPS = 101
_REACH = _TAPS + BLOCK - STEP  # samples that the outputs of one block depend on
_MIDDLE = 45  # of those the first that lies in the middle of the filter
_HISTORY = WINDOW  # blocks kept: a window reaches back by one less, the edge before it by one more
_BANDS = ((680.0, 965.0), (1179.0, 1674.0))  # hertz: each group and 2.5 % around it
_STOP_WEIGHT = 3.0
_TAP_SCALE = 2.0**14
_OUTPUT_SCALE = 2.0**-12  # outputs stay below 2¹⁸, sums of their products below 2⁴²
_STEADY = 0.25  # weakest block of a window over their mean power: half the amplitude
_RESIDUE = 0.005  # greatest residue of a group over its tone: what edges and the other group leave
_NOISE_RESIDUE = (0.2, 0.29)  # plus this much of what is not tone: the 99.9th percentile in white noise
_MOST_RESIDUE = 0.15  # and never more than this
_CLEAR_RESIDUE, _PURE_RESIDUE = 0.005, 0.02  # of tones 20 and 14 dB above white noise
_BATCH = 8192  # blocks worked on at the same time, to bound memory

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """What successive blocks of all calls hold; the two last axes of every array are time and call.

    Attributes
    ----------
    first : int
        Number of the first block; block ``n`` ends at sample ``BLOCK * (n + 1) - DELAY``.
    key : int8 array, shape (blocks, calls)
        Index into :data:`speech.keytones.KEYS` of the pair in the window that ends with the block, −1
        for none.
    evidence : int8 array, shape (blocks, calls)
        That a key was pressed: :data:`CLEAR`, :data:`CLEAN`, :data:`NOISY`, :data:`PURE`, or 0 for what
        only lets a digit go on.
    power : float64 array, shape (2, STEPS, WINDOW + blocks, calls)
        Power at the filter outputs of each group, arbitrary units; begins ``WINDOW`` blocks earlier.
    """

    first: int
    key: npt.NDArray[np.int8]
    evidence: npt.NDArray[np.int8]
    power: _Floats


class PairFinder:
    """Feed it sound in chunks of any size, it tells which pair of key tones each block holds.

    Parameters
    ----------
    calls : int
        How many channels are heard at the same time.
    """

    def __init__(self, calls: int) -> None:
        self._calls = calls
        self._pending = np.zeros((calls, _REACH - BLOCK), np.int16)
        self._outputs = np.zeros((2, 2, STEPS, _HISTORY, calls))
        self._total = np.zeros((_HISTORY, calls))
        self._block = 0

    def forget(self, call: int) -> None:
        """Take ``call`` as silent so far."""
        self._pending[call] = 0
        self._outputs[..., call] = 0
        self._total[:, call] = 0

    def feed(self, samples: npt.NDArray[np.int16]) -> Iterator[Pairs]:
        """Take the next samples (int16, shape (calls, n), 8 kHz) and tell of the blocks they complete."""
        sound = np.concatenate([self._pending, samples], axis=1)
        blocks = (sound.shape[1] - (_REACH - BLOCK)) // BLOCK
        self._pending = sound[:, blocks * BLOCK :]
        most = max(1, _BATCH // self._calls)
        for start in range(0, blocks, most):
            count = min(most, blocks - start)
            begin = start * BLOCK
            yield self._analyse(sound[:, begin : begin + count * BLOCK + _REACH - BLOCK], count)

    def _analyse(self, sound: npt.NDArray[np.int16], blocks: int) -> Pairs:
        rows = np.lib.stride_tricks.sliding_window_view(sound, _REACH, axis=1)[:, ::BLOCK]
        heard = rows.transpose(1, 0, 2).astype(np.float64).reshape(-1, _REACH)
        new = np.rint((_BANK @ heard.T) * _OUTPUT_SCALE).reshape(2, 2, STEPS, blocks, self._calls)
        outputs = np.concatenate([self._outputs, new], axis=3)
        middle = heard[:, _MIDDLE : _MIDDLE + BLOCK]
        total = np.concatenate(
            [self._total, np.einsum("ij,ij->i", middle, middle).reshape(blocks, self._calls)]
        )
        self._outputs, self._total = outputs[:, :, :, -_HISTORY:], total[-_HISTORY:]
        power = outputs[:, 0] ** 2 + outputs[:, 1] ** 2
        key = np.full((blocks, self._calls), -1, np.int8)
        evidence = np.zeros((blocks, self._calls), np.int8)
        time, call = _plausible(power.sum(axis=1), total)
        if len(time):
            window = time + np.arange(1, WINDOW + 1)[:, None]
            key[time, call], evidence[time, call] = _judge(
                outputs[:, :, :, window, call], power[:, :, window, call], total[window, call].sum(axis=0)
            )
        first, self._block = self._block, self._block + blocks
        return Pairs(first, key, evidence, power)


def _filter(centre: float, half: float, stop: float) -> _Floats:
    """Return the real and imaginary taps, whole numbers, of a band filter, shape (2, _TAPS).

    A low pass, flat up to ``half`` hertz and closed from ``stop`` on, moved to ``centre``. Linear phase,
    least squares over both bands (T. W. Parks and C. S. Burrus, Digital Filter Design, 1987).
    """
    delays = np.arange(_TAPS // 2 + 1)
    bands = ((np.linspace(0, half, 200), 1.0, 1.0), (np.linspace(stop, RATE / 2, 2000), 0.0, _STOP_WEIGHT))
    rows = [
        weight / np.sqrt(len(band)) * np.cos(2 * np.pi * np.outer(band, delays) / RATE)
        for band, _, weight in bands
    ]
    wanted = [np.full(len(band), weight / np.sqrt(len(band)) * gain) for band, gain, weight in bands]
    half_taps = np.linalg.lstsq(np.concatenate(rows), np.concatenate(wanted), rcond=None)[0]
    taps = np.concatenate([half_taps[:0:-1] / 2, half_taps[:1], half_taps[1:] / 2])
    angle = 2 * np.pi * centre * (np.arange(_TAPS) - _TAPS // 2) / RATE
    return np.asarray(np.rint(_TAP_SCALE * taps * np.stack([np.cos(angle), -np.sin(angle)])))


def _bank() -> tuple[_Floats, _Floats]:
    """Return the taps of all outputs of a block, (16, _REACH), and the power gain at each tone, (2, 4)."""
    bank = np.zeros((2, 2, STEPS, _REACH))
    gains = np.zeros((2, 4))
    for group, (band, other) in enumerate((_BANDS, _BANDS[::-1])):
        centre = (band[0] + band[1]) / 2
        stop = min(abs(edge - centre) for edge in other)
        taps = _filter(centre, (band[1] - band[0]) / 2, stop)
        for step in range(STEPS):
            bank[group, :, step, step * STEP : step * STEP + _TAPS] = taps
        waves = np.exp(2j * np.pi * np.outer(_TONES[group], np.arange(_TAPS)) / RATE)
        gains[group] = np.abs(waves @ (taps[0] + 1j * taps[1])) ** 2 * _OUTPUT_SCALE**2
    return bank.reshape(-1, _REACH), gains


_TONES = np.array([LOW_GROUP, HIGH_GROUP])
_BANK, _GAINS = _bank()
_NEAR = np.exp(2j * np.pi * _TONES * STEP / RATE)  # advance of each tone's phase in 1.25 ms
_FAR = np.exp(2j * np.pi * _TONES * BLOCK / RATE)  # and in 5 ms
_IN_TUNE = np.cos(2 * np.pi * _TONES * TOLERANCE * BLOCK / RATE)
_NEARLY = np.cos(2 * np.pi * _TONES * HELD_TOLERANCE * BLOCK / RATE)
_OUTPUTS = WINDOW * STEPS
_LEAST = 32767**2 / 2 * 10 ** ((LEAST_DBM0 - FULL_SCALE_SINE) / 10)
_NORMAL, _REVERSE = (10 ** (limit / 10) for limit in TWIST)
_LEEWAY = 0.8  # for what is computed roughly: the gains differ by 2 %, the window's edges more


def _plausible(power: _Floats, total: _Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return time and call of the windows worth a closer look: loud in both groups and hardly elsewhere."""
    groups = _window_sums(power.transpose(1, 0, 2)) * (2 / _OUTPUTS / _GAINS.mean())
    low, high = groups[:, 0], groups[:, 1]
    both = low + high
    mask = both * (WINDOW * BLOCK) >= _LEEWAY * HELD_SHARE * _window_sums(total)
    mask &= np.minimum(low, high) >= _LEEWAY * _LEAST
    mask &= (high <= _REVERSE / _LEEWAY * low) & (high >= _NORMAL * _LEEWAY * low)
    time, call = np.nonzero(mask)
    return time, call


def _window_sums(blocks: _Floats) -> _Floats:
    count = len(blocks) - _HISTORY
    return np.asarray(sum(blocks[shift : shift + count] for shift in range(1, WINDOW + 1)))


def _judge(
    outputs: _Floats, power: _Floats, total: _Floats
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]:
    """Return the key of each window, −1 for none, and the evidence for it.

    Parameters
    ----------
    outputs : shape (2 groups, 2 parts, STEPS, WINDOW, windows)
    power : shape (2 groups, STEPS, WINDOW, windows)
    total : shape (windows,)
        Sum of the squares of all samples.
    """
    series = outputs.swapaxes(2, 3).reshape(2, 2, _OUTPUTS, -1)
    near = _correlation(series, 1)
    far = _correlation(series, STEPS)
    group = np.arange(2)[:, None]
    fit = near[0][..., None] * _NEAR.real[:, None] + near[1][..., None] * _NEAR.imag[:, None]
    tone = fit.argmax(axis=2)
    # The turn of the phase in 5 ms over that of the nominal tone, as the cosine and sine of its angle.
    size = np.maximum(np.sqrt(far[0] * far[0] + far[1] * far[1]), 1.0)
    advance = _FAR[group, tone]
    turn = (
        (far[0] * advance.real + far[1] * advance.imag) / size,
        (far[1] * advance.real - far[0] * advance.imag) / size,
    )
    gain = _GAINS[group, tone]
    level = size * (2 / (_OUTPUTS - STEPS)) / gain
    low, high = level
    mean = total / (WINDOW * BLOCK)
    held = (turn[0] >= _NEARLY[group, tone]).all(axis=0) & (low + high >= HELD_SHARE * mean)
    key = np.where(held, tone[0] * 4 + tone[1], -1).astype(np.int8)

    blocks = power.sum(axis=1)
    whole = blocks.sum(axis=1)
    good = held & (turn[0] >= _IN_TUNE[group, tone]).all(axis=0)
    good &= (high <= _REVERSE * low) & (high >= _NORMAL * low) & (np.minimum(low, high) >= _LEAST)
    good &= (blocks.min(axis=1) * WINDOW >= _STEADY * whole).all(axis=0)
    evidence = np.zeros(len(total), np.int8)
    which = np.flatnonzero(good & (low + high >= PURE_SHARE * mean))
    if len(which):
        tones, residues = _parted(
            outputs[..., which], tone[:, which], (turn[0][:, which], turn[1][:, which]), whole[:, which]
        )
        both, mean = tones.sum(axis=0), mean[which]
        noise = np.maximum(mean - both, 0.0)
        limit = np.minimum(_RESIDUE * tones + np.outer(_NOISE_RESIDUE, noise), _MOST_RESIDUE * tones)
        pure = (residues <= _PURE_RESIDUE * tones).all(axis=0)
        clear = (both >= CLEAR_SHARE * mean) & (residues <= _CLEAR_RESIDUE * tones).all(axis=0)
        loud = both >= SHARE * mean
        noisy = loud & (residues <= limit).all(axis=0)
        evidence[which] = np.select([clear, loud & pure, noisy, pure], [CLEAR, CLEAN, NOISY, PURE])
    return key, evidence


def _parted(
    outputs: _Floats, tone: npt.NDArray[np.intp], turn: tuple[_Floats, _Floats], whole: _Floats
) -> tuple[_Floats, _Floats]:
    """Return the power of one steady tone in each group and that of the rest, shape (2 groups, windows).

    The outputs are turned back by the tone's own advance and added up. Angles are halved by square roots:
    unlike cosines, those are the same to the last bit however many are taken at once.
    """
    group = np.arange(2)[:, None]
    quarter = _halved(_halved(turn))
    step = _turned(_parts(_NEAR[group, tone]), quarter)
    block = _turned(_parts(_FAR[group, tone]), turn)
    real, imaginary = _summed(outputs[:, 0], outputs[:, 1], step)
    real, imaginary = _summed(real, imaginary, block)
    coherent = (real * real + imaginary * imaginary) / _OUTPUTS
    unit = 2 / _OUTPUTS / _GAINS[group, tone]
    return coherent * unit, np.maximum(whole - coherent, 0.0) * unit


def _parts(values: npt.NDArray[np.complex128]) -> tuple[_Floats, _Floats]:
    return values.real, values.imag


def _halved(angle: tuple[_Floats, _Floats]) -> tuple[_Floats, _Floats]:
    cosine = np.sqrt((1 + angle[0]) / 2)
    return cosine, angle[1] / (2 * cosine)


def _turned(one: tuple[_Floats, _Floats], other: tuple[_Floats, _Floats]) -> tuple[_Floats, _Floats]:
    return one[0] * other[0] - one[1] * other[1], one[0] * other[1] + one[1] * other[0]


def _summed(real: _Floats, imaginary: _Floats, advance: tuple[_Floats, _Floats]) -> tuple[_Floats, _Floats]:
    """Return Σ z[n]·a*ⁿ over the second axis by Horner's rule; ``advance`` has neither that axis nor more."""
    cosine, sine = advance
    if real.ndim > cosine.ndim + 1:
        cosine, sine = cosine[:, None], sine[:, None]
    a, b = real[:, -1], imaginary[:, -1]
    for index in range(real.shape[1] - 2, -1, -1):
        a, b = a * cosine + b * sine + real[:, index], b * cosine - a * sine + imaginary[:, index]
    return a, b


def _correlation(series: _Floats, lag: int) -> tuple[_Floats, _Floats]:
    """Return Σ z[n]·z*[n − lag] of ``series`` (groups, parts, outputs, windows), shape (groups, windows)."""
    now_real, now_imaginary = series[:, 0, lag:], series[:, 1, lag:]
    then_real, then_imaginary = series[:, 0, :-lag], series[:, 1, :-lag]
    real = (now_real * then_real + now_imaginary * then_imaginary).sum(axis=1)
    imaginary = (now_imaginary * then_real - now_real * then_imaginary).sum(axis=1)
    return real, imaginary
