"""YAML files that people write: read safely, checked by a pydantic model, every complaint with its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from calls.errors import HuawuError

Location = tuple[Any, ...]
Model = TypeVar("Model", bound=BaseModel)

#: More values than a file that people write can hold: aliases within aliases would fill the memory.
MAX_VALUES = 100_000
#: What a field holds without which a file cannot be read, for those that are often forgotten.
_FORGOTTEN = {
    "next": "write next: and the name of the node that follows",
    "defaults": "write defaults: {no_input: {max: 3, next: <node>}, no_match: {max: 3, next: <node>}}",
}
#: A field before a full-width colon.
_WIDE_COLON = re.compile(r"""^[\s{,-]*(?P<field>[\w'"]+)：""")


class Section(BaseModel):
    """A part of such a file: fixed fields, nothing converted in silence, not changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _fields_are_known(cls, data: Any) -> Any:
        # pydantic's own complaint about an extra field does not say which fields there are
        for name in data if isinstance(data, dict) else ():
            if name not in cls.model_fields:
                raise PydanticCustomError("unknown_field", "", {"name": name, "known": [*cls.model_fields]})
        return data


@dataclass(frozen=True)
class Document:
    """A YAML file with the line of every field.

    Parameters
    ----------
    path : Path
        Where it was read.
    data : Any
        Its content in plain Python types.
    lines : dict
        Line number, counted from 1, by the path of keys and indices to a field.
    version : str
        First 12 hexadecimal digits of the SHA-256 of the file.
    error : type
        The exception in which complaints about it are raised.
    """

    path: Path
    data: Any
    lines: dict[Location, int]
    version: str
    error: type[HuawuError]

    def complaint(self, location: Location, problem: str, hint: str = "") -> HuawuError:
        """Return the error that names file, line, field and problem."""
        place = location
        while place and place not in self.lines:
            place = place[:-1]
        where = f"{self.path}:{self.lines.get(place, 1)}"
        field = ".".join(str(part) for part in location)
        return self.error(f"{where}: {field}: {problem}" if field else f"{where}: {problem}", hint)

    def unknown(self, location: Location, what: str, name: object, known: Iterable[str]) -> HuawuError:
        """Return the error for a name that does not exist, with the names that do."""
        return self.complaint(location, f"unknown {what} {name!r}", names_hint(str(name), known))

    def read_as(self, model: type[Model]) -> Model:
        """Return the content as a ``model``; its first fault is raised as a complaint."""
        content, faults = self.read_all(model)
        if content is None:
            raise faults[0]
        return content

    def read_all(self, model: type[Model]) -> tuple[Model | None, list[HuawuError]]:
        """Return the content as a ``model``, or ``None`` and a complaint for each of its faults."""
        try:
            return model.model_validate(self.data), []
        except ValidationError as error:
            return None, [self._translated(fault) for fault in error.errors(include_url=False)]

    def _translated(self, fault: ErrorDetails) -> HuawuError:
        location, value = self._in_file(fault["loc"])
        kind, context = fault["type"], fault.get("ctx", {})
        if kind == "unknown_field":
            place = (*location, context["name"])
            if hint := _wide_colon(str(context["name"])):
                return self.complaint(place, f"unknown field {context['name']!r}", hint)
            return self.unknown(place, "field", context["name"], context["known"])
        if kind == "union_tag_invalid":
            known = [name.strip(" '") for name in str(context["expected_tags"]).split(",")]
            return self.unknown((*location, "type"), "node type", context["tag"], known)
        if kind == "union_tag_not_found":
            hint = _wide_colon(*value) if isinstance(value, dict) else ""
            hint = hint or "say what kind of node it is"
            return self.complaint(location, "the field 'type' is missing", hint)
        if kind == "missing":
            hint = _FORGOTTEN.get(location[-1], "")
            return self.complaint(location[:-1], f"the field {location[-1]!r} is missing", hint)
        if location[-1:] == ("[key]",):  # pydantic's word for the name itself
            location, value = location[:-1], location[-2]
        problem = str(context.get("error", fault["msg"]))
        if isinstance(value, dict | list) or value is None:
            return self.complaint(location, problem)
        hint = f"put it in quotes: '{value}'" if kind == "string_type" else context.get("hint", "")
        return self.complaint(location, f"{problem}, not {value!r}", hint)

    def _in_file(self, loc: Location) -> tuple[Location, Any]:
        """Return the place in the file of pydantic's ``loc``, which also names the chosen node type."""
        location: Location = ()
        value = self.data
        named = False
        for part in loc:
            if isinstance(value, dict) and part == value.get("type") and not named:
                named = True
                continue
            if isinstance(value, str):  # a text that stands for one in several languages
                continue
            location, named = (*location, part), False
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                value = None
        return location, value


def _wide_colon(*lines: object) -> str:
    """Return the way out where one of ``lines`` writes a full-width colon after a field, else nothing."""
    for line in lines:
        if match := _WIDE_COLON.match(str(line)):
            return f"write a half-width colon and a space after {match['field']!r}, not the full-width ："
    return ""


def names_hint(wrong: str, known: Iterable[str]) -> str:
    """Return the way out of a misspelt name: the nearest one, if any is near, and all that exist."""
    names = sorted(known)
    near = get_close_matches(wrong, names, n=1)
    listed = f"known: {', '.join(names)}" if names else "none is known"
    return f"did you mean {near[0]!r}? {listed}" if near else listed


def read_document(path: Path, error: type[HuawuError]) -> Document:
    """Read a YAML file.

    Parameters
    ----------
    path : Path
        A UTF-8 file with one YAML document; only plain values, never Python objects.
    error : type
        What to raise.

    Raises
    ------
    HuawuError
        Of type ``error``: the file is missing or unreadable, is not YAML, holds a field twice, or is
        not a mapping.
    """
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise error(f"{path}: {problem.strerror}", "check the path") from None
    try:
        text = raw.decode()
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as problem:
        raise error(f"{path}: not UTF-8 at byte {problem.start}", "save the file as UTF-8") from None
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        first = problem.context_mark.line if problem.context_mark else max(line - 2, 0)
        hint = _wide_colon(*text.splitlines()[first:line])
        hint = hint or "check quotes and indents; within braces a text with {, : or a comma needs quotes"
        raise error(f"{path}:{line}: not YAML: {problem.problem}", hint) from None
    except yaml.YAMLError as problem:
        reason = str(problem).splitlines()[0]
        raise error(f"{path}: not YAML: {reason}", "remove the odd characters") from None
    except RecursionError:
        raise error(f"{path}: brackets are nested too deeply", "write fewer levels") from None
    reader = _Reader(Document(path, None, {}, hashlib.sha256(raw).hexdigest()[:12], error))
    if not isinstance(root, yaml.MappingNode):
        hint = "docs/ has an example of each kind of file"
        raise reader.document.complaint((), "the file holds no fields", hint)
    return reader.read(root)


#: In YAML 1.1 yes, no, on and off are booleans too; in 1.2, and to people who write menus, they are words.
_BOOLEAN = "tag:yaml.org,2002:bool"


class _Reader(yaml.constructor.SafeConstructor):
    """Builds plain values from YAML nodes and notes the line of each."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document
        self._open: set[int] = set()
        self._values = 0

    def read(self, root: yaml.Node) -> Document:
        empty = self.document
        return Document(empty.path, self._value(root, ()), empty.lines, empty.version, empty.error)

    def _value(self, node: yaml.Node, location: Location) -> Any:
        self.document.lines.setdefault(location, node.start_mark.line + 1)
        self._values += 1
        if id(node) in self._open or self._values > MAX_VALUES:
            raise self.document.complaint(location, "an alias repeats itself", "write the value out")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self._value(item, (*location, i)) for i, item in enumerate(node.value)]
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, location)
            return self._scalar(node, location)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._scalar(key_node, location)
            place, line = (*location, key), key_node.start_mark.line + 1
            if key in mapping:
                first = self.document.lines[place]
                self.document.lines[place] = line
                raise self.document.complaint(place, f"given twice, first on line {first}", "remove one")
            self.document.lines[place] = line
            mapping[key] = self._value(value_node, place)
        return mapping

    def _scalar(self, node: yaml.Node, location: Location) -> Hashable:
        if node.tag == _BOOLEAN and node.value.lower() not in ("true", "false"):
            return str(node.value)
        try:
            value: Hashable = self.construct_object(node)
            hash(value)
        except (yaml.YAMLError, TypeError, ValueError):
            raise self.document.complaint(location, "cannot be read as a value", "put it in quotes") from None
        return value
