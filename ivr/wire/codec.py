"""A message as bytes: msgpack of ``[version, number, name, field, …]``.

Both ends are of one installation, so a version that differs is a deployment gone wrong and is said so,
and numbers that do not follow each other mean that something was lost on a connection that loses nothing.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgpack

from calls.errors import LinkError

#: Raised with every change of a vocabulary.
VERSION = 1
#: Bytes of the largest message: a socket takes it in one piece.
LARGEST = 100_000

_Rebuild = Callable[[Any], Any]


class Codec:
    """Packs and unpacks the messages of some vocabularies, one connection's worth of numbers.

    Parameters
    ----------
    *vocabularies : module
        Their dataclasses are what may be said.
    """

    def __init__(self, *vocabularies: ModuleType) -> None:
        self._kinds: dict[str, tuple[type[Any], list[_Rebuild]]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._packer = msgpack.Packer(default=_parts)  # making one costs more than packing
        for kind in _messages(vocabularies):
            hints = get_type_hints(kind)
            self._names[kind.__name__] = names = tuple(each.name for each in fields(kind))
            self._kinds[kind.__name__] = kind, [_rebuilder(hints[name]) for name in names]
        self._sent = 0
        self._received = 0

    def pack(self, message: Any) -> bytes:
        """Return the bytes of the next message.

        Raises
        ------
        LinkError
            It is too large, or no message of the vocabularies.
        """
        kind = type(message).__name__
        if kind not in self._names:
            raise LinkError(f"message {kind} is in no vocabulary of this connection")
        parts = [getattr(message, name) for name in self._names[kind]]
        data: bytes = self._packer.pack([VERSION, self._sent, kind, *parts])
        if len(data) > LARGEST:
            raise LinkError(f"message {kind}: {len(data)} bytes", f"at most {LARGEST} are possible")
        self._sent += 1
        return data

    def unpack(self, data: bytes) -> Any:
        """Return the message that comes next.

        Raises
        ------
        LinkError
            The other end speaks another version, something is missing, or this is no message.
        """
        try:
            version, number, name, *values = msgpack.unpackb(data)
            if version != VERSION:
                raise LinkError(
                    f"the other process speaks version {version}, this one {VERSION}",
                    "restart all processes after an upgrade",
                )
            if number != self._received:
                raise LinkError(f"message {self._received} is missing: {number} came")
            kind, rebuild = self._kinds[name]
            message = kind(*(build(value) for build, value in zip(rebuild, values, strict=True)))
        except LinkError:
            raise
        except Exception as error:
            raise LinkError(f"{len(data)} bytes are no message: {error!r}") from error
        self._received += 1
        return message


def _messages(vocabularies: Iterable[ModuleType]) -> Iterable[type[Any]]:
    for module in vocabularies:
        for each in vars(module).values():
            if isinstance(each, type) and is_dataclass(each) and each.__module__ == module.__name__:
                yield each


def _parts(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, each.name) for each in fields(value)]
    raise TypeError(f"{type(value).__name__} is not sent")


def _rebuilder(hint: Any) -> _Rebuild:
    """Return what makes a value of the type that ``hint`` names out of what msgpack gives."""
    if is_dataclass(hint):
        kind: Any = hint
        hints = get_type_hints(kind)
        parts = [_rebuilder(hints[each.name]) for each in fields(kind)]
        return lambda values: kind(*(build(value) for build, value in zip(parts, values, strict=True)))
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is Ellipsis:
            each = _rebuilder(inner[0])
            return lambda values: tuple(each(value) for value in values)
        several = [_rebuilder(part) for part in inner]
        return lambda values: tuple(b(v) for b, v in zip(several, values, strict=True))
    if origin in (Union, types.UnionType):
        some = [_rebuilder(part) for part in inner if part is not types.NoneType]
        if len(some) == 1:
            return lambda value: None if value is None else some[0](value)
    if origin is typing.Literal or hint in (str, int, float, bool, bytes) or origin is dict:
        return _same
    raise TypeError(f"a message cannot hold {hint!r}")


def _same(value: Any) -> Any:
    return value
