"""Elements of an SVG picture."""

from __future__ import annotations

import re
from xml.etree import ElementTree as xml

Element = xml.Element

#: What XML 1.0 has no way to write, not even escaped (production 2, Char).
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: Element, tag: str, text: str = "", /, **attributes: str | float) -> Element:
    """Append an element; ``_`` in the name of an attribute stands for ``-``, one at its end for nothing."""
    named = {name.rstrip("_").replace("_", "-"): _written(value) for name, value in attributes.items()}
    child = xml.SubElement(parent, tag, named)
    child.text = _UNWRITABLE.sub("\ufffd", text) or None
    return child


def add_text(
    parent: Element, text: str, x: float, y: float, kind: str = "", **attributes: str | float
) -> Element:
    """Append a line of text that begins at a point, of a class of the style sheet."""
    named = {"class_": kind} if kind else {}
    return add(parent, "text", text, **named, x=x, y=y, **attributes)


def node_id(name: str) -> str:
    """Return the id of a card in the picture."""
    return "node-" + name.strip("()")


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
