"""When the characters of an utterance are said."""

from __future__ import annotations

from calls.records import Utterance


def said_at(utterance: Utterance, start: int, end: int) -> tuple[float, float]:
    """Return from when to when the half-open span of an utterance's text is said, in seconds.

    By the recognised words under the span; by the utterance where words do not fit it.
    """
    place, inside = 0, []
    for word in utterance.words:
        found = utterance.text.find(word.text, place)
        if found < 0:
            return utterance.start, utterance.end
        place = found + len(word.text)
        if found < end and place > start:
            inside.append(word)
    if not inside:
        return utterance.start, utterance.end
    return inside[0].start, inside[-1].end
