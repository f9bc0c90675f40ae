"""Columns over time, one for each place, stacked of parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.plot.drawing import framed, ticks


@dataclass(frozen=True, slots=True)
class Stack:
    """One part of every column: its height at each place. ``tint`` chooses its colour, 0 to 5."""

    name: str
    values: Sequence[float]
    tint: int = 0


def column_plot(
    title: str,
    labels: Sequence[str],
    stacks: Sequence[Stack],
    *,
    shown: Callable[[float], str] = "{:g}".format,
) -> Markup:
    """Return a plot of columns; the first part is the lowest."""
    count = len(labels)
    tops = [sum(stack.values[at] for stack in stacks) for at in range(count)]
    most = max([*tops, 1.0])
    drawing = framed(title, (-0.5, max(count - 0.5, 0.5)), (0.0, most * 1.04))
    drawing.axis_y(ticks(0.0, most), shown)
    drawing.axis_x(range(count), labels)
    width = min((drawing.x.end - drawing.x.start) / max(count, 1) * 0.7, 48.0)
    for at in range(count):
        base = 0.0
        for stack in stacks:
            value = stack.values[at]
            if value:
                top = drawing.y(base + value)
                drawing.add(
                    "rect",
                    "",
                    f"{labels[at]} {stack.name} {shown(value)}",
                    x=drawing.x(at) - width / 2,
                    y=top,
                    width=width,
                    height=drawing.y(base) - top,
                    class_=f"column tint-{stack.tint}",
                )
                base += value
    return drawing.svg()
