"""A flow as one SVG file that needs nothing else: no script, no picture, no font of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as xml

from ivr.drawing.cards import Card, Exit, cards
from ivr.drawing.chapters import chapters
from ivr.drawing.dropoff import DropOff, Passage
from ivr.drawing.face import HEATS, NAME, PAD, SMALL_TEXT, TEXT, Face
from ivr.drawing.layout import Box, Layout, Link, Point, arrange
from ivr.drawing.lettering import FONTS, width
from ivr.drawing.lines import Piece, SharedLine, rounded
from ivr.drawing.markup import Element, add, add_text
from ivr.drawing.shapes import SHAPES
from ivr.drawing.wording import Wording
from ivr.flow import Flow

_MARGIN, _TITLE_HEIGHT, _LEGEND_GAP, _LEGEND_ROW = 36.0, 74.0, 40.0, 40.0
_CHAPTER_HEAD, _CHAPTER_PAD, _CHAPTER_GAP = 46.0, 22.0, 26.0
_ASPECT = 1.5  # of the sheet that chapters are laid out for: a little more than that of A3
_WIDTHS_TRIED = 60
_WAY, _TROUBLE = "#52606d", "#7b8794"
_BACK, _ON = "↩", "↪"

_STYLE = f"""
text {{ font-family: {FONTS}; fill: #1f2933; }}
.way, .trouble {{ fill: none; }}
.way {{ stroke: {_WAY}; stroke-width: 1.7; }}
.trouble {{ stroke: {_TROUBLE}; stroke-width: 1.2; stroke-dasharray: 5 4; }}
.edge {{ stroke-width: 1.6; stroke-linejoin: round; }}
.rule {{ stroke-width: 0.8; stroke-opacity: 0.35; fill: none; }}
.chapter {{ fill: #fafbfc; stroke: #cbd2d9; }}
.title {{ font-size: 24px; font-weight: 700; }}
.heading {{ font-size: 16px; font-weight: 700; }}
.name {{ font-size: {NAME:g}px; font-weight: 700; }}
.kind, .detail, .heat {{ font-size: {SMALL_TEXT:g}px; }}
.text, .exit {{ font-size: {TEXT:g}px; }}
.detail, .muted {{ fill: #3e4c59; }}
.light {{ fill: #ffffff; }}
a text {{ fill: #174ea6; }}
""".strip()


def draw_svg(flow: Flow, traffic: DropOff | None = None, *, language: str = "") -> str:
    """Draw a flow.

    Parameters
    ----------
    flow : Flow
        Flows that it leads into are one box each, which links to ``<flow>.svg``.
    traffic : DropOff, optional
        Then every node says how many callers came and how many of them hung up in it.
    language : str
        Of the prompts and of the drawing's own words; the flow's own by default.

    Returns
    -------
    str
        The same flow always gives the same text. A flow of many nodes is drawn in chapters.
    """
    language = language or flow.language
    return _Sheet(flow, traffic, Wording(language), language).text()


@dataclass(slots=True)
class _Chapter:
    """A part of the sheet: its cards, how they lie in it, and where it lies."""

    number: int
    faces: Sequence[Face]
    layout: Layout
    lines: Sequence[tuple[Face, Exit]]
    framed: bool
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        return self.layout.width + (2 * _CHAPTER_PAD if self.framed else 0)

    @property
    def height(self) -> float:
        return self.layout.height + (_CHAPTER_HEAD + _CHAPTER_PAD if self.framed else 0)

    @property
    def origin(self) -> Point:
        """Where the layout begins."""
        return self.x + self.framed * _CHAPTER_PAD, self.y + self.framed * _CHAPTER_HEAD


class _Sheet:
    def __init__(self, flow: Flow, traffic: DropOff | None, words: Wording, language: str) -> None:
        self._flow, self._traffic, self._words = flow, traffic, words
        drawn = {card.name: card for card in cards(flow, language, words)}
        exits = [(card.name, each) for card in drawn.values() for each in card.exits]
        back = {index for index, (_, each) in enumerate(exits) if each.back}
        parts = chapters(list(drawn), [(name, each.target) for name, each in exits], back)
        self._chapter_of = {name: number for number, part in enumerate(parts, 1) for name in part}
        self._entrances = {name: {source for source, each in exits if each.target == name} for name in drawn}
        self._several = len(parts) > 1
        self._chapters = [
            self._chapter(number, [drawn[name] for name in part]) for number, part in enumerate(parts, 1)
        ]
        self._width, self._height = _packed(self._chapters)

    def _chapter(self, number: int, part: Sequence[Card]) -> _Chapter:
        faces = {}
        lines: list[tuple[Face, Exit]] = []
        links = []
        for card in part:
            references = [self._reference(number, each) for each in card.exits]
            face = faces[card.name] = Face(card, references, self._passage(card), self._words)
            for each, reference, port in zip(card.exits, references, face.ports, strict=True):
                if not reference:
                    lines.append((face, each))
                    links.append(Link(card.name, port, each.target, _class(each)))
        boxes = {name: Box(face.width, face.height, face.entry) for name, face in faces.items()}
        return _Chapter(number, list(faces.values()), arrange(boxes, links), lines, self._several)

    def _reference(self, number: int, each: Exit) -> str:
        """Return the text for a way that is not drawn as a line: back, or into another chapter."""
        elsewhere = self._chapter_of[each.target]
        if not each.back and elsewhere == number:
            return ""
        sign = _BACK if each.back else _ON
        return f"{sign} {each.target}" + (f" [{elsewhere}]" if elsewhere != number else "")

    def _passage(self, card: Card) -> Passage | None:
        if self._traffic is None or card.name not in self._flow.nodes:
            return None
        return self._traffic.nodes.get(card.name, Passage(0, 0))

    def text(self) -> str:
        """Return the whole file."""
        legend, legend_height = self._legend()
        wide = max(self._width, 640.0) + 2 * _MARGIN
        high = _TITLE_HEIGHT + self._height + _LEGEND_GAP + legend_height + _MARGIN
        root = Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {wide:.0f} {high:.0f}",
                "width": f"{wide:.0f}",
                "height": f"{high:.0f}",
                "role": "graphics-document document",
                "aria-labelledby": "title",
                "lang": self._words.tag,
            },
        )
        title = self._flow.title or self._flow.name
        add(root, "title", title, id="title")
        add(root, "style", _STYLE)
        definitions = add(root, "defs")
        _add_arrow(definitions, "way", _WAY)
        _add_arrow(definitions, "trouble", _TROUBLE)
        add(root, "rect", width="100%", height="100%", fill="#ffffff")
        add_text(root, title, _MARGIN, 38, "title")
        add_text(root, " · ".join(self._facts()), _MARGIN, 59, "text muted")
        body = add(root, "g", transform=f"translate({_MARGIN:g} {_TITLE_HEIGHT:g})")
        for chapter in self._chapters:
            self._draw_chapter(body, definitions, chapter)
        legend.set("transform", f"translate({_MARGIN:g} {_TITLE_HEIGHT + self._height + _LEGEND_GAP:g})")
        root.append(legend)
        xml.indent(root)
        return xml.tostring(root, encoding="unicode") + "\n"

    def _facts(self) -> list[str]:
        words, traffic = self._words, self._traffic
        facts = [f"{words['flow']} {self._flow.name}", f"{len(self._flow.nodes)} {words['nodes']}"]
        if traffic is not None:
            facts += [f"{words['version']} {self._flow.version}", f"{traffic.calls:,} {words['calls']}"]
            if traffic.since is not None:
                facts.append(f"{words['since']} {traffic.since:%Y-%m-%d}")
            if traffic.others:
                facts.append(f"{traffic.others:,} {words['entered']}{words['others']}")
        return facts

    def _draw_chapter(self, body: Element, definitions: Element, chapter: _Chapter) -> None:
        if chapter.framed:
            frame = {"width": chapter.width, "height": chapter.height}
            add(body, "rect", class_="chapter", x=chapter.x, y=chapter.y, **frame, rx=12)
            first = chapter.faces[0]
            heading = f"{chapter.number}  {first.called}"
            x, y = chapter.x + _CHAPTER_PAD, chapter.y + 28
            add_text(body, heading, x, y, "heading")
            count = len(self._entrances[first.card.name])
            if count:
                note = self._words["entrances"].format(count)
                add_text(body, note, x + width(heading, 17) + 16, y, "kind muted")
        x, y = chapter.origin
        group = add(body, "g", transform=f"translate({x:.1f} {y:.1f})")
        lines: dict[tuple[str, bool], SharedLine] = defaultdict(SharedLine)
        for (face, each), route in zip(chapter.lines, chapter.layout.routes, strict=True):
            # it begins under the card, whose edge is not everywhere straight
            start = (route[0][0] - 2 * PAD, route[0][1])
            _draw_line(group, face, each, lines[each.target, each.trouble].joined([start, *route[1:]]))
        for face in chapter.faces:
            face.draw(group, definitions, *chapter.layout.boxes[face.card.name])

    def _legend(self) -> tuple[Element, float]:
        """Return the legend, and how high it is."""
        legend, words = Element("g"), self._words
        add_text(legend, words["legend"], 0, 12, "name")
        faces = [face for chapter in self._chapters for face in chapter.faces]
        kinds = dict.fromkeys(face.card.kind for face in faces)
        entries = [(kind, words.kind(kind), 46.0) for kind in kinds if kind != "start"]
        entries += [("way", words["way"], 46.0), ("trouble", words["trouble"], 46.0)]
        if any(each.back for face in faces for each in face.card.exits):
            entries.append((_BACK, words["back"], 16.0))
        if self._several:
            entries.append((_ON, words["on"], 16.0))
        if self._traffic is not None:
            entries.append(("heat", words["share"], 42.0 * len(HEATS)))
        x, y = 0.0, 26.0
        for sign, label, sign_width in entries:
            room = sign_width + 10 + width(label, SMALL_TEXT) + 24
            if x and x + room > max(self._width, 640.0):
                x, y = 0.0, y + _LEGEND_ROW
            _draw_sign(add(legend, "g", transform=f"translate({x:.1f} {y:.1f})"), sign)
            add_text(legend, label, x + sign_width + 10, y + 16, "kind")
            x += room
        return legend, y + _LEGEND_ROW


def _packed(parts: Sequence[_Chapter]) -> tuple[float, float]:
    """Place chapters so that the sheet can be shown as large as possible; return its width and height."""
    widest, whole = max(part.width for part in parts), sum(part.width + _CHAPTER_GAP for part in parts)
    limits = [widest + (whole - widest) * step / _WIDTHS_TRIED for step in range(_WIDTHS_TRIED + 1)]

    def size(limit: float) -> float:
        wide, high = _placed(parts, limit)
        return max(wide / _ASPECT, high)

    return _placed(parts, min(limits, key=size))


def _placed(parts: Sequence[_Chapter], limit: float) -> tuple[float, float]:
    """Place chapters in rows of at most ``limit``; one that fits under another in its row goes there."""
    top = 0.0
    columns: list[tuple[float, float, float]] = []  # of the row: left, width, how far down they are filled
    for part in parts:
        bottom = max((filled for _, _, filled in columns), default=top)
        right = max((left + wide + _CHAPTER_GAP for left, wide, _ in columns), default=0.0)
        for index, (left, wide, filled) in enumerate(columns):
            y = filled + _CHAPTER_GAP
            if part.width <= wide and y + part.height <= bottom:
                part.x, part.y = left, y
                columns[index] = left, wide, y + part.height
                break
        else:
            if columns and right + part.width > limit:
                top, right, columns = bottom + _CHAPTER_GAP, 0.0, []
            part.x, part.y = right, top
            columns.append((right, part.width, top + part.height))
    return max(part.x + part.width for part in parts), max(part.y + part.height for part in parts)


def _draw_line(group: Element, face: Face, each: Exit, piece: Piece) -> None:
    kind = _class(each)
    arrow: dict[str, str | float] = {} if piece.joins else {"marker_end": f"url(#arrow-{kind})"}
    path = add(group, "path", class_=kind, d=rounded(piece.points), **arrow)
    add(path, "title", f"{face.called} → {each.target}" + (f": {each.label}" if each.label else ""))


def _draw_sign(group: Element, sign: str) -> None:
    """Draw one entry of the legend: an arrow, the scale, or a shape."""
    if sign in ("way", "trouble"):
        add(group, "path", class_=sign, d="M0 12 H46", marker_end=f"url(#arrow-{sign})")
    elif sign in (_BACK, _ON):
        add_text(add(group, "a"), sign, 0, 17, "exit")
    elif sign == "heat":
        for index, (limit, colour) in enumerate(reversed(HEATS)):
            add(group, "rect", x=index * 42, y=2, width=42, height=20, fill=colour)
            add_text(group, f"≥ {limit:.0%}", index * 42 + 5, 16, "kind")
    else:
        shape = SHAPES[sign]
        dashes: dict[str, str | float] = {"stroke_dasharray": "5 3"} if sign == "any" else {}
        outline = shape.outline(46, 24)
        add(group, "path", class_="edge", d=outline, fill=shape.light, stroke=shape.dark, **dashes)
        if shape.inner is not None:
            add(group, "path", d=shape.inner(46, 24), fill="none", stroke=shape.dark)


def _add_arrow(definitions: Element, name: str, colour: str) -> None:
    marker = add(
        definitions,
        "marker",
        id=f"arrow-{name}",
        viewBox="0 0 10 10",
        refX=9,
        refY=5,
        markerWidth=9,
        markerHeight=9,
        markerUnits="userSpaceOnUse",
        orient="auto",
    )
    add(marker, "path", d="M0 0.5 L10 5 L0 9.5 Z", fill=colour)


def _class(each: Exit) -> str:
    return "trouble" if each.trouble else "way"
