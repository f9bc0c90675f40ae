from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.analytics import UTTERANCES, generated

ROOT = Path(__file__).parents[2]


@pytest.mark.unit
def test_generated_calls_hold_forty_utterances_hardly_any_twice() -> None:
    calls = generated(20, seed=1)
    texts = [text for call in calls for _, text in call]

    assert [len(call) for call in calls] == [UTTERANCES] * 20
    assert len(set(texts)) > 0.8 * len(texts)
    assert generated(20, seed=1) == calls
    assert generated(20, seed=2)[3] != calls[3]


@pytest.mark.integration
@pytest.mark.slow
def test_the_comparison_gives_raw_figures_and_says_when_there_is_no_peer() -> None:
    command = [
        sys.executable,
        "-m",
        "benchmarks.analytics",
        "--calls",
        "5",
        "--sentences",
        "80",
        "--rounds",
        "2",
    ]
    done = subprocess.run([*command, "--json"], capture_output=True, text=True, cwd=ROOT, timeout=300)

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    there = importlib.util.find_spec("snownlp") is not None
    systems = ["judge", "one by one", "sentiment", *(["snownlp"] if there else [])]
    order = [*((0, who) for who in systems), *((1, who) for who in systems[::-1])]
    assert [(row["round"], row["system"]) for row in report["rows"]] == order
    assert all(row["per_second"] > 0 and row["peak_megabytes"] > 0 for row in report["rows"])
    assert ("pip install snownlp" in report["peer"], report["ratio"] is None) == (not there, not there)
