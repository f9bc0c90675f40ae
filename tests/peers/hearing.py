"""What a listener makes of sound: is anybody speaking, and which prompt is it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tests.peers.rtp import FRAME, RATE, Samples

#: Root mean square of a frame, of int16, above which it is sound: A-law's idle noise is 8.
AUDIBLE = 60.0
#: Normalised correlation from which on a piece is the prompt: G.711 leaves more than 0.99 of it.
ALIKE = 0.8
#: How much of a prompt's beginning is looked for: enough to tell it from all others.
PIECE = 0.8


@dataclass(frozen=True, slots=True)
class Match:
    """Where a prompt begins in a sound, in seconds, and how alike they are (0 to 1)."""

    start: float
    likeness: float


def find(prompt: Samples, sound: Samples, seconds: float = PIECE) -> Match | None:
    """Return where ``prompt`` is heard best in ``sound``, or nothing where it is not heard.

    The first ``seconds`` of the prompt from its first audible frame on are compared, by normalised
    cross-correlation: loudness does not matter, and a prompt that was cut off later is found.
    """
    lead = int(np.argmax(audible(prompt))) * FRAME
    piece = prompt[lead : lead + int(seconds * RATE)].astype(np.float64)
    if len(piece) < FRAME or len(sound) < len(piece) or not piece.any():
        return None
    there = sound.astype(np.float64)
    size = 1 << (len(there) + len(piece) - 1).bit_length()
    spectrum = np.fft.rfft(there, size) * np.conj(np.fft.rfft(piece, size))
    products = np.fft.irfft(spectrum, size)[: len(there) - len(piece) + 1]
    powers = np.concatenate(([0.0], np.cumsum(there**2)))
    power = powers[len(piece) :] - powers[: -len(piece)]
    floor = len(piece) * AUDIBLE**2  # the ratio means nothing where there is hardly any sound
    likeness = products / np.sqrt(np.maximum(power, floor) * np.sum(piece**2))
    best = int(np.argmax(likeness))
    if likeness[best] < ALIKE:
        return None
    return Match((best - lead) / RATE, float(likeness[best]))


def audible(sound: Samples) -> npt.NDArray[np.bool_]:
    """Return for each whole frame of 20 ms whether there is something to hear."""
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(np.sqrt(np.mean(frames.astype(np.float64) ** 2, axis=1)) > AUDIBLE)


def spans(sound: Samples, hole: float = 0.3) -> list[tuple[float, float]]:
    """Return when there is sound, in seconds; pauses shorter than ``hole`` are part of it."""
    heard = np.flatnonzero(audible(sound))
    if not len(heard):
        return []
    breaks = np.flatnonzero(np.diff(heard) > hole * RATE / FRAME)
    starts, ends = heard[np.r_[0, breaks + 1]], heard[np.r_[breaks, len(heard) - 1]]
    frame = FRAME / RATE
    return [(float(a * frame), float((b + 1) * frame)) for a, b in zip(starts, ends, strict=True)]
