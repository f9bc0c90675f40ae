r"""What the names of recordings tell, read by a template: ``{started_at:%Y%m%d-%H%M%S}_{agent}.wav``.

A template is text with fields in braces. It speaks of the last part of a place, and with ``/`` in it of the
folders above: ``{queue}/{started_at:%Y%m%d}/{started_at:%H%M%S}-{call}.*``.

``{agent}``
    Any text up to the character that follows in the template; what stands last in a part may hold that
    character too, so that ``{call}.wav`` reads ``1764315600.42.wav``.
``{agent:4}``
    Four characters.
``{started_at:FORMAT}``
    ``%Y %y %m %d %j %H %M %S`` as in C, ``%f`` a fraction of a second, ``%s`` seconds since 1970. It may
    stand in several places that together make a time.
``*`` or ``{_}``
    Any text, which is not kept. ``.*`` at the end is any suffix.
``{{`` and ``}}``
    Braces.

It is compiled to a regular expression in which every piece but one of a part has a fixed end, so that no
name, whatever is in it, takes longer than its length squared to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from difflib import get_close_matches
from typing import Any, Self

from calls.errors import BatchError
from huawu.batch.sources.fields import READERS, BadValue, localised

#: Characters of a template.
MOST = 1000
#: Directives of a time by what they stand for, with the digits they take.
_DIRECTIVES = {
    "Y": r"\d{4}",
    "y": r"\d{2}",
    "m": r"\d{2}",
    "d": r"\d{2}",
    "j": r"\d{3}",
    "H": r"\d{2}",
    "M": r"\d{2}",
    "S": r"\d{2}",
    "f": r"\d{1,6}+",
    "s": r"\d{10}",
}
_NAMES = tuple(name for name in READERS if name != "size")
_PIECE = re.compile(r"\{\{|\}\}|\{(?P<field>[^{}]*)\}|(?P<star>\*)|(?P<stray>[{}])|[^{}*]")


@dataclass(frozen=True, slots=True)
class _Any:
    """Text of any length; ``name`` is empty where it is not kept."""

    name: str


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A regular expression of what ends by itself; ``exact`` where its length is always the same."""

    expression: str
    exact: bool = True


#: A part of a template; a string is one character.
_Piece = str | _Any | _Fixed


class NameTemplate:
    """A template, ready to read names; :meth:`parse` makes it.

    Parameters
    ----------
    text : str
    pattern : re.Pattern
        Matches the last ``parts`` parts of a place.
    parts : int
    zone : tzinfo or None
        Of the times in names; ``None`` is this machine's.
    """

    def __init__(self, text: str, pattern: re.Pattern[str], parts: int, zone: tzinfo | None) -> None:
        self.text = text
        self.parts = parts
        self._pattern = pattern
        self._zone = zone

    @classmethod
    def parse(cls, text: str, zone: tzinfo | None = None) -> Self:
        """Compile a template.

        Raises
        ------
        BatchError
            It cannot work: a field is unknown, given twice or not closed, two fields touch, or the time is
            not whole.
        """
        if not text or len(text) > MOST:
            raise _fault(text[:60], f"{len(text)} characters", f"write 1 to {MOST}")
        seen: set[str] = set()
        times: set[str] = set()
        body, suffix = (text[:-2], r"\.[^./]++") if text.endswith(".*") else (text, "")
        parts: list[list[_Piece]] = [[]]
        for piece in _pieces(text, body, seen, times):
            if piece == "/":
                parts.append([])
            else:
                parts[-1].append(piece)
        if times:
            _check_time(text, times)
        if not seen and not times:
            raise _fault(text, "no field in it", f"fields: {', '.join(_NAMES)}")
        expression = "/".join(_expression(text, part) for part in parts) + suffix
        return cls(text, re.compile(expression, re.ASCII), len(parts), zone)

    def read(self, place: str) -> dict[str, Any] | None:
        """Return the fields that a path or URL tells, or ``None`` where it does not fit."""
        found = self._pattern.fullmatch("/".join(place.rsplit("/", self.parts)[-self.parts :]))
        if found is None:
            return None
        groups = found.groupdict()
        values: dict[str, Any] = {}
        try:
            times = {name[1]: text for name, text in groups.items() if name.startswith("t")}
            if times:
                values["started_at"] = _moment(times, self._zone)
            for name, text in groups.items():
                if not name.startswith("t"):
                    field = name.removeprefix("f_")
                    values[field] = READERS[field](text, self._zone)
        except ValueError:  # also BadValue: the month 13, a direction that is none
            return None
        return values


