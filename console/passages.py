"""An utterance cut into passages: what is evidence for what, and which words were heard badly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from calls.records import Finding, Utterance, Word

#: Words recognised with less confidence than this are marked.
LOW_CONFIDENCE = 0.7
#: In which colours evidence is marked, the one that shows where several meet first.
TINTS = ("trouble", "mood", "topic", "calm")


def tint(finding: Finding) -> str:
    """Return which of :data:`TINTS` marks the evidence of a finding."""
    match finding.kind, finding.label:
        case ("complaint", "none") | ("sentiment", "neutral" | "positive"):
            return "calm"
        case (("complaint" | "abuse"), _):
            return "trouble"
        case "sentiment", _:
            return "mood"
    return "topic"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of an utterance over which nothing changes.

    ``findings`` are those whose evidence covers it; ``confidence`` in [0, 1] is given only where
    the word was heard with less than :data:`LOW_CONFIDENCE`.
    """

    text: str
    findings: tuple[Finding, ...] = ()
    confidence: float | None = None

    @property
    def tint(self) -> str:
        """The colour of the weightiest finding."""
        return min(map(tint, self.findings), key=TINTS.index)


def word_spans(text: str, words: Iterable[Word]) -> list[tuple[int, int, Word]]:
    """Return where each word stands in the text (first character, one past the last).

    The text joins Chinese words without spaces, so words are sought one after another; a word that
    is not found is left out.
    """
    spans = []
    cursor = 0
    for word in words:
        start = text.find(word.text, cursor)
        if start < 0 or not word.text:
            continue
        cursor = start + len(word.text)
        spans.append((start, cursor, word))
    return spans


def passages(utterance: Utterance, findings: Sequence[Finding]) -> tuple[Passage, ...]:
    """Cut an utterance wherever evidence or a badly heard word begins or ends.

    Parameters
    ----------
    utterance : Utterance
        The utterance, with its words where the recogniser gave them.
    findings : sequence of Finding
        All findings of the call; evidence without a span covers its whole utterance.

    Returns
    -------
    tuple of Passage
        Their texts joined are the utterance's text.
    """
    text = utterance.text
    covered = []
    for finding in findings:
        for evidence in finding.evidence:
            if evidence.utterance != utterance.number:
                continue
            start, end = evidence.span or (0, len(text))
            covered.append((max(start, 0), min(end, len(text)), finding))
    unsure = [
        (start, end, word)
        for start, end, word in word_spans(text, utterance.words)
        if word.confidence < LOW_CONFIDENCE
    ]
    cuts = {0, len(text)}
    for start, end, _ in [*covered, *unsure]:
        if start < end:
            cuts |= {start, end}
    edges = sorted(cuts)
    return tuple(
        Passage(
            text[left:right],
            _distinct(finding for start, end, finding in covered if start <= left and right <= end),
            next((word.confidence for start, end, word in unsure if start <= left and right <= end), None),
        )
        for left, right in pairwise(edges)
    )


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({finding.id: finding for finding in findings}.values())
