"""One party's telephone line: what was said, at its times, with the line's noise, coded as G.711."""

from __future__ import annotations

import numpy as np

from ivr.doors import RATE, Samples
from speech.channel import Codec, noise, telephone
from speech.voices import LEVEL

_NOISE_SECONDS = 8


class Line:
    """A party's side of a call, written ahead and read as time goes on.

    Parameters
    ----------
    snr_db : float
        Speech over line noise; the noise goes on between the words.
    codec : {"alaw", "ulaw"}
        Of the line.
    rng : numpy.random.Generator
        Makes the noise.
    """

    def __init__(self, *, snr_db: float, codec: Codec, rng: np.random.Generator) -> None:
        self._noise = noise(_NOISE_SECONDS * RATE, level_dbov=LEVEL - snr_db, rng=rng)
        self._codec = codec
        self._rng = rng
        self._clips: list[tuple[int, Samples]] = []

    def say(self, at: int, sound: Samples) -> int:
        """Have ``sound`` begin at sample ``at``; return the sample at which it ends."""
        clip = telephone(sound, snr_db=None, codec=self._codec, rng=self._rng)
        self._clips.append((at, clip))
        return at + len(clip)

    def read(self, start: int, end: int) -> Samples:
        """Return the sound between two samples."""
        positions = np.arange(start, end) % len(self._noise)
        mixed = self._noise[positions]
        for at, clip in self._clips:
            first, last = max(start, at), min(end, at + len(clip))
            if first < last:
                mixed[first - start : last - start] += clip[first - at : last - at]
        self._clips = [(at, clip) for at, clip in self._clips if at + len(clip) > end]
        return np.clip(np.rint(mixed), -32768, 32767).astype(np.int16)