def _pieces(text: str, body: str, seen: set[str], times: set[str]) -> Iterator[_Piece]:
    for found in _PIECE.finditer(body):
        if found["stray"]:
            raise _fault(text, f"a single {found['stray']!r}", "close the field, or write {{ and }}")
        if found["star"]:
            yield _Any("")
        elif found["field"] is not None:
            yield from _field(text, found["field"], seen, times)
        else:
            yield found[0][0]


def _expression(text: str, part: list[_Piece]) -> str:
    """Return the regular expression of one part of a path."""
    last = max((index for index, piece in enumerate(part) if isinstance(piece, _Any)), default=-1)
    expression = ""
    for index, piece in enumerate(part):
        if isinstance(piece, str):
            expression += re.escape(piece)
            continue
        if isinstance(piece, _Fixed):
            expression += piece.expression
            continue
        following = part[index + 1] if index + 1 < len(part) else ""
        # what stands last is cut by the end of the part, all others by the character that follows
        exact = not isinstance(following, _Fixed) or (index == last and following.exact)
        if isinstance(following, _Any) or not exact:
            name = piece.name or "_"
            raise _fault(
                text,
                f"nothing stands between {{{name}}} and what follows",
                f"put a character between them, or say how long it is: {{{name}:4}}",
            )
        content = "[^/]+" if index == last else f"[^/{re.escape(str(following))}]++"
        expression += f"(?P<f_{piece.name}>{content})" if piece.name else content
    return expression


def _field(text: str, field: str, seen: set[str], times: set[str]) -> list[_Piece]:
    name, colon, form = field.partition(":")
    if name not in ("_", *_NAMES):
        near = get_close_matches(name, _NAMES, n=1)
        listed = f"fields: {', '.join(_NAMES)}, and _ for what is not kept"
        raise _fault(
            text, f"unknown field {name!r}", f"did you mean {near[0]!r}? {listed}" if near else listed
        )
    if name == "started_at":
        return _time(text, form, times)
    if name != "_":
        if name in seen:
            raise _fault(text, f"the field {name!r} stands there twice", "keep one, write {_} for the other")
        seen.add(name)
    if not colon:
        return [_Any("" if name == "_" else name)]
    if not re.fullmatch(r"[1-9]\d{0,2}", form, re.ASCII):
        raise _fault(
            text, f"{name}: {form!r} is no number of characters", f"write {{{name}:4}} or {{{name}}}"
        )
    content = f"[^/]{{{form}}}"
    return [_Fixed(content if name == "_" else f"(?P<f_{name}>{content})")]


def _time(text: str, form: str, times: set[str]) -> list[_Piece]:
    pieces: list[_Piece] = []
    way_out = "write {started_at:%Y%m%d-%H%M%S}"
    if not form:
        raise _fault(text, "started_at: it is not said how the time is written", way_out)
    for found in re.finditer(r"%(.?)|[^%]", form, re.DOTALL):
        directive = found[1]
        if directive is None:
            pieces.append(found[0])
        elif directive == "%":
            pieces.append("%")
        elif directive not in _DIRECTIVES:
            known = " ".join(f"%{each}" for each in _DIRECTIVES)
            raise _fault(text, f"started_at: %{directive} is not known", f"known: {known}")
        elif directive in times:
            raise _fault(text, f"started_at: %{directive} stands there twice", "keep one of them")
        else:
            times.add(directive)
            pieces.append(_Fixed(f"(?P<t{directive}>{_DIRECTIVES[directive]})", exact=directive != "f"))
    return pieces


def _check_time(text: str, times: set[str]) -> None:
    day = bool(times & {"Y", "y"}) and ({"m", "d"} <= times or "j" in times)
    if "s" in times or (day and {"H", "M"} <= times):
        return
    missing = "hour and minute" if day else "day with its year"
    raise _fault(text, f"started_at: the {missing} is missing", "a time needs %Y %m %d %H %M, or %s alone")


def _moment(times: dict[str, str], zone: tzinfo | None) -> datetime:
    fraction = int(times["f"].ljust(6, "0")) if "f" in times else 0
    if "s" in times:
        return datetime.fromtimestamp(int(times["s"]), UTC) + timedelta(microseconds=fraction)
    year = int(times["Y"]) if "Y" in times else 2000 + int(times["y"])
    hour, minute, second = (int(times.get(each, 0)) for each in "HMS")
    if "j" in times:
        day = datetime(year, 1, 1, hour, minute, second, fraction) + timedelta(days=int(times["j"]) - 1)
        if day.year != year:
            raise ValueError("no such day of the year")
    else:
        day = datetime(year, int(times["m"]), int(times["d"]), hour, minute, second, fraction)
    try:
        return localised(day, zone)
    except OverflowError as error:
        raise BadValue(str(error)) from None


def _fault(text: str, problem: str, way_out: str) -> BatchError:
    return BatchError(f"template {text!r}: {problem}", way_out)
