from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.media import BARE, OURS, SINGLY, chatter
from speech.g711 import alaw_decode

ROOT = Path(__file__).parents[2]


@pytest.mark.unit
def test_callers_speak_less_than_half_of_the_time() -> None:
    frames = alaw_decode(chatter(10.0)).reshape(-1, 160).astype(float)
    loud = (frames**2).mean(axis=1) > 10_000
    assert 0.2 < loud.mean() < 0.5


@pytest.mark.integration
@pytest.mark.slow
def test_the_comparison_gives_raw_rows_of_every_engine_and_part() -> None:
    command = [sys.executable, "-m", "benchmarks.media", "--calls", "5,10", "--seconds", "2", "--json"]
    done = subprocess.run(
        [*command, "--warm", "1", "--engines", f"{OURS},{SINGLY},{BARE}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    busy, event, tone, *load = rows
    assert [(row["engine"], row["condition"], row["calls"]) for row in (busy, *load)] == [
        (OURS, "busy", 10),
        *((engine, "alone", calls) for calls in (5, 10) for engine in (OURS, SINGLY, BARE)),
    ]
    for row in (busy, *load):
        assert row["cpu_core"] > 0
        assert 0 < row["p50_ms"] <= row["p99_ms"]
        assert row["fds"] > row["calls"]
        assert row["packets_per_second"] > 40 * row["calls"]
    assert (event["keys"], tone["keys"]) == ("event", "tone")
    for row in (event, tone):
        assert row["prompt_presses"] >= 10 and row["silence_presses"] >= 10
        assert row["prompt_50_ms"] > 0
