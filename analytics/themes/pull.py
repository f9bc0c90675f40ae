"""What the words of an utterance add to a judgement, and the run of words that adds most."""

from __future__ import annotations

import numpy as np

from analytics.themes.gramspace import Part
from analytics.timing import said_at
from analytics.words import words_of
from calls.records import Evidence


def spread(value: np.ndarray, start: np.ndarray, end: np.ndarray, length: int) -> np.ndarray:
    """Return what falls to each of ``length`` characters when values are shared out over their spans."""
    width = end - start
    first = np.cumsum(width) - width
    place = np.arange(width.sum()) + np.repeat(start - first, width)
    return np.bincount(place, np.repeat(value / np.maximum(width, 1), width), minlength=length)


def cite(part: Part, pull: np.ndarray) -> Evidence:
    """Cite the run of whole words with the greatest sum of pull above a floor.

    The floor, half of the mean helpful pull, keeps the run to the words that matter.

    Parameters
    ----------
    part : Part
        What was said; it has at least one character.
    pull : float array, shape (n_characters,)
        What each normalised character adds.
    """
    spoken = part.said.spoken
    helpful = pull[pull > 0]
    above = np.cumsum(np.append(0.0, pull - (0.5 * helpful.mean() if helpful.size else 0.0)))
    best, running, first = (-np.inf, 0, 0), 0.0, 0
    above = above.tolist()
    for _, start, end in words_of(spoken.text):
        if running <= 0:
            running, first = 0.0, start
        running += above[end] - above[start]
        if running > best[0]:
            best = (running, first, end)
    return evidence_of(part, best[1], best[2])


def evidence_of(part: Part, start: int, end: int) -> Evidence:
    """Return the evidence for normalised characters [start, end) of a part."""
    begin, stop = part.said.spoken.original_span(start, end)
    text, said = part.text[begin:stop], part.utterance
    if said is None:
        span = (begin + part.shift, stop + part.shift)
        return Evidence(utterance=0, start=0.0, end=0.0, text=text, span=span)
    heard = said_at(said, begin, stop)
    return Evidence(utterance=said.number, start=heard[0], end=heard[1], text=text, span=(begin, stop))
