"""The funnel: groups by size and value, with limits that chance alone would seldom cross."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.plot.drawing import framed, ticks, width_of

#: Sizes at which the limits are computed.
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """One group: where it lies, how it is named, and its ``flag``: ``""``, ``watch`` or ``out``."""

    name: str
    size: float
    value: float
    flag: str = ""


def funnel_plot(
    title: str,
    marks: Sequence[Mark],
    centre: float,
    limits: Callable[[float, float], tuple[float, float]],
    z: tuple[float, float],
    *,
    bounds: tuple[float, float],
    size_label: str,
    shown: Callable[[float], str] = "{:g}".format,
) -> Markup:
    """Return the plot.

    Parameters
    ----------
    title : str
    marks : sequence of Mark
    centre : float
        What all groups share.
    limits : callable
        ``limits(size, z)`` → (low, high).
    z : (float, float)
        Of the inner and the outer limits.
    bounds : (float, float)
        Values that are possible at all; the plot shows the part of them that is needed.
    size_label : str
        What the horizontal axis counts.
    shown : callable
        Writes a value.
    """
    largest = max((mark.size for mark in marks), default=1.0) * 1.05
    smallest = min(1.0, largest / 2)
    sizes = [smallest + (largest - smallest) * (step / _STEPS) ** 2 for step in range(_STEPS + 1)]
    at_least = max(min((mark.size for mark in marks), default=1.0) * 0.8, smallest)
    seen = [mark.value for mark in marks] + [centre]
    seen += [bound for bound in limits(at_least, z[1]) if bound == bound]
    least, most = max(bounds[0], min(seen)), min(bounds[1], max(seen))
    if most <= least:
        least, most = bounds
    room = (most - least) * 0.05
    low, high = max(bounds[0], least - room), min(bounds[1], most + room)
    drawing = framed(title, (0.0, largest), (low, high))
    drawing.axis_y(ticks(low, high), shown)
    free = drawing.x.end - width_of(size_label) - 16
    places = [place for place in ticks(0.0, largest, 6) if drawing.x(place) < free]
    drawing.axis_x(places, [f"{place:g}" for place in places])
    drawing.text(drawing.x.end, drawing.height - 8, f"{size_label} →", "tick left")
    drawing.path([(0.0, centre), (largest, centre)], "centre")
    for each, kind in ((z[0], "limit inner"), (z[1], "limit outer")):
        for side in (0, 1):
            points = [(size, limits(size, each)[side]) for size in sizes]
            inside = [point if low <= point[1] <= high else None for point in points]
            drawing.path(inside, kind)
    for mark in marks:
        x, y = drawing.x(mark.size), drawing.y(mark.value)
        hint = f"{mark.name}: {shown(mark.value)} ({size_label} {mark.size:.0f})"
        drawing.add("circle", "", hint, cx=x, cy=y, r=4, class_=f"mark {mark.flag}".rstrip())
        if mark.flag == "out":
            left = x > drawing.x.end - 70
            drawing.text(x - 7 if left else x + 7, y + 4, mark.name, "name left" if left else "name")
    return drawing.svg()
