"""What all kinds of node share: exits to other nodes, texts, and the variables they read and write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from calls.document import Location, Section
from ivr.prompt import variables_in


class Way(NamedTuple):
    """One exit of a node.

    Parameters
    ----------
    location : tuple
        The field that names the target, from the node downwards.
    label : str
        When the call goes this way, in a word or two.
    target : str
        The node it leads to.
    """

    location: Location
    label: str
    target: str


class Spoken(NamedTuple):
    """One text that a node can say: the field it stands in, and the text by language."""

    location: Location
    words: Mapping[str, str]


class Node(Section):
    """A named step of a flow."""

    #: Set by each kind: the value of its field ``type``.
    type: str

    @property
    def is_secret(self) -> bool:
        """Whether what the caller enters here may be written nowhere."""
        return False

    def ways(self) -> Iterator[Way]:
        """Yield every field that names another node."""
        target = getattr(self, "next", None)
        if isinstance(target, str):
            yield Way(("next",), "next", target)

    def texts(self) -> Iterator[Spoken]:
        """Yield every text that it can say."""
        words = getattr(self, "prompt", None)
        if words is not None:
            yield Spoken(("prompt",), words)

    def reads(self) -> Iterator[tuple[Location, str]]:
        """Yield every variable that it needs, with the field that names it."""
        for location, words in self.texts():
            for text in words.values():
                yield from ((location, name) for name in variables_in(text))

    def writes(self) -> Iterator[str]:
        """Yield every variable that it sets."""
        yield from ()


def templates_in(value: Any, location: Location) -> Iterator[tuple[Location, str]]:
    """Yield the variables that the texts of a JSON value name in braces, with their place."""
    if isinstance(value, str):
        yield from ((location, name) for name in variables_in(value))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from templates_in(part, (*location, key))
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from templates_in(part, (*location, index))
