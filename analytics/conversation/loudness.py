"""How loud each utterance is, from the recording, and each party over the call."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

import numpy as np
import numpy.typing as npt

from analytics.conversation.part import Conversation
from analytics.conversation.timing import PARTIES
from analytics.conversation.values import Values
from calls.records import Transcript
from speech.loudness import speech_level

NO_SOUND = "no sound of the call was given"


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


def measure_loudness(
    values: Values, conversation: Conversation, levels: Sequence[float | None] | None
) -> None:
    """Set the features of the group *Loudness*; ``levels`` as from :func:`utterance_levels`."""
    reason = conversation.no_times or conversation.no_roles or ("" if levels is not None else NO_SOUND)
    if levels is None or reason:
        values.withhold_rest(reason, "Loudness")
        return
    quarters = conversation.quarters()
    for role in PARTIES:
        heard = [
            (level, each.end - each.start, quarter)
            for each, quarter in zip(conversation.said, quarters, strict=True)
            if each.role is role and (level := levels[each.place]) is not None and each.end > each.start
        ]
        if not heard:
            values.withhold(f"no sound of the {role}", f"{role}_loudness_dbov", f"{role}_loudness_change_db")
            continue
        values[f"{role}_loudness_dbov"] = _mean([(level, length) for level, length, _ in heard])
        first, last = ([(level, n) for level, n, quarter in heard if quarter == q] for q in (0, 3))
        if first and last:
            values[f"{role}_loudness_change_db"] = _mean(last) - _mean(first)
        else:
            values.withhold(
                f"the {role} did not speak in both the first and the last quarter",
                f"{role}_loudness_change_db",
            )


def _mean(levels: list[tuple[float, int]]) -> float:
    """Return the level of the mean power of (level, length) pairs."""
    power = sum(length * 10 ** (level / 10) for level, length in levels)
    return 10 * log10(power / sum(length for _, length in levels))
