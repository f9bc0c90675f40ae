"""The passage of a text that speaks most for something, and the evidence that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

import numpy as np

from analytics.timing import said_at
from analytics.words import words_of
from calls.records import Evidence, Utterance

Span = tuple[int, int]


#: Less than this adds nothing: it is what remains of sums of numbers that cancel each other.
_NOTHING = 1e-12


def shared_out(value: np.ndarray, start: np.ndarray, end: np.ndarray, length: int) -> np.ndarray:
    """Return what falls to each of ``length`` characters when values are shared out evenly over their spans.

    What an empty span has, falls to none.
    """
    each = value / np.maximum(end - start, 1)
    steps = np.bincount(start, each, minlength=length + 1) - np.bincount(end, each, minlength=length + 1)
    return np.asarray(steps.cumsum()[:length])


def strongest(pieces: Iterable[tuple[int, int, float]], least: float = -inf) -> Span | None:
    """Return the run of pieces with the greatest sum, if it is above ``least`` (Kadane's algorithm).

    Parameters
    ----------
    pieces : iterable of (int, int, float)
        Start and end of each, side by side, and what it adds; minus infinity lets no run go over it.
    least : float, optional

    Returns
    -------
    (int, int) or None
        From the start of the first to the end of the last piece of the run.
    """
    best, span = least, None
    running, first = 0.0, 0
    for start, end, added in pieces:
        if running <= 0:
            running, first = 0.0, start
        running += added
        if running > best:
            best, span = running, (first, end)
    return span


def above_floor(pull: Iterable[float]) -> list[float]:
    """Return what each character adds above half of the mean of those that help.

    The floor keeps a passage to the words that matter.
    """
    pull = list(pull)
    helpful = [each for each in pull if each > _NOTHING]
    if not helpful:
        return pull
    floor = 0.5 * sum(helpful) / len(helpful)
    return [each - floor for each in pull]


def strongest_words(text: str, pull: Sequence[float], *, within_signs: bool = False) -> Span | None:
    """Return the run of whole words that adds most above the floor.

    Parameters
    ----------
    text : str
    pull : sequence of float, length len(text)
        What each character adds.
    within_signs : bool, default False
        No run goes over a sign, and what does not help is none.
    """
    above = above_floor(pull)
    words = words_of(text)
    if not within_signs:
        return strongest([(start, end, sum(above[start:end])) for _, start, end in words])
    if not any(each > _NOTHING for each in above):
        return None
    return strongest(
        [(start, end, sum(above[start:end]) if word.isalnum() else -inf) for word, start, end in words], 0.0
    )


def apart(spans: Sequence[Span]) -> list[Span]:
    """Return the spans without those that share characters with one before."""
    kept: list[Span] = []
    for span in spans:
        if all(span[1] <= start or end <= span[0] for start, end in kept):
            kept.append(span)
    return kept


def cited(utterance: Utterance, span: Span) -> Evidence:
    """Return the evidence for a half-open span of an utterance's text.

    Its time is that of the recognised words under the span, or of the utterance where words do not fit it.
    """
    start, end = said_at(utterance, *span)
    return Evidence(
        utterance=utterance.number, start=start, end=end, text=utterance.text[span[0] : span[1]], span=span
    )
