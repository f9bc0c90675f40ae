import struct

import pytest

from models.tiny_cn.fst import Arc, Fst

pytestmark = pytest.mark.unit


def small() -> Fst:
    fst = Fst()
    begin, end = fst.state(), fst.state()
    fst.arc(begin, Arc(2, 7, 0.5, end))
    fst.arc(begin, Arc(1, 9, 0.25, begin))
    fst.finals[end] = 1.5
    return fst


def test_arcs_sort_by_either_label() -> None:
    assert [arc.input for arc in small().sorted(by_output=False).arcs[0]] == [1, 2]
    assert [arc.output for arc in small().sorted(by_output=True).arcs[0]] == [7, 9]


def test_the_vector_file_has_openfst_s_header_and_records() -> None:
    data = small().to_bytes()
    assert data[:8] == struct.pack("<ii", 2125659606, 6)
    assert data[8:14] == b"vector"
    assert data[14:26] == struct.pack("<i", 8) + b"standard"
    start, states, arcs = struct.unpack_from("<qqq", data, 42)
    assert (start, states, arcs) == (0, 2, 2)
    assert data[66:78] == struct.pack("<fq", float("inf"), 2)
    assert data[-12:] == struct.pack("<fq", 1.5, 0)
