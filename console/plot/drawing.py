"""A sheet to plot on: a frame with axes, and shapes placed in the data's own units."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

#: Of the whole drawing, and of the room around the frame, in the units of the SVG's view box.
WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 12, 26

_names = itertools.count()


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from ``low`` to ``high``: steps of 1, 2 or 5 times a power of ten."""
    if not high > low:
        return [low]
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True, slots=True)
class Scale:
    """Places the numbers from ``low`` to ``high`` between two coordinates."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the coordinate of a value."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + share * (self.end - self.start)


@dataclass(slots=True)
class Drawing:
    """An SVG being drawn, ``title`` being what it says in one sentence to those who cannot see it."""

    title: str
    x: Scale
    y: Scale
    height: float = HEIGHT
    parts: list[Markup] = field(default_factory=list)

    def add(self, shape: str, content: str = "", hint: str = "", /, **attributes: object) -> None:
        """Add an element; ``hint`` is shown when the mouse is over it. Numbers keep one decimal."""
        shown = Markup("").join(
            Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), _number(value))
            for name, value in attributes.items()
        )
        inner = Markup("<title>{}</title>").format(hint) if hint else Markup("")
        self.parts.append(
            Markup("<{}{}>{}{}</{}>").format(Markup(shape), shown, inner, content, Markup(shape))
        )

    def text(self, x: float, y: float, content: str, kind: str = "") -> None:
        """Write something at a coordinate of the drawing."""
        self.add("text", content, x=x, y=y, class_=kind)

    def axis_y(self, places: Sequence[float], shown: Callable[[float], str]) -> None:
        """Draw lines across the frame at some values, each with its number."""
        for value in places:
            at = self.y(value)
            self.add("line", x1=self.x.start, x2=self.x.end, y1=at, y2=at, class_="grid")
            self.text(self.x.start - 6, at + 3.5, shown(value), "tick left")

    def axis_x(self, places: Sequence[float], shown: Sequence[str]) -> None:
        """Write labels below the frame; of those that would touch each other some are left out."""
        room = max((width_of(each) for each in shown), default=0) + 8
        free = -math.inf
        for value, label in zip(places, shown, strict=True):
            at = self.x(value)
            if at - room / 2 >= free:
                self.text(at, self.height - 8, label, "tick middle")
                free = at + room / 2

    def path(self, points: Sequence[tuple[float, float] | None], kind: str) -> None:
        """Draw a line through points in the data's units; ``None`` breaks it."""
        steps, pen = [], "M"
        for point in points:
            if point is None:
                pen = "M"
                continue
            steps.append(f"{pen}{self.x(point[0]):.1f} {self.y(point[1]):.1f}")
            pen = "L"
        if steps:
            self.add("path", d=" ".join(steps), class_=kind)

    def svg(self) -> Markup:
        """Return the whole."""
        name = f"plot-{next(_names)}"
        return Markup(
            '<svg class="plot" viewBox="0 0 {} {}" role="img" aria-labelledby="{}">'
            '<title id="{}">{}</title>{}</svg>'
        ).format(WIDTH, _number(self.height), name, name, self.title, Markup("\n").join(self.parts))


def framed(title: str, x: tuple[float, float], y: tuple[float, float], height: float = HEIGHT) -> Drawing:
    """Return an empty drawing whose frame shows the given ranges."""
    return Drawing(title, Scale(*x, LEFT, WIDTH - RIGHT), Scale(*y, height - BOTTOM, TOP), height)


def _number(value: object) -> object:
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else escape(str(value))


def width_of(text: str) -> float:
    """Return about how wide a label of size 11 is: Hanzi are as wide as they are high."""
    return sum(11.0 if ord(each) > 0x2E7F else 6.2 for each in text)
