"""Shapes and colours of the kinds of node: each can be told by its shape alone.

The shapes are those of ISO 5807 (flowchart symbols) where it has one: terminator, manual input,
decision, document, predefined process, internal storage, stored data. Colours are pairs of a light
and a dark tone: white letters on the dark one and black letters on the light one have a contrast of at
least 4.5 (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_CUT = 11.0  # of slanted and pointed edges
_ROUND = 9.0


@dataclass(frozen=True, slots=True)
class Shape:
    """How a kind of node is drawn.

    Parameters
    ----------
    outline : callable
        Width and height → the path of its edge, with the origin at the upper left.
    light, dark : str
        Colours of the area, and of edge and heading.
    inner : callable, optional
        Further lines within the edge.
    small : bool
        Without text: half as wide.
    """

    outline: Callable[[float, float], str]
    light: str
    dark: str
    inner: Callable[[float, float], str] | None = None
    small: bool = False


def _path(*points: tuple[float, float]) -> str:
    return "M" + " L".join(f"{x:g} {y:g}" for x, y in points) + " Z"


def _round(w: float, h: float, r: float = _ROUND) -> str:
    return (
        f"M{r:g} 0 H{w - r:g} Q{w:g} 0 {w:g} {r:g} V{h - r:g} Q{w:g} {h:g} {w - r:g} {h:g} "
        f"H{r:g} Q0 {h:g} 0 {h - r:g} V{r:g} Q0 0 {r:g} 0 Z"
    )


def _bubble(w: float, h: float) -> str:
    r = _ROUND
    return (
        f"M{r:g} 0 H{w - r:g} Q{w:g} 0 {w:g} {r:g} V{h - r:g} Q{w:g} {h:g} {w - r:g} {h:g} "
        f"H36 L24 {h + 9:g} L22 {h:g} H{r:g} Q0 {h:g} 0 {h - r:g} V{r:g} Q0 0 {r:g} 0 Z"
    )


def _plain(w: float, h: float) -> str:
    return _path((0, 0), (w, 0), (w, h), (0, h))


def _slanted(w: float, h: float) -> str:
    return _path((0, _CUT), (_CUT * 3, 0), (w, 0), (w, h), (0, h))


def _decision(w: float, h: float) -> str:
    c = _CUT
    return _path((c, 0), (w - c, 0), (w, c), (w, h - c), (w - c, h), (c, h), (0, h - c), (0, c))


def _document(w: float, h: float) -> str:
    return f"M0 0 H{w:g} V{h:g} C{w * 0.7:g} {h - 10:g} {w * 0.35:g} {h + 12:g} 0 {h:g} Z"


def _arrow(w: float, h: float) -> str:
    return _path((0, 0), (w - _CUT, 0), (w, h / 2), (w - _CUT, h), (0, h))


def _drum(w: float, h: float) -> str:
    c = _CUT
    return f"M{c:g} 0 H{w:g} Q{w - c:g} {h / 2:g} {w:g} {h:g} H{c:g} Q{-c:g} {h / 2:g} {c:g} 0 Z"


def _stadium(w: float, h: float) -> str:
    return _round(w, h, min(w, h) / 2)


def _two_bars(w: float, h: float) -> str:
    return f"M7 0 V{h:g} M{w - 7:g} 0 V{h:g}"


def _right_bar(w: float, h: float) -> str:
    return f"M{w - 4.5:g} 0 V{h:g}"


def _corner(w: float, h: float) -> str:
    return f"M7 0 V{h:g} M0 7 H{w:g}"


def _ring(w: float, h: float) -> str:
    return f"M{h / 2:g} 4 H{w - h / 2:g} A{h / 2 - 4:g} {h / 2 - 4:g} 0 0 1 {w - h / 2:g} {h - 4:g} " + (
        f"H{h / 2:g} A{h / 2 - 4:g} {h / 2 - 4:g} 0 0 1 {h / 2:g} 4 Z"
    )


_PEOPLE = Shape(_arrow, "#e6f4ea", "#1b6e3c")
_ASKED = Shape(_slanted, "#e8f0fe", "#1f5fbf")
_CHOSEN = Shape(_decision, "#fff4d6", "#8a5a00")
SHAPES: dict[str, Shape] = {
    "start": Shape(_stadium, "#323f4b", "#1f2933", small=True),
    "any": Shape(_plain, "#ffffff", "#616e7c"),
    "play": Shape(_bubble, "#f3f5f7", "#4a5763"),
    "menu": Shape(_round, "#dfeafd", "#174ea6", _right_bar),
    "collect": _ASKED,
    "confirm": _ASKED,
    "survey": _ASKED,
    "record": Shape(_document, "#fde7f3", "#9c2a6b"),
    "branch": _CHOSEN,
    "hours": _CHOSEN,
    "split": _CHOSEN,
    "set": Shape(_plain, "#f1ece4", "#6b5232", _corner),
    "language": Shape(_plain, "#f1ece4", "#6b5232", _corner),
    "http": Shape(_drum, "#e0f3f5", "#0b6570"),
    "queue": _PEOPLE,
    "transfer": _PEOPLE,
    "callback": _PEOPLE,
    "goto": Shape(_stadium, "#f3f5f7", "#4a5763", small=True),
    "subflow": Shape(_plain, "#ece6f8", "#5b35a5", _two_bars),
    "return": Shape(_stadium, "#f3f5f7", "#4a5763", small=True),
    "hangup": Shape(_stadium, "#ffffff", "#b3261e", _ring, small=True),
}
