"""Random calls on random flows: none may break, hang or end badly (tests/ivr/test_random_calls.py).

    .venv/bin/python -m benchmarks.random_calls --calls 100000 --json

A correctness run, not a race: it prints what was played and what it reached, and ends with an error at
the first call that breaks a rule. ``make soak`` keeps its figures in benchmarks/results/.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import time
from collections import Counter

from calls.records import Outcome
from ivr.actions import HangUp
from tests.ivr.random_calls import CALLS_PER_FLOW, random_calls


def play(calls: int) -> dict[str, object]:
    """Play so many calls and return what they reached."""
    happened, exits = 0, Counter[tuple[str, str]]()
    kinds, outcomes = Counter[str](), Counter[Outcome]()
    began = time.perf_counter()
    for number, call in enumerate(random_calls(calls)):
        last = call.done[-1]
        if not isinstance(last, HangUp):
            raise SystemExit(f"call {number} never ends")
        happened += len(call.told)
        kinds += call.seen
        exits += call.taken
        outcomes[last.outcome] += 1
    return {
        "calls": calls,
        "flows": -(-calls // CALLS_PER_FLOW),
        "events": happened,
        "seconds": round(time.perf_counter() - began, 1),
        "nodes entered": dict(sorted(kinds.items())),
        "exits taken": {" ".join(way): count for way, count in sorted(exits.items())},
        "outcomes": {outcome.value: count for outcome, count in sorted(outcomes.items())},
    }


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--calls", type=int, default=2000)
    options.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = options.parse_args()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    figures = {"commit": commit.stdout.strip(), "machine": platform.machine(), **play(chosen.calls)}
    if chosen.json:
        print(json.dumps(figures, ensure_ascii=False, indent=1))
    else:
        for name, value in figures.items():
            print(f"{name:15} {value}")


if __name__ == "__main__":
    main()
