from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.integration
@pytest.mark.slow
def test_the_comparison_gives_both_sides_raw_figures() -> None:
    command = [sys.executable, "-m", "benchmarks.transcribe", "--calls", "1", "--minutes", "0.3"]
    done = subprocess.run(
        [*command, "--rounds", "2", "--json"], capture_output=True, text=True, cwd=ROOT, timeout=300
    )

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [(row["round"], row["system"]) for row in report["rows"]] == [
        (0, "huawu"),
        (0, "vosk-transcriber"),
        (1, "vosk-transcriber"),
        (1, "huawu"),
    ]
    for row in report["rows"]:
        assert row["files"] == 2
        assert row["audio_seconds"] > 36
        assert row["seconds"] > 0
        assert row["peak_megabytes"] > 20
        assert row["errors"] < 0.2 * row["characters"]
    assert report["ratio"] > 0
