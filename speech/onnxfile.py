"""What an ONNX file says of itself, read without a library: its metadata, its inputs and its outputs.

An ONNX model is one Protocol Buffers message (``onnx.proto``: ``ModelProto`` 7 graph, 14 metadata;
``GraphProto`` 5 weights, 11 inputs, 12 outputs). Weights are stepped over, so a large model takes no
longer than a small one, and a file that was cut short is noticed, as a message says how long it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_GRAPH, _METADATA = 7, 14
_INPUT, _OUTPUT, _INITIALIZER = 11, 12, 5
_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5
#: Metadata and descriptions of inputs are short; nothing longer is read.
_MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """What an ONNX model says of itself.

    Attributes
    ----------
    metadata : mapping of str to str
        Set by whoever exported it.
    inputs, outputs : tuple of str
        Names, in order; weights that are listed as inputs are left out.
    """

    metadata: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def read_onnx(path: Path) -> OnnxFile:
    """Read what an ONNX file says of itself.

    Raises
    ------
    ValueError
        It is not an ONNX model, or was cut short.
    OSError
        It cannot be read.
    """
    metadata: dict[str, str] = {}
    names: dict[int, list[str]] = {_INPUT: [], _OUTPUT: [], _INITIALIZER: []}
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        graphs = 0
        for field, start, end in _fields(file, 0, size):
            if field == _METADATA:
                entry = dict(_texts(file, start, end))
                metadata[entry.get(1, "")] = entry.get(2, "")
            elif field == _GRAPH:
                graphs += 1
                for inner, first, last in _fields(file, start, end):
                    if inner in (_INPUT, _OUTPUT):
                        names[inner].append(dict(_texts(file, first, last)).get(1, ""))
                    elif inner == _INITIALIZER:
                        names[inner].append(_tensor_name(file, first, last))
    if graphs != 1:
        raise ValueError("it holds no network")
    weights = set(names[_INITIALIZER])
    inputs = tuple(name for name in names[_INPUT] if name not in weights)
    return OnnxFile(metadata, inputs, tuple(names[_OUTPUT]))


def _fields(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and end of the fields with a length in a message; the others are stepped over."""
    at = start
    while at < end:
        file.seek(at)
        tag = _varint(file)
        field, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            _varint(file)
            length = 0
        elif kind == _LENGTH:
            length = _varint(file)
        elif kind in (_EIGHT, _FOUR):
            length = 8 if kind == _EIGHT else 4
        else:
            raise ValueError("it is no ONNX model")
        first = file.tell()
        at = first + length
        if at > end or not field:
            raise ValueError("it is no ONNX model, or it was cut short")
        if kind == _LENGTH:
            yield field, first, at


def _texts(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, str]]:
    if end - start > _MOST_BYTES:
        raise ValueError("a description in it is too long")
    for field, first, last in _fields(file, start, end):
        file.seek(first)
        yield field, file.read(last - first).decode("utf-8", "replace")


def _tensor_name(file: BinaryIO, start: int, end: int) -> str:
    for field, first, last in _fields(file, start, end):
        if field == 8 and last - first <= _MOST_BYTES:  # TensorProto.name
            file.seek(first)
            return file.read(last - first).decode("utf-8", "replace")
    return ""


def _varint(file: BinaryIO) -> int:
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            break
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise ValueError("it is no ONNX model, or it was cut short")
