"""One card of the picture: how large it is, where its ways out leave, and its drawing."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.drawing.cards import ANY, START, Card, Exit
from ivr.drawing.dropoff import Passage
from ivr.drawing.lettering import shortened, width, wrapped
from ivr.drawing.markup import Element, add, add_text, node_id
from ivr.drawing.shapes import SHAPES
from ivr.drawing.wording import Wording

TEXT, SMALL_TEXT, NAME = 12.5, 11.0, 13.0  # letter heights in pixels
PAD = 12.0
#: Share of callers who hung up from which a colour counts, and the colour.
HEATS = ((0.20, "#f76707"), (0.10, "#ff9a3d"), (0.05, "#ffc078"), (0.02, "#ffe3c2"), (0.0, "#e9edf1"))
#: Fewer callers than this say little about a node.
FEW = 20

_WIDTH, _SMALL_WIDTH = 264.0, 168.0
_HEAD, _SMALL_HEAD, _HEAT = 28.0, 44.0, 20.0
_TEXT_LINE, _DETAIL_LINE, _ROW = 18.0, 17.0, 22.0
_MOST_LINES = 4
_SLANT = 8.0  # where the upper left corner is cut off


class Face:
    """A card as it is drawn.

    Parameters
    ----------
    card : Card
        What it shows.
    references : sequence of str
        For each way out of the card: the text that stands for it, or nothing where it is a line.
    passage : Passage or None
        Who came and who left; ``None`` draws no such strip.
    words : Wording
        For its own words.
    """

    def __init__(
        self, card: Card, references: Sequence[str], passage: Passage | None, words: Wording
    ) -> None:
        self.card = card
        self._passage = passage
        self._words = words
        self._shape = SHAPES[card.kind]
        small = self._shape.small
        self.width = _SMALL_WIDTH if small else _WIDTH
        self._lines = [] if small else wrapped(card.text, TEXT, _WIDTH - 2 * PAD - 4, _MOST_LINES)
        self._references = references
        y = (_SMALL_HEAD if small else _HEAD) + (_HEAT if passage is not None else 0)
        self._top_of_text = y
        if not small and (self._lines or card.detail):
            y += len(self._lines) * _TEXT_LINE + (_DETAIL_LINE if card.detail else 0) + 10
        self.entry = _SMALL_HEAD / 2 if small else _HEAD / 2
        #: How far down each way out leaves.
        self.ports = [self.entry] * len(card.exits)
        self._rows: list[tuple[float, Exit, str]] = []
        for index, (each, reference) in enumerate(zip(card.exits, references, strict=True)):
            if not small and (each.label or reference):
                self.ports[index] = y + _ROW / 2
                self._rows.append((y, each, reference))
                y += _ROW
        self.height = y + (4 if self._rows else 0)

    @property
    def called(self) -> str:
        """The node's name; for the cards that are no nodes, what they are."""
        return self._words.kind(self.card.kind) if self.card.name in (START, ANY) else self.card.name

    def draw(self, parent: Element, definitions: Element, x: float, y: float) -> None:
        """Draw it with its upper left corner at a point."""
        card, shape = self.card, self._shape
        outline = shape.outline(self.width, self.height)
        group = add(
            parent,
            "g",
            id=node_id(card.name),
            transform=f"translate({x:.1f} {y:.1f})",
            role="graphics-symbol",
        )
        add(group, "title", " — ".join(filter(None, [self.called, card.text, card.detail])))
        add(group, "path", d=outline, fill=shape.light)
        clip = f"clip-{node_id(card.name)}"
        add(add(definitions, "clipPath", id=clip), "path", d=outline)
        inside = add(group, "g", clip_path=f"url(#{clip})")
        if not shape.small:
            add(inside, "rect", width=self.width, height=_HEAD, fill=shape.dark)
        if self._passage is not None:
            self._draw_passage(inside, self._passage)
        if shape.inner is not None:
            add(group, "path", d=shape.inner(self.width, self.height), fill="none", stroke=shape.dark)
        dashes: dict[str, str | float] = {"stroke_dasharray": "7 4"} if card.name == ANY else {}
        add(group, "path", class_="edge", d=outline, fill="none", stroke=shape.dark, **dashes)
        if shape.small:
            self._draw_small(group)
        else:
            self._draw_text(group)
            for top, each, reference in self._rows:
                self._draw_row(group, top, each, reference)

    def _draw_small(self, group: Element) -> None:
        card, middle = self.card, self.width / 2
        room = self.width - 3 * PAD
        if card.name == START:
            add_text(group, self.called, middle, 27, "name light", text_anchor="middle")
            return
        add_text(group, shortened(card.name, NAME, room), middle, 20, "name", text_anchor="middle")
        reference = "".join(self._references)
        line = f"{self._words.kind(card.kind)} {card.detail or reference}"
        if reference:
            group = add(group, "a", href=f"#{node_id(card.exits[0].target)}")
        add_text(group, shortened(line, SMALL_TEXT, room), middle, 34.5, "kind", text_anchor="middle")

    def _draw_text(self, group: Element) -> None:
        card, kind = self.card, self._words.kind(self.card.kind)
        slant = _SLANT if card.kind in ("collect", "confirm", "survey") else 0.0
        room = self.width - 2 * PAD - width(kind, SMALL_TEXT) - 12 - slant
        add_text(group, shortened(self.called, NAME, room), PAD + slant, 19, "name light")
        if card.name != ANY:
            add_text(group, kind, self.width - PAD - 2, 18.5, "kind light", text_anchor="end")
        y = self._top_of_text + 3
        for line in self._lines:
            y += _TEXT_LINE
            add_text(group, line, PAD, y - 3.5, "text")
        if card.detail:
            shown = shortened(
                f"→ {card.detail}" if card.flow else card.detail, SMALL_TEXT, self.width - 2 * PAD
            )
            place = add(group, "a", href=f"{card.flow}.svg") if card.flow else group
            add_text(place, shown, PAD, y + 13, "detail")

    def _draw_row(self, group: Element, top: float, each: Exit, reference: str) -> None:
        shape, baseline = self._shape, top + 15.5
        add(group, "path", class_="rule", d=f"M4 {top:.1f} H{self.width - 4:.1f}", stroke=shape.dark)
        room = self.width - 2 * PAD - 10
        if reference:
            shown = shortened(reference, TEXT, room * 0.72)
            link = add(group, "a", href=f"#{node_id(each.target)}")
            add_text(link, shown, self.width - PAD, baseline, "exit", text_anchor="end")
            room -= width(shown, TEXT)
        else:
            fill = "#ffffff" if each.trouble else shape.dark
            add(group, "circle", cx=self.width - 9, cy=top + _ROW / 2, r=3, fill=fill, stroke=shape.dark)
        shown = shortened(each.label, TEXT, room)
        label = add_text(group, shown, PAD, baseline, "exit muted" if each.trouble else "exit")
        if shown != each.label:
            add(label, "title", each.label)

    def _draw_passage(self, inside: Element, passage: Passage) -> None:
        words, small = self._words, self._shape.small
        top = _SMALL_HEAD - 4 if small else _HEAD
        colour = next(colour for limit, colour in HEATS if passage.share >= limit)
        add(inside, "rect", y=top, width=self.width, height=_HEAT + (6 if small else 0), fill="#ffffff")
        add(inside, "rect", y=top, width=self.width * passage.share, height=_HEAT, fill=colour)
        text = f"{passage.entered:,} {words['entered']}"
        if passage.left:
            left = f"{passage.share:.1%}" if small else f"{passage.left:,} ({passage.share:.1%})"
            text += f" · {words['left']} {left}"
        if 0 < passage.entered < FEW and not small:
            text += f" · {words['few']}"
        x, anchor = (self.width / 2, "middle") if small else (PAD, "start")
        add_text(inside, text, x, top + 14.5, "heat", text_anchor=anchor)
