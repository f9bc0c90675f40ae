"""What a telephone line does to speech: band limit, noise, level and G.711."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from speech import g711

RATE = 8000
#: Pass band in hertz: half amplitude (−6 dB) at both ends.
BAND = (300.0, 3400.0)
#: Level that stands for the talker where a line carries no speech, in dB relative to full scale.
NOMINAL_LEVEL = -26.0

_TAPS = 201  # a Hamming window this long goes from pass to stop band within 131 Hz
_FRAME = 160  # 20 ms
_ACTIVE_BELOW_LOUDEST = 30.0  # dB; quieter frames are pauses

Colour = Literal["white", "pink"]
Codec = Literal["alaw", "ulaw"]


def _band_filter() -> npt.NDArray[np.float64]:
    """Return a linear-phase FIR band pass designed by the window method (Hamming), unity at 1 kHz."""
    n = np.arange(_TAPS) - _TAPS // 2
    low, high = BAND
    ideal = 2 * high / RATE * np.sinc(2 * high / RATE * n) - 2 * low / RATE * np.sinc(2 * low / RATE * n)
    taps = ideal * np.hamming(_TAPS)
    return np.asarray(taps / np.abs(np.sum(taps * np.exp(-2j * np.pi * 1000 / RATE * n))))


_BAND_FILTER = _band_filter()


def telephone(
    samples: npt.NDArray[np.int16],
    *,
    snr_db: float | None,
    codec: Codec,
    rng: np.random.Generator,
    level_db: float = 0.0,
    colour: Colour = "pink",
) -> npt.NDArray[np.int16]:
    """Pass ``samples`` through a telephone line.

    Parameters
    ----------
    samples : int16 array, shape (n,)
        Sound at 8 kHz.
    snr_db : float or None
        Mean power of the speech, pauses left out, over that of the line noise, in decibels, both within
        the band; ``None`` adds no noise. Where there is no speech, the talker is taken to be at
        :data:`NOMINAL_LEVEL`.
    codec : {"alaw", "ulaw"}
        Which G.711 law codes it.
    rng : numpy.random.Generator
        Makes the noise: equal generators give equal lines.
    level_db : float
        Gain of the line, applied to speech and noise before coding.
    colour : {"pink", "white"}
        Spectrum of the noise.

    Returns
    -------
    int16 array, shape (n,)
        What the far end decodes, aligned with ``samples`` (the filter's delay is taken off).
    """
    line = band_limited(samples)
    if snr_db is not None:
        line = line + noise(len(line), level_dbov=_speech_level(line) - snr_db, rng=rng, colour=colour)
    line = line * 10 ** (level_db / 20)
    sound = np.clip(np.rint(line), -32768, 32767).astype(np.int16)
    if codec == "alaw":
        return g711.alaw_decode(g711.alaw_encode(sound))
    return g711.ulaw_decode(g711.ulaw_encode(sound))


def band_limited(samples: npt.NDArray[np.int16] | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return ``samples`` (8 kHz, shape (n,)) without what lies outside :data:`BAND`, not delayed."""
    if len(samples) == 0:
        return np.zeros(0)
    delay = _TAPS // 2
    return np.convolve(samples.astype(np.float64), _BAND_FILTER)[delay : delay + len(samples)]


def noise(
    count: int, *, level_dbov: float, rng: np.random.Generator, colour: Colour = "pink"
) -> npt.NDArray[np.float64]:
    """Return ``count`` samples of telephone-band noise.

    Parameters
    ----------
    count : int
        Number of samples at 8 kHz.
    level_dbov : float
        Its power in decibels relative to that of a full-scale square wave: −26 is as loud as speech,
        −65 a quiet line.
    rng : numpy.random.Generator
        Its source.
    colour : {"pink", "white"}
        Pink falls by 3 dB per octave, white is flat.

    Returns
    -------
    float64 array, shape (count,)
        In int16 units, not rounded.
    """
    # Filtered in the middle of a longer stretch, so that both ends are as loud as the rest.
    spectrum = np.fft.rfft(rng.standard_normal(count + 2 * _TAPS))
    if colour == "pink":
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    wide = np.fft.irfft(spectrum, count + 2 * _TAPS)
    band = band_limited(wide)[_TAPS : _TAPS + count]
    power = np.sqrt(np.mean(band**2)) if count else 1.0
    return np.asarray(band * (32768 * 10 ** (level_dbov / 20) / power))


def _speech_level(line: npt.NDArray[np.float64]) -> float:
    """Return the mean power of the frames that hold speech, in dB relative to full scale."""
    whole = line[: len(line) // _FRAME * _FRAME].reshape(-1, _FRAME)
    power = np.mean(whole**2, axis=1)
    loudest = float(power.max(initial=0.0))
    if loudest < 1.0:
        return NOMINAL_LEVEL
    active = power[power > loudest * 10 ** (-_ACTIVE_BELOW_LOUDEST / 10)]
    return float(10 * np.log10(active.mean() / 32768**2))
