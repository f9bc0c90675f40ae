"""Lines over time, with bands for what is uncertain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.plot.drawing import Drawing, framed, ticks


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a value for each place, ``None`` where there is none. ``tint`` chooses its colour, 0 to 5."""

    name: str
    values: Sequence[float | None]
    tint: int = 0
    dots: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """Between which values the truth lies, for each place."""

    bounds: Sequence[tuple[float, float] | None]
    tint: int = 0


def line_plot(
    title: str,
    labels: Sequence[str],
    lines: Sequence[Line],
    bands: Sequence[Band] = (),
    *,
    shown: Callable[[float], str] = "{:g}".format,
    low: float | None = 0.0,
    high: float | None = None,
) -> Markup:
    """Return a plot of lines over places in order; the data choose ``low`` and ``high`` where ``None``."""
    values = [value for line in lines for value in line.values if value is not None]
    values += [bound for band in bands for pair in band.bounds if pair for bound in pair]
    least = low if low is not None else min(values, default=0.0)
    most = high if high is not None else max([*values, least], default=1.0)
    if most <= least:
        most = least + 1.0
    count = len(labels)
    drawing = framed(title, (-0.5, max(count - 0.5, 0.5)), (least, most + (most - least) * 0.04))
    drawing.axis_y(ticks(least, most), shown)
    drawing.axis_x(range(count), labels)
    for band in bands:
        _draw_band(drawing, band)
    for line in lines:
        points = [None if value is None else (float(at), value) for at, value in enumerate(line.values)]
        drawing.path(points, f"line tint-{line.tint}")
        for at, point in enumerate(points):
            alone = point and not any(points[max(at - 1, 0) : at]) and not any(points[at + 1 : at + 2])
            if point and (line.dots or alone):
                hint = f"{labels[at]} {line.name} {shown(point[1])}"
                drawing.add(
                    "circle",
                    "",
                    hint,
                    cx=drawing.x(point[0]),
                    cy=drawing.y(point[1]),
                    r=3,
                    class_=f"dot tint-{line.tint}",
                )
    return drawing.svg()


def _draw_band(drawing: Drawing, band: Band) -> None:
    run: list[tuple[int, tuple[float, float]]] = []
    for at, pair in enumerate([*band.bounds, None]):
        if pair is not None:
            run.append((at, pair))
            continue
        if len(run) == 1:
            place, (low, high) = run[0]
            x = drawing.x(place)
            drawing.add(
                "line", x1=x, x2=x, y1=drawing.y(low), y2=drawing.y(high), class_=f"whisker tint-{band.tint}"
            )
        elif run:
            there = [(drawing.x(place), drawing.y(high)) for place, (_, high) in run]
            back = [(drawing.x(place), drawing.y(low)) for place, (low, _) in reversed(run)]
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*there, *back])
            drawing.add("polygon", points=points, class_=f"band tint-{band.tint}")
        run = []
