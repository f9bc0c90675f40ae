"""Conditions combined: ``hello && (name || !short)``, with *not available* as the third value.

Kleene's logic: what is not available matters only where it could change the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: True, false, or ``None`` for *not available*.
Truth = bool | None

#: Conditions, brackets and signs of an expression; brackets within brackets.
MAX_PARTS = 500
MAX_DEPTH = 40

_PART = re.compile(r"\s*(?:(?P<sign>&&?|\|\|?|!|\(|\))|(?P<name>[\w-]+))")
_WORDS = {"and": "&", "or": "|", "not": "!"}
#: Names that no condition can have.
RESERVED = frozenset(_WORDS)


class LogicError(ValueError):
    """An expression cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Named:
    """A condition by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: Logic

    def __str__(self) -> str:
        return f"!{self.part}"


@dataclass(frozen=True, slots=True)
class Joined:
    """All of the parts, or any of them."""

    how: Literal["all", "any"]
    parts: tuple[Logic, ...]

    def __str__(self) -> str:
        sign = " && " if self.how == "all" else " || "
        return f"({sign.join(map(str, self.parts))})"


Logic = Named | Not | Joined


def value(logic: Logic, truths: Mapping[str, Truth]) -> Truth:
    """Return what an expression comes to.

    Parameters
    ----------
    logic : Logic
    truths : mapping of str to bool or None
        Of each condition that the expression names.
    """
    match logic:
        case Named(name):
            return truths[name]
        case Not(part):
            found = value(part, truths)
            return None if found is None else not found
        case Joined(how, parts):
            decisive = how == "any"
            results = [value(part, truths) for part in parts]
            if decisive in results:
                return decisive
            return None if None in results else not decisive


def names(logic: Logic) -> Iterator[str]:
    """Yield the conditions that an expression names, in order, each as often as it stands there."""
    match logic:
        case Named(name):
            yield name
        case Not(part):
            yield from names(part)
        case Joined(_, parts):
            for part in parts:
                yield from names(part)


def parse(text: str) -> Logic:
    """Read a short expression: names with ``&&``, ``||``, ``!`` and brackets, or ``and``, ``or``, ``not``.

    Raises
    ------
    LogicError
        It is none; the message says at which character.
    """
    parts = [*_parts(text)]
    if len(parts) > MAX_PARTS:
        raise LogicError(f"the expression has more than {MAX_PARTS} parts")
    reader = _Reader(parts, len(text))
    logic = reader.any(0)
    if reader.kind:
        raise LogicError(f"character {reader.place}: {reader.shown} does not belong here")
    return logic


def _parts(text: str) -> Iterator[tuple[str, str, int]]:
    place = 0
    while text[place:].strip():
        found = _PART.match(text, place)
        if found is None:
            wrong = len(text) - len(text[place:].lstrip())
            raise LogicError(f"character {wrong + 1}: {text[wrong]!r} is no part of an expression")
        name = found["name"]
        kind = found["sign"][0] if found["sign"] else _WORDS.get(name, "name")
        yield kind, name or found["sign"], found.start("name" if name else "sign") + 1
        place = found.end()


class _Reader:
    """Reads the parts from left to right; ``!`` binds closest, then ``&&``, then ``||``."""

    def __init__(self, parts: list[tuple[str, str, int]], length: int) -> None:
        self._parts = [*parts, ("", "", length + 1)]
        self._next = 0

    @property
    def kind(self) -> str:
        return self._parts[self._next][0]

    @property
    def shown(self) -> str:
        return repr(self._parts[self._next][1]) if self.kind else "the end"

    @property
    def place(self) -> int:
        return self._parts[self._next][2]

    def any(self, depth: int) -> Logic:
        return self._joined("any", "|", depth)

    def _joined(self, how: Literal["all", "any"], sign: str, depth: int) -> Logic:
        def part() -> Logic:
            return self._joined("all", "&", depth) if how == "any" else self._single(depth)

        parts = [part()]
        while self.kind == sign:
            self._next += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else Joined(how, tuple(parts))

    def _single(self, depth: int) -> Logic:
        if depth > MAX_DEPTH:
            raise LogicError(f"character {self.place}: more than {MAX_DEPTH} levels")
        kind, word, place = self._parts[self._next]
        self._next += bool(kind)
        if kind == "name":
            return Named(word)
        if kind == "!":
            return Not(self._single(depth + 1))
        if kind == "(":
            logic = self.any(depth + 1)
            if self.kind != ")":
                raise LogicError(f"character {self.place}: a ) is missing for the ( at character {place}")
            self._next += 1
            return logic
        found = repr(word) if kind else "the end"
        raise LogicError(f"character {place}: a condition should stand here, not {found}")


def from_yaml(content: Any, depth: int = 0) -> Logic:
    """Return the expression that a YAML value writes.

    Parameters
    ----------
    content : Any
        A text for :func:`parse`, a number (the name of a condition), or a mapping with the one field
        ``all``, ``any`` (lists of such values) or ``not`` (one such value).

    Raises
    ------
    LogicError
        It is none of these.
    """
    if depth > MAX_DEPTH:
        raise LogicError(f"more than {MAX_DEPTH} levels")
    if isinstance(content, str):
        return parse(content)
    if isinstance(content, int) and not isinstance(content, bool):
        return Named(str(content))
    if isinstance(content, Mapping) and len(content) == 1:
        ((how, inner),) = content.items()
        if how == "not":
            return Not(from_yaml(inner, depth + 1))
        if how in ("all", "any") and isinstance(inner, list) and inner:
            return Joined(how, tuple(from_yaml(each, depth + 1) for each in inner))
    raise LogicError("write an expression such as 'a && !b', or one of all: [...], any: [...], not: ...")
