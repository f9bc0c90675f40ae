"""How long an OpenFst file has to be, from what its header and its tables promise.

libvosk tells a graph that was cut short late (no recogniser can be made) or never: of a lookahead
graph without the end of its tables it makes one that searches wrongly. Formats as written by
OpenFst 1.7 (``const-fst.h``, ``vector-fst.h``, ``add-on.h``, ``label-reachable.h``, ``ngram-fst.h``).
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

_MAGIC, _ADD_ON_MAGIC = 2125659606, 446681434
_ALIGNED = 4  # header flag
_ARC = 16  # bytes: two labels, a weight, the next state


def promised_bytes(path: Path) -> int:
    """Return how many bytes a graph file has at least if it is whole.

    Exact for the types ``const``, ``ngram`` and ``olabel_lookahead`` on ``const``; for ``vector`` it
    leaves out the arcs where the header does not count them.

    Raises
    ------
    ValueError
        It is not an OpenFst file, or is cut within its header.
    """
    with path.open("rb") as file:
        if not path.stat().st_size:
            raise ValueError("empty file")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            cursor = _Cursor(data)
            try:
                return _fst(cursor)
            except struct.error as error:
                # a table points past the end
                if cursor.started:
                    return len(data) + 1
                raise ValueError("cut within the header") from error


@dataclass
class _Cursor:
    data: mmap.mmap
    at: int = 0
    started: bool = False

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize(form)
        return int(value)

    def name(self) -> str:
        length = self.number("i")
        if not 0 < length < 64:
            raise ValueError("no type name")
        self.at += length
        return bytes(self.data[self.at - length : self.at]).decode("ascii")

    def skip_pairs(self) -> None:
        count = self.number("q")
        self.at += 8 * count


def _fst(cursor: _Cursor) -> int:
    if cursor.number("i") != _MAGIC:
        raise ValueError("no magic number")
    kind = cursor.name()
    cursor.name()  # arc type
    cursor.number("i")  # version
    flags = cursor.number("i")
    for _ in range(2):  # properties, start
        cursor.number("q")
    states, arcs = max(cursor.number("q"), 0), max(cursor.number("q"), 0)
    cursor.started = True
    if kind == "const":
        aligned = bool(flags & _ALIGNED)
        return _padded(_padded(cursor.at, aligned) + 20 * states, aligned) + _ARC * arcs
    if kind == "vector":
        return cursor.at + 12 * states + _ARC * arcs
    if kind == "ngram":
        return cursor.at + _ngram(cursor)
    if kind.endswith("_lookahead") and cursor.number("i") == _ADD_ON_MAGIC:
        cursor.at = _fst(cursor)
        return _add_on(cursor)
    return cursor.at


def _padded(at: int, aligned: bool) -> int:
    return -(-at // 16) * 16 if aligned else at


def _ngram(cursor: _Cursor) -> int:
    """Return the bytes of the level-order tables (Sorensen and Allauzen, Interspeech 2011)."""
    states, futures, finals = (cursor.number("q") for _ in range(3))
    words = sum(-(-bits // 64) for bits in (2 * states + 1, futures + states + 1, states))
    labels = states + 1 + futures
    weights = states + 1 + finals + futures + 1
    return 24 + 8 * words + 4 * labels + 4 * weights


def _add_on(cursor: _Cursor) -> int:
    """Walk the pair of label reachability tables behind a lookahead graph."""
    if cursor.number("?"):
        for _ in range(2):
            if cursor.number("?"):
                _reachability(cursor)
    return cursor.at


def _reachability(cursor: _Cursor) -> None:
    cursor.number("?")  # of input labels
    if cursor.number("?"):  # with the map that relabels
        cursor.skip_pairs()
    cursor.number("i")  # final label
    for _ in range(cursor.number("q")):
        cursor.skip_pairs()  # intervals
        cursor.number("i")  # how many labels they hold
