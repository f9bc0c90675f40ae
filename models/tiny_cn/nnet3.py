"""Kaldi's binary model file ``final.mdl``: transition model and neural network (nnet3), little endian.

Written from the layout that Kaldi's ``Write`` functions produce (``hmm/transition-model.cc``,
``nnet3/nnet-nnet.cc``, ``nnet3/nnet-simple-component.cc``, ``matrix/compressed-matrix.cc``). Matrices
are compressed to one byte an element: Kaldi reads such a matrix wherever it expects a plain one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
#: One byte an element with four percentiles a column, or two bytes an element.
Precision = Literal["CM", "CM2"]
#: The bytes that stand for a column's 0th, 25th, 75th and 100th percentile in ``CM``.
_KNOTS = (0, 64, 192, 255)


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone of the transition model, with the classes of its first and of its other frames."""

    onset: int
    rest: int


@dataclass(slots=True)
class Network:
    """A network under construction: each method adds one component and the node that applies it.

    Parameters
    ----------
    dimension : int
        Of the input frames.
    """

    dimension: int
    _config: list[str] = field(default_factory=list)
    _components: list[tuple[str, str, tuple[tuple[str, Array | int], ...]]] = field(default_factory=list)
    _context: int = 0

    def affine(self, name: str, source: str, weight: Array, bias: Array | None = None) -> str:
        """Add ``weight @ x + bias``; ``weight`` has shape (outputs, inputs)."""
        bias = np.zeros(len(weight), np.float32) if bias is None else bias
        return self._add(name, source, "FixedAffineComponent", ("LinearParams", weight), ("BiasParams", bias))

    def rectified(self, name: str, source: str, dimension: int) -> str:
        """Add ``max(0, x)``."""
        return self._add(name, source, "RectifiedLinearComponent", ("Dim", dimension))

    def log_softmax(self, name: str, source: str, dimension: int) -> str:
        """Add a logarithmic softmax."""
        return self._add(name, source, "LogSoftmaxComponent", ("Dim", dimension))

    def scale(self, name: str, source: str, factors: Array) -> str:
        """Add an element-wise product."""
        return self._add(name, source, "FixedScaleComponent", ("Scales", factors))

    def offset(self, name: str, source: str, terms: Array) -> str:
        """Add an element-wise sum."""
        return self._add(name, source, "FixedBiasComponent", ("Bias", terms))

    def no_op(self, name: str, source: str, dimension: int) -> str:
        """Add a node that only names ``source``, so that a sum can be shifted in time."""
        return self._add(name, source, "NoOpComponent", ("Dim", dimension))

    def output(self, source: str, context: int) -> None:
        """End the network at ``source``, which needs ``context`` input frames on each side."""
        self._config.append(f"output-node name=output input={source} objective=linear")
        self._context = context

    def _add(self, name: str, source: str, kind: str, *fields: tuple[str, Array | int]) -> str:
        self._config.append(f"component-node name={name} component={name} input={source}")
        self._components.append((name, kind, fields))
        return name

    def to_bytes(self, phones: Sequence[Phone], precision: Precision) -> bytes:
        """Return the whole model file."""
        out = _Writer(precision)
        out.raw(b"\0B")
        _write_transitions(out, phones)
        out.token("<Nnet3>").raw(b"\n")
        config = [f"input-node name=input dim={self.dimension}", *self._config]
        out.raw(("\n".join(config) + "\n\n").encode())
        out.token("<NumComponents>").int32(len(self._components))
        for name, kind, fields in self._components:
            out.token("<ComponentName>").token(name).token(f"<{kind}>")
            for label, value in fields:
                out.token(f"<{label}>")
                if isinstance(value, int):
                    out.int32(value)
                elif value.ndim == 2:
                    out.matrix(value)
                else:
                    out.vector(value)
            if kind in {"RectifiedLinearComponent", "LogSoftmaxComponent"}:
                empty = np.zeros(0, np.float32)
                out.token("<ValueAvg>").vector(empty).token("<DerivAvg>").vector(empty)
                out.token("<Count>").float64(0.0)
            elif kind == "NoOpComponent":
                out.token("<BackpropScale>").float32(1.0)
            out.token(f"</{kind}>")
        out.token("</Nnet3>").token("<LeftContext>").int32(self._context)
        out.token("<RightContext>").int32(self._context)
        out.token("<Priors>").vector(np.zeros(0, np.float32))
        return out.getvalue()


def forward_transition(phone: int) -> int:
    """Return the transition id that enters phone number ``phone`` (from 1) and consumes its first frame."""
    return 2 * phone


def loop_transition(phone: int) -> int:
    """Return the transition id that consumes a further frame of phone number ``phone`` (from 1)."""
    return 2 * phone - 1


