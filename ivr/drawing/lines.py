"""The lines of a picture: right angles with rounded corners, and no piece drawn twice.

Several ways to one card share their line. Were each drawn to its end, their dashes would fill each
other's gaps, so every further way is drawn only as far as where it joins.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ivr.drawing.layout import Point

_CORNER = 7.0  # radius
_NEAR = 0.05  # coordinates have one decimal place


class Piece(NamedTuple):
    """What is drawn of a way: its bends, and whether it joins a line instead of reaching the card."""

    points: Sequence[Point]
    joins: bool


class SharedLine:
    """All that is drawn so far of the ways to one card."""

    def __init__(self) -> None:
        self._drawn: list[tuple[Point, Point]] = []

    def joined(self, route: Sequence[Point]) -> Piece:
        """Add a way, and return what has to be drawn of it."""
        bends = [route[0]]
        for bend in route[1:]:
            if _distance(bends[-1], bend) > _NEAR:
                bends.append(bend)
        length, met = 0.0, None
        for start, end in pairwise(bends):
            meetings = [_distance(start, point) for point in self._meetings(start, end)]
            if meetings:
                met = length + min(meetings)
                break
            length += _distance(start, end)
        self._drawn += pairwise(bends)
        if met is None:
            return Piece(bends, False)
        # a little further, so that it bends into the line where that has a rounded corner itself
        return Piece(_up_to(bends, met + 2 * _CORNER), True)

    def _meetings(self, start: Point, end: Point) -> list[Point]:
        """Return the ends of drawn pieces that lie on the way to ``end``, and ``end`` if it lies on one."""
        met = [point for piece in self._drawn for point in piece if _is_between(point, start, end)]
        return met + [end for first, last in self._drawn if _is_between(end, first, last)]


def rounded(points: Sequence[Point]) -> str:
    """Return the path through points at right angles to each other, its corners rounded."""
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_CORNER, *(_distance(corner, end) / 2 for end in (before, after)))
        (x1, y1), (x2, y2) = _towards(corner, before, radius), _towards(corner, after, radius)
        path.append(f"L{x1:.1f} {y1:.1f} Q{corner[0]:.1f} {corner[1]:.1f} {x2:.1f} {y2:.1f}")
    path.append(f"L{points[-1][0]:.1f} {points[-1][1]:.1f}")
    return " ".join(path)


def _up_to(points: Sequence[Point], length: float) -> list[Point]:
    kept = [points[0]]
    for start, end in pairwise(points):
        step = _distance(start, end)
        if step >= length:
            return [*kept, _towards(start, end, length)]
        kept.append(end)
        length -= step
    return kept


def _is_between(point: Point, start: Point, end: Point) -> bool:
    return abs(_distance(start, point) + _distance(point, end) - _distance(start, end)) < _NEAR


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(start: Point, end: Point, length: float) -> Point:
    share = length / (_distance(start, end) or 1.0)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
