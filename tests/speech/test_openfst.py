from __future__ import annotations

import struct
from pathlib import Path

import pytest

from models.tiny_cn.variants import build_variant
from speech.models import builtin_model
from speech.openfst import promised_bytes

pytestmark = pytest.mark.unit


def header(kind: str, states: int, arcs: int, flags: int = 0) -> bytes:
    names = b"".join(struct.pack("<i", len(n)) + n.encode() for n in (kind, "standard"))
    return struct.pack("<i", 2125659606) + names + struct.pack("<iiqqqq", 2, flags, 0, 0, states, arcs)


@pytest.mark.parametrize("name", ["Gr.fst", "HCLr.fst"])
def test_the_demo_models_graphs_are_as_long_as_they_promise(name: str) -> None:
    path = builtin_model().path / "graph" / name
    assert promised_bytes(path) == path.stat().st_size


def test_a_static_graph_is_as_long_as_it_promises(tmp_path: Path) -> None:
    path = build_variant("static", tmp_path / "static") / "graph" / "HCLG.fst"
    assert promised_bytes(path) == path.stat().st_size


def test_a_lookahead_graph_is_walked_to_its_end(tmp_path: Path) -> None:
    whole = (builtin_model().path / "graph" / "HCLr.fst").read_bytes()
    cut = tmp_path / "HCLr.fst"
    cut.write_bytes(whole[:-3])
    assert promised_bytes(cut) > len(whole) - 3


@pytest.mark.parametrize(
    ("content", "promised"),
    [
        (header("const", 3, 2), 66 - 1 + 3 * 20 + 2 * 16),
        (header("const", 3, 2, flags=4), 80 + 64 + 2 * 16),
        (header("vector", 3, 0), 66 + 3 * 12),
        (header("vector", -1, -1), 66),
    ],
)
def test_sizes_from_the_header(tmp_path: Path, content: bytes, promised: int) -> None:
    path = tmp_path / "a.fst"
    path.write_bytes(content)
    assert promised_bytes(path) == promised


@pytest.mark.parametrize(
    "content", [b"", b"PK\3\4", header("const", 1, 1)[:30], struct.pack("<ii", 2125659606, -5)]
)
def test_what_is_no_graph(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.fst"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"header|number|name|empty"):
        promised_bytes(path)
