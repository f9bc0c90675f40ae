from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.desk import kinds

ROOT = Path(__file__).parents[2]


@pytest.mark.integration
@pytest.mark.slow
def test_a_small_run_gives_raw_figures_of_the_desk_the_index_and_the_peer(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.desk",
        "--calls",
        "60",
        "--inspectors",
        "3",
        "--seconds",
        "4",
    ]
    done = subprocess.run(
        [*command, "--database", str(tmp_path / "desk.db"), "--json"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["calls"], report["utterances"]) == (60, 1200)
    systems = {(row["system"], row["kind"]) for row in report["rows"]}
    names = [kind.name for kind in kinds(["c"])]
    assert {kind for system, kind in systems if system == "desk, 1 inspector"} == {*names}
    assert {kind for system, kind in systems if system == "LIKE"} == {
        each for each in names if each.startswith("search") and "," not in each and "relevance" not in each
    }
    many = [row for row in report["rows"] if row["system"] == "desk, 3 inspectors"]
    assert sum(row["count"] for row in many) > 0
    assert [row for row in report["rows"] if row["errors"]] == []
    assert all(0 < row["p50_ms"] <= row["p95_ms"] <= row["max_ms"] for row in report["rows"])
