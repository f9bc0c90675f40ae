"""Finds the personal data of a transcript and hides it in texts; the spans say what to mask in the sound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from analytics.redaction.addresses import addresses
from analytics.redaction.names import names
from analytics.redaction.numbers import numbers
from analytics.redaction.stream import Stream, streams
from analytics.timing import said_at
from calls.records import Role, Transcript, Utterance

#: Stands for each hidden character.
HIDDEN = "▇"
#: Seconds masked around a span: times of words are not exact.
MARGIN = 0.15


@dataclass(frozen=True, slots=True)
class PersonalSpan:
    """One piece of personal data within one utterance.

    Attributes
    ----------
    utterance : int
        Its number.
    start, end : int
        Half-open span of its text.
    kind : str
        ``phone``, ``id-card``, ``bank-card``, ``number``, ``name`` or ``address``.
    begins, ends : float
        Seconds; of the words within it, else of the utterance. Equal where no times are known.
    """

    utterance: int
    start: int
    end: int
    kind: str
    begins: float
    ends: float


def personal_spans(utterances: Iterable[Utterance]) -> list[PersonalSpan]:
    """Return the personal data in what was said, in order of utterance and place.

    Numbers and names may be split over the utterances of one party; the other's words in between do not
    part them. What a menu says is not looked at: it says nothing personal that the caller did not enter.
    """
    found: list[PersonalSpan] = []
    for stream in streams([each for each in utterances if each.role is not Role.SYSTEM]):
        for start, end, kind in _merged(stream):
            for utterance, first, last in stream.pieces(start, end):
                found.append(
                    PersonalSpan(utterance.number, first, last, kind, *said_at(utterance, first, last))
                )
    return sorted(found, key=lambda each: (each.utterance, each.start))


def redacted(transcript: Transcript) -> Transcript:
    """Return the transcript with every character of personal data replaced by :data:`HIDDEN`.

    The words of an utterance that hold any of it are replaced as well.
    """
    spans: dict[int, list[PersonalSpan]] = defaultdict(list)
    for span in personal_spans(transcript.utterances):
        spans[span.utterance].append(span)
    hidden = tuple(
        _hide(each, spans[each.number]) if each.number in spans else each for each in transcript.utterances
    )
    return replace(transcript, utterances=hidden)


def redacted_text(text: str) -> str:
    """Return one text without personal data."""
    said = Utterance(number=0, role=Role.UNKNOWN, start=0.0, end=0.0, text=text)
    return _hide(said, personal_spans([said])).text


def seconds_to_mask(spans: Iterable[PersonalSpan]) -> tuple[tuple[float, float], ...]:
    """Return the spans of time to write as silence, merged, in order, with :data:`MARGIN` around each."""
    merged: list[tuple[float, float]] = []
    timed = sorted(
        (max(each.begins - MARGIN, 0.0), each.ends + MARGIN) for each in spans if each.ends > each.begins
    )
    for start, end in timed:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _merged(stream: Stream) -> list[tuple[int, int, str]]:
    """Return spans that do not overlap; where two do, the longer gives the kind."""
    found = [
        *((each.start, each.end, each.kind) for each in numbers(stream.text)),
        *((each.start, each.end, "name") for each in names(stream.text)),
        *((each.start, each.end, "address") for each in addresses(stream.text)),
    ]
    merged: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(found):
        if merged and start < merged[-1][1]:
            before = merged.pop()
            kind = kind if end - start > before[1] - before[0] else before[2]
            start, end = before[0], max(end, before[1])
        merged.append((start, end, kind))
    return merged


def _hide(utterance: Utterance, spans: Iterable[PersonalSpan]) -> Utterance:
    text, words = utterance.text, list(utterance.words)
    for span in spans:
        text = text[: span.start] + HIDDEN * (span.end - span.start) + text[span.end :]
    place = 0
    for number, word in enumerate(words):
        begin = utterance.text.find(word.text, place)
        if begin < 0:
            words = [replace(each, text=HIDDEN * len(each.text)) for each in words]
            break
        place = begin + len(word.text)
        words[number] = replace(word, text=text[begin:place])
    return replace(utterance, text=text, words=tuple(words))
