"""How loud each utterance of a transcript is, measured on its recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from calls.records import Transcript
from speech.loudness import speech_level


def utterance_levels(
    transcript: Transcript, samples: npt.NDArray[np.floating] | npt.NDArray[np.int16], rate: int
) -> tuple[float | None, ...]:
    """Return the active speech level of every utterance, in dBov.

    Parameters
    ----------
    transcript : Transcript
    samples : float array in [-1, 1] or int16 array, shape (n_channels, n_samples)
        The recording, its channels as in the transcript's utterances.
    rate : int
        Samples per second.

    Returns
    -------
    tuple of float or None
        One for each utterance; ``None`` where its channel holds no sound at its time.
    """
    levels: list[float | None] = []
    for utterance in transcript.utterances:
        level = -np.inf
        if utterance.channel < len(samples) and utterance.end > utterance.start:
            span = slice(max(0, round(utterance.start * rate)), max(0, round(utterance.end * rate)))
            sound = samples[utterance.channel][span]
            if len(sound):
                level = speech_level(sound, rate).active
        levels.append(float(level) if np.isfinite(level) else None)
    return tuple(levels)


def with_levels(
    transcript: Transcript, samples: npt.NDArray[np.floating] | npt.NDArray[np.int16], rate: int
) -> Transcript:
    """Return a transcript with the level of each utterance; the arguments are of :func:`utterance_levels`."""
    levels = utterance_levels(transcript, samples, rate)
    heard = (replace(said, level=level) for said, level in zip(transcript.utterances, levels, strict=True))
    return replace(transcript, utterances=tuple(heard))
