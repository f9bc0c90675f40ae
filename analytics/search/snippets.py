"""What to show of a call that was found: the utterances that answer the query, with the places marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from analytics.search.entries import Said
from analytics.search.passages import speaker_of
from analytics.search.query import Node, Sound, Speaker, Term, terms
from analytics.search.tokens import JOINT, folded, places
from analytics.words import syllable
from calls.records import Role

#: Characters shown before the first mark, and of an utterance altogether.
BEFORE, SHOWN = 16, 60
CUT = "…"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of an utterance: (text, whether it is marked) side by side; ``start`` in seconds."""

    number: int
    role: Role
    start: float
    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        """The piece without marks."""
        return "".join(text for text, _ in self.pieces)


def snippets(
    said: Sequence[Said],
    node: Node,
    masked: Mapping[int, str] | None = None,
    *,
    limit: int = 2,
    whole: bool = False,
) -> tuple[Snippet, ...]:
    """Return the utterances that hold most of what is looked for, in the order in which they were said.

    Parameters
    ----------
    said : sequence of Said
        The call.
    node : Node
        What is looked for.
    masked : mapping of int to str, optional
        Number → the text to look at and to show in place of what was said, from
        :func:`analytics.search.passages.masked`.
    limit : int, optional
        Utterances at most.
    whole : bool, optional
        Show utterances in full.
    """
    wanted = tuple(dict.fromkeys(terms(node)))
    found = []
    for each in said:
        text = (masked or {}).get(each.number, each.text)
        plain = folded(text)
        spans = [_spans(text, plain, term) for term in wanted if _holds(plain, term) and _said_by(each, term)]
        if told := len(spans):
            found.append((-told, each.number, each, text, [span for some in spans for span in some]))
    best = sorted(found, key=lambda one: one[:2])[:limit]
    return tuple(
        Snippet(each.number, each.role, each.start, tuple(_pieces(text, spans, whole)))
        for _, _, each, text, spans in sorted(best, key=lambda one: one[1])
    )


def _said_by(said: Said, term: Term) -> bool:
    return term.speaker is Speaker.ANY or term.speaker is speaker_of(said.role)


def _holds(plain: str, term: Term) -> bool:
    """Tell whether a folded text holds a term."""
    if isinstance(term, Sound):
        heard = _heard(plain)
        return any(_sought(names) in heard for names in term.readings)
    return term.text in plain


def _spans(text: str, plain: str, term: Term) -> list[tuple[int, int]]:
    """Return the half-open spans of a text, here also given folded, that a term is found in."""
    if isinstance(term, Sound):
        heard = _heard(plain)
        spans = []
        for names in term.readings:
            for at in _all(heard, _sought(names)):
                first = heard.count(JOINT, 0, at)
                spans.append((first, first + len(names)))
    else:
        spans = [(at, at + len(term.text)) for at in _all(plain, term.text)]
    origin = places(text)
    return [(origin[first], origin[end - 1] + 1) for first, end in spans]


@lru_cache(maxsize=4096)
def _heard(plain: str) -> str:
    return JOINT + "".join(f"{syllable(each)}{JOINT}" for each in plain)


def _sought(names: tuple[str, ...]) -> str:
    return f"{JOINT}{JOINT.join(names)}{JOINT}"


def _all(text: str, sought: str) -> Iterator[int]:
    at = text.find(sought)
    while at >= 0:
        yield at
        at = text.find(sought, at + 1)


def _pieces(text: str, spans: Sequence[tuple[int, int]], whole: bool) -> Iterator[tuple[str, bool]]:
    """Yield a text cut at the edges of its marks, and shortened around the first of them."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    first, last = 0, len(text)
    if not whole and len(text) > SHOWN:
        first = max(0, min(merged[0][0] - BEFORE, len(text) - SHOWN))
        last = max(first + SHOWN, merged[0][1])
    if first:
        yield CUT, False
    place = first
    for start, end in merged:
        if start >= last:
            break
        if place < start:
            yield text[place:start], False
        yield text[start : min(end, last)], True
        place = min(end, last)
    if place < last:
        yield text[place:last], False
    if last < len(text):
        yield CUT, False
