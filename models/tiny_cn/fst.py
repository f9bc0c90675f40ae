"""Weighted finite-state transducers over the tropical semiring, as OpenFst stores them.

Only what the demo model needs: building one, and its ``vector`` file.
Layouts: OpenFst 1.7 ``lib/fst.cc`` (``FstHeader::Write``), ``fst/vector-fst.h``.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

_MAGIC = 2125659606
_VERSION = 2
_EXPANDED, _MUTABLE = 0x1, 0x2  # properties
_ARC = np.dtype([("input", "<i4"), ("output", "<i4"), ("cost", "<f4"), ("target", "<i4")])


class Arc(NamedTuple):
    """A transition: labels (0 is empty), its cost, and the state it leads to."""

    input: int
    output: int
    cost: float
    target: int


@dataclass(slots=True)
class Fst:
    """A transducer; state 0 is its start.

    ``arcs[s]`` leave state ``s``; ``finals`` maps final states to their cost.
    """

    arcs: list[list[Arc]] = field(default_factory=list)
    finals: dict[int, float] = field(default_factory=dict)

    def state(self) -> int:
        """Add a state and return its number."""
        self.arcs.append([])
        return len(self.arcs) - 1

    def arc(self, source: int, arc: Arc) -> None:
        """Add ``arc`` to state ``source``."""
        self.arcs[source].append(arc)

    def sorted(self, *, by_output: bool) -> Fst:
        """Return it with each state's arcs in order of their output (or input) labels."""
        key = (lambda arc: arc.output) if by_output else (lambda arc: arc.input)
        return Fst([sorted(arcs, key=key) for arcs in self.arcs], dict(self.finals))

    def to_bytes(self) -> bytes:
        """Return its OpenFst ``vector`` file."""
        parts = [
            struct.pack("<i", _MAGIC),
            _text("vector"),
            _text("standard"),
            # properties stay unknown but for these two: OpenFst computes what it needs
            struct.pack("<iiQ", _VERSION, 0, _EXPANDED | _MUTABLE),
            struct.pack("<qqq", 0, len(self.arcs), sum(map(len, self.arcs))),
        ]
        for state, arcs in enumerate(self.arcs):
            parts.append(struct.pack("<fq", self.finals.get(state, math.inf), len(arcs)))
            parts.append(np.array(arcs, _ARC).tobytes())
        return b"".join(parts)


def _text(value: str) -> bytes:
    return struct.pack("<i", len(value)) + value.encode()
