"""Bars that lie: one for each name, longest first or in the order given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.plot.drawing import RIGHT, WIDTH, Drawing, Scale, width_of

_ROW, _NAMES = 22.0, 170.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of some length, ``note`` beside its number; ``flagged`` ones stand out."""

    name: str
    value: float
    note: str = ""
    flagged: bool = False


def bar_plot(
    title: str,
    bars: Sequence[Bar],
    *,
    shown: Callable[[float], str] = "{:g}".format,
    most: float | None = None,
) -> Markup:
    """Return a plot of bars from zero to ``most``, by default the longest."""
    height = _ROW * len(bars) + 8
    longest = most if most is not None else max((bar.value for bar in bars), default=0.0)
    numbers = [f"{shown(bar.value)} {bar.note}".strip() for bar in bars]
    room = max((width_of(each) for each in numbers), default=0.0) + 10
    x = Scale(0.0, longest or 1.0, _NAMES, WIDTH - RIGHT - room)
    drawing = Drawing(title, x, Scale(0.0, 1.0, 0.0, 1.0), height)
    for at, bar in enumerate(bars):
        top = 4 + at * _ROW
        kind = "column flagged" if bar.flagged else "column tint-0"
        drawing.text(_NAMES - 8, top + 15, _short(bar.name), "tick left")
        drawing.add(
            "rect",
            "",
            f"{bar.name} {numbers[at]}",
            x=x.start,
            y=top + 4,
            width=max(x(bar.value) - x.start, 0.5),
            height=_ROW - 8,
            class_=kind,
        )
        drawing.text(x(bar.value) + 6, top + 15, numbers[at], "tick")
    return drawing.svg()


def _short(name: str, room: float = _NAMES - 16) -> str:
    if width_of(name) <= room:
        return name
    return next(
        f"{name[:kept]}…" for kept in range(len(name) - 1, -1, -1) if width_of(name[:kept]) <= room - 11
    )
