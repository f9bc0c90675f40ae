"""Scripted calls per second of processor time through the dialog, in virtual time and without sound.

The calls are the tests that ship with the flows. Each is played once to note what the dialog is told
and when; then these events are told to new dialogs over and over. Before anything is timed, every
action of such a dialog is compared with those of the first time. Three things are measured, in turns,
in one process and one thread:

- ``dialog``: the interpreter alone, a new ``Dialog`` for each call, told every event of the call;
- ``trial``: whole tests as ``huawu flow test`` runs them: the world, its timers and the comparison too;
- ``transitions``: the most used state machine library of PyPI, taken through the same nodes in the same
  order. Its machines are built once, its models are reused: its fastest way to work.

What the peer does not do: it is told where to go, once a node. It decides nothing from keys or speech,
and knows no prompts, timers, type-ahead, barge-in, retries, variables, queues, traces or hop limits. So
the ratio of calls compares a whole dialog with bare changes of state; the price of one step stands
beside it (an event told to us, a change of state asked of the peer).

    pip install transitions==0.9.3
    python -m benchmarks.dialog [--calls 20000] [--rounds 3] [--long 100000] [--json] [FILE…]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import cycle, islice, pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from benchmarks.machine import machine
from calls.records import EventKind
from ivr.actions import Action, Note
from ivr.dialog import Dialog
from ivr.events import Event
from ivr.trial import Trial, load_trials, run
from speech.resources import resource

OURS, WHOLE, PEER = "dialog", "trial", "transitions"
INSTALL = "pip install transitions==0.9.3"
#: How often the memory is looked at in the long run.
SAMPLES = 5

Go = Callable[[int], int]


@dataclass(frozen=True)
class Script:
    """One call: what the dialog is told and when, what it asks for, and the nodes it goes through."""

    trial: Trial
    events: tuple[tuple[Event, float], ...]
    actions: tuple[Action, ...]

    @property
    def nodes(self) -> list[str]:
        """The nodes, in the order in which they were entered."""
        return [a.node for a in self.actions if isinstance(a, Note) and a.kind is EventKind.NODE]

    def play(self) -> list[Action]:
        """Tell the events to a new dialog."""
        dialog = Dialog(self.trial.flow, self.trial.call)
        return [action for event, at in self.events for action in dialog.handle(event, at)]


def record(trial: Trial) -> Script:
    """Run a test and note what passes between the dialog and its world."""
    events: list[tuple[Event, float]] = []
    actions: list[Action] = []
    plain = Dialog.handle

    def handle(dialog: Dialog, event: Event, at: float) -> list[Action]:
        events.append((event, at))
        asked = plain(dialog, event, at)
        actions.extend(asked)
        return asked

    with patch.object(Dialog, "handle", handle):
        passed = run(trial).passed
    script = Script(trial, tuple(events), tuple(actions))
    if not passed or tuple(script.play()) != script.actions:
        raise SystemExit(
            f"{trial.file}:{trial.line()}: {trial.script.name}: fails, or differs the second time"
        )
    return script


def ours(scripts: Sequence[Script]) -> Go:
    def go(calls: int) -> int:
        steps = 0
        for script in islice(cycle(scripts), calls):
            handle = Dialog(script.trial.flow, script.trial.call).handle
            for event, at in script.events:
                handle(event, at)
            steps += len(script.events)
        return steps

    return go


def whole(scripts: Sequence[Script]) -> Go:
    def go(calls: int) -> int:
        for script in islice(cycle(scripts), calls):
            run(script.trial)
        return sum(len(script.events) for script in islice(cycle(scripts), calls))

    return go


def peer(scripts: Sequence[Script]) -> Go:
    """Build a machine for each file of tests, from the ways that its calls go."""
    built_by = import_module(PEER).Machine
    walks: list[tuple[Callable[[], object], list[Callable[[], object]]]] = []
    for file in dict.fromkeys(script.trial.file for script in scripts):
        paths = [script.nodes for script in scripts if script.trial.file == file]
        states = list(dict.fromkeys(node for path in paths for node in path))
        built = built_by(model=None, states=states, initial=states[0], auto_transitions=False)
        for source, target in dict.fromkeys(pair for path in paths for pair in pairwise(path)):
            built.add_transition(f"go_{target}", source, target)
        model = SimpleNamespace()
        built.add_model(model)
        for path in paths:
            begin = partial(built.set_state, path[0], model)
            steps = [getattr(model, f"go_{target}") for target in path[1:]]
            walks.append((begin, steps))
            for act in (begin, *steps):
                act()
            if model.state != path[-1]:
                raise SystemExit(f"{PEER} went another way: to {model.state}, not {path[-1]}")

    def go(calls: int) -> int:
        done = 0
        for begin, steps in islice(cycle(walks), calls):
            begin()
            for step in steps:
                step()
            done += len(steps)
        return done

    return go


def timed(who: str, go: Go, calls: int) -> dict[str, Any]:
    begun = time.process_time()
    steps = go(calls)
    seconds = time.process_time() - begun
    return {
        "system": who,
        "calls": calls,
        "steps": steps,
        "seconds": round(seconds, 3),
        "calls_per_second": round(calls / seconds, 1),
        "microseconds_per_step": round(1e6 * seconds / steps, 2),
    }


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def memory(go: Go, calls: int) -> list[dict[str, Any]]:
    """Let so many calls pass and look at the memory on the way."""
    samples = []
    for number in range(1, SAMPLES + 1):
        go(calls // SAMPLES)
        samples.append({"calls": number * (calls // SAMPLES), "megabytes": resident_megabytes()})
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=100_000, help="calls over which the memory is watched")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("files", nargs="*", type=Path, help="files of tests; those that ship by default")
    options = parser.parse_args()
    files = options.files or sorted(resource("prompts", "flows", "tests").glob("*.yaml"))
    scripts = [record(trial) for file in files for trial in load_trials(file)]
    systems = {OURS: ours(scripts), WHOLE: whole(scripts)}
    try:
        systems[PEER] = peer(scripts)
    except ImportError:
        missing = f"{PEER} is not installed, so there is no peer: {INSTALL}"
    else:
        missing = ""
    for go in systems.values():
        go(len(scripts))
    rows = []
    for number in range(options.rounds):
        order = list(systems) if number % 2 == 0 else list(systems)[::-1]
        rows += [{"round": number, **timed(who, systems[who], options.calls)} for who in order]
    samples = memory(systems[OURS], options.long)
    middle = {
        who: {
            figure: statistics.median(row[figure] for row in rows if row["system"] == who)
            for figure in ("calls_per_second", "microseconds_per_step")
        }
        for who in systems
    }
    report = {
        "machine": machine(),
        "scripts": len(scripts),
        "median": middle,
        "ratio": round(middle[OURS]["calls_per_second"] / middle[PEER]["calls_per_second"], 3)
        if PEER in middle
        else None,
        "peer": missing or PEER,
        "memory": samples,
        "rows": rows,
    }
    if options.json:
        print(json.dumps(report, ensure_ascii=False, indent=2))
        return
    print(
        f"{report['machine']}; {len(scripts)} scripted calls from {len(files)} files; "
        "seconds of processor time, one thread"
    )
    for row in rows:
        print(
            f"round {row['round']}  {row['system']:<11}  {row['calls']} calls  {row['steps']} steps  "
            f"{row['seconds']:7.2f} s  {row['calls_per_second']:8.0f} calls/s  "
            f"{row['microseconds_per_step']:6.2f} µs/step"
        )
    grown = samples[-1]["megabytes"] - samples[0]["megabytes"]
    looked = ", ".join(f"{each['calls']}: {each['megabytes']:.1f} MB" for each in samples)
    print(f"memory after calls: {looked}; {grown:+.1f} MB from the first look to the last")
    speed = middle[OURS]["calls_per_second"]
    if missing:
        print(missing)
        return
    print(
        f"calls {OURS} ÷ {PEER} = {speed:.0f} ÷ {middle[PEER]['calls_per_second']:.0f} = {report['ratio']}; "
        f"steps {middle[OURS]['microseconds_per_step']:.2f} µs and "
        f"{middle[PEER]['microseconds_per_step']:.2f} µs"
    )


if __name__ == "__main__":
    main()
