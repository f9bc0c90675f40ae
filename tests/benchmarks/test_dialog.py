from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TRIALS = """\
flow: {flow}
tests:
  - name: 查账单
    steps: [{{say: 话费}}, {{press: "1"}}, {{press: "13800138000"}}]
    expect: {{outcome: contained}}
  - name: 挂断
    steps: [{{hang_up: true}}]
    expect: {{outcome: abandoned}}
"""


@pytest.mark.integration
@pytest.mark.slow
def test_the_comparison_gives_raw_figures_and_says_when_there_is_no_peer(tmp_path: Path) -> None:
    file = tmp_path / "trials.yaml"
    file.write_text(TRIALS.format(flow=ROOT / "prompts" / "flows" / "main.yaml"), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.dialog", "--calls", "10", "--rounds", "2", "--long", "50"]
    done = subprocess.run([*command, "--json", file], capture_output=True, text=True, cwd=ROOT, timeout=300)

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    there = importlib.util.find_spec("transitions") is not None
    systems = ["dialog", "trial", "transitions"] if there else ["dialog", "trial"]
    order = [*((0, who) for who in systems), *((1, who) for who in systems[::-1])]
    assert [(row["round"], row["system"]) for row in report["rows"]] == order
    assert all(row["calls"] == 10 and row["calls_per_second"] > 0 for row in report["rows"])
    assert report["scripts"] == 2
    assert [look["calls"] for look in report["memory"]] == [10, 20, 30, 40, 50]
    assert ("pip install transitions" in report["peer"], report["ratio"] is None) == (not there, not there)
