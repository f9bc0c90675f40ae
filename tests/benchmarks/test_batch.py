from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIELDS = {
    "tool",
    "model",
    "processes",
    "files",
    "channel_seconds",
    "cpu_seconds",
    "wall_seconds",
    "rss_mb",
    "cer",
}


@pytest.mark.integration
@pytest.mark.slow
def test_the_comparison_gives_every_tools_raw_figures() -> None:
    command = [sys.executable, "-m", "benchmarks.batch", "--minutes", "0.6", "--files", "20", "--json"]
    done = subprocess.run(
        [*command, "--heavy-minutes", "0"], capture_output=True, text=True, cwd=ROOT, timeout=600
    )

    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert {frozenset(row) for row in rows} == {frozenset(FIELDS)}
    assert {(row["tool"], row["files"]) for row in rows} == {
        ("huawu", 2),
        ("vosk-transcriber", 2),
        ("vosk", 2),
        ("huawu, stereo", 1),
        ("vosk-transcriber, stereo mixed", 1),
        ("huawu executor, tiny files", 2),
        ("huawu executor, tiny files", 20),
        ("huawu worker alone, tiny files", 20),
        ("huawu batch, tiny files", 2),
        ("huawu batch, tiny files", 20),
    }
    assert {row["model"] for row in rows} == {"tiny-cn"}
    for row in rows:
        assert row["cpu_seconds"] > 0
        assert row["wall_seconds"] > 0
        assert row["rss_mb"] > 20
        if "tiny" in row["tool"]:
            assert row["cer"] is None
        else:
            assert row["channel_seconds"] > 36
            assert row["cer"] < 20
