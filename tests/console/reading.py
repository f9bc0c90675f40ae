"""Reading a page as a browser does: elements with their attributes and their text."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "link", "meta", "br", "img"}


@dataclass
class Element:
    """An element; ``text`` is that of everything in it, with blanks folded."""

    tag: str
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).split())

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]


class Page(HTMLParser):
    """All elements of a page in their order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {[each.tag for each in self._open]}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self._open and self._open[-1].tag == tag, f"</{tag}> closes {self._open[-1:]}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.pieces.append(data)

    def all(self, tag: str, class_: str | None = None, **attributes: str) -> list[Element]:
        """Return the elements with that tag, class and attributes."""
        return [
            each
            for each in self.elements
            if each.tag == tag
            and (class_ is None or class_ in each.attributes.get("class", "").split())
            and attributes.items() <= each.attributes.items()
        ]

    def one(self, tag: str, class_: str | None = None, **attributes: str) -> Element:
        """Return the only such element."""
        (found,) = self.all(tag, class_, **attributes)
        return found

    def texts(self, tag: str, class_: str | None = None) -> list[str]:
        """Return the text of each such element."""
        return [each.text for each in self.all(tag, class_)]

    def fields(self) -> dict[str, str]:
        """Return what the forms of the page would send for inputs and text areas."""
        sent = {
            each["name"]: each.attributes.get("value", "")
            for each in self.all("input")
            if "name" in each.attributes
            and (each["type"] if "type" in each.attributes else "text") in ("hidden", "text")
        }
        return sent | {each["name"]: "".join(each.pieces) for each in self.all("textarea")}
