"""A text as it is shown beside the text as it was recognised: what differs, where, and why.

The original is never changed. A view is made of edits of it; every place of one text has its place in the
other, so evidence, times and personal data, which are known of the original, are found in the view too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Another text for a span of the original.

    Attributes
    ----------
    start, end : int
        Half-open span of the original; empty where something is put in.
    text : str
        What the view shows there.
    kind : str
        Of a sign: ``pause``, ``stop`` or ``question``; of a number: see :mod:`speech.written`; of a
        correction: ``hot-word``.
    value : str
        What is meant, in one form for all ways to say it: ``3500`` for 三千五百块. Empty if there is none.
    why : str
        The reason, for people; empty where the kind tells it.
    """

    start: int
    end: int
    text: str
    kind: str
    value: str = ""
    why: str = ""


class Placed(NamedTuple):
    """An edit and its half-open span of the view."""

    edit: Edit
    start: int
    end: int


@dataclass(frozen=True)
class View:
    """A text beside its original.

    Parameters
    ----------
    original : str
        As recognised.
    edits : tuple of Edit
        Ascending, not overlapping; see :func:`view_of`.
    """

    original: str
    edits: tuple[Edit, ...] = ()

    @cached_property
    def placed(self) -> tuple[Placed, ...]:
        """The edits and where they are in the view."""
        placed, ahead = [], 0
        for edit in self.edits:
            start = edit.start + ahead
            placed.append(Placed(edit, start, start + len(edit.text)))
            ahead += len(edit.text) - (edit.end - edit.start)
        return tuple(placed)

    @cached_property
    def text(self) -> str:
        """The text of the view."""
        pieces: list[str] = []
        done = 0
        for edit in self.edits:
            pieces += self.original[done : edit.start], edit.text
            done = edit.end
        return "".join([*pieces, self.original[done:]])

    def original_span(self, start: int, end: int) -> Span:
        """Return the span of the original behind the half-open span [start, end) of the view.

        An edit that is touched counts as a whole; what was put in has an empty span.
        """
        first = self._behind(start)
        return first[0], max(first[0], self._behind(end - 1)[1] if end > start else first[0])

    def view_span(self, start: int, end: int) -> Span:
        """Return the span of the view that shows the half-open span [start, end) of the original.

        An edit that is touched counts as a whole.
        """
        first = self._shown(start)
        return first[0], max(first[0], self._shown(end - 1)[1] if end > start else first[0])

    def _behind(self, place: int) -> Span:
        """Return the span of the original behind one character of the view."""
        number = bisect_right(self._starts_shown, place) - 1
        if number < 0:
            return place, place + 1
        edit, _, end = self.placed[number]
        if place < end:
            return edit.start, edit.end
        return edit.end + place - end, edit.end + place - end + 1

    def _shown(self, place: int) -> Span:
        """Return the span of the view that shows one character of the original."""
        number = bisect_right(self._starts, place) - 1
        if number < 0:
            return place, place + 1
        edit, start, end = self.placed[number]
        if place < edit.end:
            return start, end
        return end + place - edit.end, end + place - edit.end + 1

    @cached_property
    def _starts_shown(self) -> list[int]:
        return [start for _, start, _ in self.placed]

    @cached_property
    def _starts(self) -> list[int]:
        return [edit.start for edit in self.edits]


def view_of(original: str, *layers: Iterable[Edit]) -> View:
    """Return a view of ``original`` with all edits that do not touch one of an earlier layer.

    Parameters
    ----------
    original : str
    *layers : iterable of Edit
        Those of one layer do not overlap. What is put in counts as overlapping where it would cut another
        edit in two.
    """
    taken: list[Edit] = []
    for layer in layers:
        taken = _with(taken, sorted(layer))
    return View(original, tuple(taken))


def _with(taken: Sequence[Edit], more: Iterable[Edit]) -> list[Edit]:
    ends = [edit.end for edit in taken]
    free = []
    for edit in more:
        number = bisect_right(ends, edit.start)
        after = taken[number] if number < len(taken) else None
        if after is None or max(edit.end, edit.start) <= after.start:
            free.append(edit)
    # what is put in where another edit begins comes before it
    return sorted([*taken, *free], key=lambda edit: (edit.start, edit.end))
