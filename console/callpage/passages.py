"""An utterance cut into passages: what is evidence for what, what is personal, what was heard badly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from calls.records import Finding, Utterance
from console.callpage.personal import Piece, joined
from speech.joining import word_spans
from speech.view import Edit, View

#: Words recognised with less confidence than this are marked.
LOW_CONFIDENCE = 0.7
#: In which colours evidence is marked, the one that shows where several meet first.
TINTS = ("trouble", "mood", "rule", "topic", "calm")


def tint(finding: Finding) -> str:
    """Return which of :data:`TINTS` marks the evidence of a finding."""
    match finding.kind, finding.label:
        case ("complaint", "none") | ("sentiment", "neutral" | "positive") | ("resolved", "yes"):
            return "calm"
        case (("complaint" | "abuse" | "cause" | "responsible" | "resolved"), _):
            return "trouble"
        case "sentiment", _:
            return "mood"
        case "rule", _:
            return "rule"
    return "topic"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of an utterance over which nothing changes.

    ``findings`` are those whose evidence covers it; ``confidence`` in [0, 1] is given only where
    the word was heard with less than :data:`LOW_CONFIDENCE`; ``personal`` tells personal data, whose
    characters are hidden already where they must be. Where the text is not as it was recognised, ``said`` is
    what was (nothing for a sign that was put in) and ``edit`` tells of which kind the edit is.
    """

    text: str
    findings: tuple[Finding, ...] = ()
    confidence: float | None = None
    personal: bool = False
    said: str | None = None
    edit: str = ""

    @property
    def tint(self) -> str:
        """The colour of the weightiest finding."""
        return min(map(tint, self.findings), key=TINTS.index)


def passages(
    utterance: Utterance,
    findings: Sequence[Finding],
    pieces: Sequence[Piece] | None = None,
    view: View | None = None,
) -> tuple[Passage, ...]:
    """Cut an utterance wherever evidence, personal data, a badly heard word or an edit begins or ends.

    Parameters
    ----------
    utterance : Utterance
        The utterance, with its words where the recogniser gave them.
    findings : sequence of Finding
        All findings of the call; evidence without a span covers its whole utterance.
    pieces : sequence of Piece, optional
        The utterance's text as it may be shown; by default as it is.
    view : View, optional
        How it is read; by default as it is. An edit is one passage, whatever begins or ends within it, and
        there is none where anything of it is hidden.

    Returns
    -------
    tuple of Passage
        Their texts joined are those of the pieces, edited.
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
        if word.confidence is not None and word.confidence < LOW_CONFIDENCE
    ]
    private = []
    if pieces is not None:
        text = joined(pieces)
        ends = [*accumulate(len(piece.text) for piece in pieces)]
        private = [
            (end - len(piece.text), end, piece)
            for end, piece in zip(ends, pieces, strict=True)
            if piece.personal
        ]
    edits = _shown_edits(view, utterance.text, text)
    cuts = {0, len(text)}
    for start, end, _ in [*covered, *unsure, *private]:
        if start < end:
            cuts |= {start, end}
    for edit in edits:
        cuts -= {*range(edit.start + 1, edit.end)}
        cuts |= {edit.start, edit.end}
    changed = {(edit.start, edit.end): edit for edit in edits}
    edges = sorted([*cuts, *(edit.start for edit in edits if edit.start == edit.end)])

    def passage(left: int, right: int) -> Passage:
        edit = changed.get((left, right))

        def on(start: int, end: int) -> bool:
            return start < right and left < end if edit else start <= left and right <= end

        return Passage(
            edit.text if edit else text[left:right],
            _distinct(finding for start, end, finding in covered if on(start, end)),
            next((word.confidence for start, end, word in unsure if on(start, end)), None),
            any(on(start, end) for start, end, _ in private),
            text[left:right] if edit else None,
            edit.kind if edit else "",
        )

    return tuple(passage(left, right) for left, right in pairwise(edges))


def _shown_edits(view: View | None, text: str, shown: str) -> list[Edit]:
    """Return the edits of a view that touch nothing hidden; no sign is put in between hidden characters."""
    if view is None:
        return []
    hidden = [said != now for said, now in zip(text, shown, strict=True)]
    return [
        edit
        for edit in view.edits
        if not (any(hidden[edit.start : edit.end]) or all(hidden[max(edit.start - 1, 0) : edit.end + 1]))
    ]


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({finding.id: finding for finding in findings}.values())


def word_times(utterance: Utterance) -> str:
    """Return when each word of an utterance begins, for the page's script.

    Returns
    -------
    str
        ``"0:3.2 2:3.6"``: the place of the word's first character in the text, counted in the UTF-16 units
        of JavaScript, and seconds from the beginning of the recording.
    """
    text = utterance.text
    wide = not text.isascii() and max(text) > "\uffff"
    return " ".join(
        f"{start + _wide(text[:start]) if wide else start}:{word.start:.2f}"
        for start, _, word in word_spans(text, utterance.words)
    )


def _wide(text: str) -> int:
    """Return how many of the characters are two units of UTF-16."""
    return sum(character > "\uffff" for character in text)