class _Writer(BytesIO):
    def __init__(self, precision: Precision) -> None:
        super().__init__()
        self._precision = precision

    def raw(self, data: bytes) -> _Writer:
        self.write(data)
        return self

    def token(self, text: str) -> _Writer:
        return self.raw(text.encode() + b" ")

    def int32(self, value: int) -> _Writer:
        return self.raw(b"\x04" + struct.pack("<i", value))

    def int32s(self, values: Sequence[int]) -> _Writer:
        return self.raw(b"\x04" + struct.pack("<i", len(values)) + np.asarray(values, "<i4").tobytes())

    def float32(self, value: float) -> _Writer:
        return self.raw(b"\x04" + struct.pack("<f", value))

    def float64(self, value: float) -> _Writer:
        return self.raw(b"\x08" + struct.pack("<d", value))

    def vector(self, values: Array) -> _Writer:
        return self.token("FV").int32(len(values)).raw(values.astype("<f4").tobytes())

    def matrix(self, values: Array) -> _Writer:
        self.token(self._precision)
        low = float(values.min())
        span = max(float(values.max()) - low, 1e-5)
        self.raw(struct.pack("<ffii", low, span, *values.shape))
        coded = (values.astype(np.float64) - low) / span * 65535
        if self._precision == "CM2":
            return self.raw(np.rint(coded).astype("<u2").tobytes())
        return self.raw(_column_coded(coded))


def _column_coded(values: npt.NDArray[np.float64]) -> bytes:
    """Return Kaldi's per-column coding of values in [0, 65535]: all headers, then all bytes by column.

    A header holds the column's 0th, 25th, 75th and 100th percentile; bytes 0–64, 64–192 and 192–255
    are spread evenly between neighbouring percentiles.
    """
    ordered = np.sort(values, axis=0)
    rows = len(values)
    picks = (
        ordered[[0, rows // 4, 3 * (rows // 4), rows - 1]]
        if rows >= 5
        else np.repeat(ordered[[0, -1]], 2, axis=0)
    )
    header = np.rint(picks).astype(np.int64)
    for row in range(1, 4):  # the reader divides by the distances
        header[row] = np.maximum(header[row], header[row - 1] + 1)
    over = np.maximum(header[3] - 65535, 0)
    header -= over
    codes = np.stack([np.interp(values[:, c], header[:, c], _KNOTS) for c in range(values.shape[1])], 1)
    return header.astype("<u2").T.tobytes() + np.rint(codes).astype(np.uint8).T.tobytes()


def read_matrix(data: bytes, place: int) -> tuple[Array, int]:
    """Read a compressed matrix at ``place``; return it, shape (rows, columns), and the place behind it.

    Raises
    ------
    ValueError
        There is no matrix of a known precision.
    """
    kind, _, _ = data[place : place + 4].partition(b" ")
    if kind not in {b"CM", b"CM2"}:
        raise ValueError(f"no compressed matrix but {kind!r}")
    place += len(kind) + 1
    low, span, rows, columns = struct.unpack_from("<ffii", data, place)
    place += struct.calcsize("<ffii")
    if kind == b"CM2":
        coded = np.frombuffer(data, "<u2", rows * columns, place).reshape(rows, columns).astype(np.float64)
        place += 2 * rows * columns
    else:
        header = np.frombuffer(data, "<u2", 4 * columns, place).reshape(columns, 4).astype(np.float64)
        place += 8 * columns
        codes = np.frombuffer(data, np.uint8, rows * columns, place).reshape(columns, rows)
        coded = np.stack([np.interp(codes[c], _KNOTS, header[c]) for c in range(columns)], 1)
        place += rows * columns
    return (low + span * coded / 65535).astype(np.float32), place


def _write_transitions(out: _Writer, phones: Sequence[Phone]) -> None:
    count = len(phones)
    out.token("<TransitionModel>").token("<Topology>")
    out.int32s(range(1, count + 1)).int32s([-1, *[0] * count])
    out.int32(-1).int32(1)  # loops have classes of their own; one topology
    out.int32(2)  # states: one that emits (onset class 0, rest class 1; loop or leave), one final
    out.int32(0).int32(1).int32(2)
    out.int32(0).float32(0.5).int32(1).float32(0.5)
    out.int32(-1).int32(-1).int32(0)
    out.token("</Topology>").token("<Tuples>").int32(count)
    for number, phone in enumerate(phones, start=1):
        out.int32(number).int32(0).int32(phone.onset).int32(phone.rest)
    log_half = np.full(2 * count + 1, np.log(0.5), np.float32)
    log_half[0] = 0
    out.token("</Tuples>").token("<LogProbs>").vector(log_half).token("</LogProbs>").token(
        "</TransitionModel>"
    )
