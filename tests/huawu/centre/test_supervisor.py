from __future__ import annotations

import ast
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from huawu.centre.plan import Child, Plan
from huawu.centre.run_folder import read_state

pytestmark = pytest.mark.integration

SMALL = Path(__file__).with_name("small_child.py")
LONGEST = 60.0  # seconds, of a test


def child(run: Path, name: str, *options: str, **fields: Any) -> Child:
    place = str(run / name)
    return Child(name=name, command=[sys.executable, str(SMALL), place, *options], sockets=[place], **fields)


def plan(run: Path, *stages: list[Child]) -> Plan:
    return Plan(run=str(run), stages=[*stages], drain_seconds=LONGEST)


class Supervised:
    """A supervisor in a process of its own, and the log that it and its processes write."""

    def __init__(self, plan: Plan) -> None:
        self.run = plan.run
        self.process = subprocess.Popen(
            [sys.executable, "-m", "huawu.centre.supervisor"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdin is not None
        self.process.stdin.write(plan.as_json())
        self.process.stdin.close()
        self._patience = Timer(LONGEST, self.process.kill)
        self._patience.start()

    def lines(self) -> Iterator[dict[str, Any]]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            yield json.loads(line) if line.startswith("{") else {"event": "text", "text": line.strip()}

    def until(self, event: str, **fields: Any) -> dict[str, Any]:
        """The next line of an event."""
        for line in self.lines():
            if line["event"] == event and fields.items() <= line.items():
                return line
        raise AssertionError(f"ended without {event} {fields}")

    def pids(self) -> dict[str, int]:
        state = read_state(self.run)
        assert state is not None
        return {name: each["pid"] for name, each in state["processes"].items()}

    def end(self) -> tuple[int, list[tuple[str, str]]]:
        """The exit code, and who got which signal since."""
        got = [(line["child"], line["signal"]) for line in self.lines() if line["event"] == "got"]
        return self.process.wait(), got

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()
        self._patience.cancel()


@pytest.fixture
def supervised() -> Iterator[list[Supervised]]:
    running: list[Supervised] = []
    yield running
    for each in running:
        each.close()


def ends(pid: int) -> bool:
    """Whether a process is over, or soon is."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], LONGEST)[0])
    finally:
        os.close(process)


def test_one_that_is_killed_is_started_again_and_the_others_go_on(
    tmp_path: Path, supervised: list[Supervised]
) -> None:
    media = child(tmp_path, "media", settings='{"password": "geheim"}', environment={"OMP_NUM_THREADS": "1"})
    centre = Supervised(plan(tmp_path, [media, child(tmp_path, "sip")], [child(tmp_path, "engine")]))
    supervised.append(centre)
    hello = centre.until("hello", child="media")
    assert (hello["settings"], hello["threads"]) == ('{"password": "geheim"}', "1")
    centre.until("serving")
    before = centre.pids()
    assert "geheim" not in Path(f"/proc/{before['media']}/cmdline").read_text()

    os.kill(before["media"], signal.SIGKILL)
    assert centre.until("ended", child="media")["code"] == -signal.SIGKILL
    assert centre.until("hello", child="media")["settings"] == '{"password": "geheim"}'
    centre.until("ready", child="media")
    centre.process.send_signal(signal.SIGHUP)
    centre.until("got", child="engine", signal="SIGHUP")
    after = centre.pids()
    assert after.pop("media") != before.pop("media")
    assert after == before
    state = read_state(tmp_path)
    assert state is not None
    assert state["processes"]["media"] | {"pid": 0} == {"pid": 0, "ready": True, "restarts": 1}

    centre.process.send_signal(signal.SIGTERM)
    assert centre.until("got") == {"event": "got", "child": "engine", "signal": "SIGTERM"}
    code, got = centre.end()
    assert (code, sorted(got)) == (0, [("media", "SIGTERM"), ("sip", "SIGTERM")])
    assert read_state(tmp_path) is None
    assert all(ends(pid) for pid in before.values())


def test_a_second_wish_to_stop_ends_the_engine_at_once(tmp_path: Path, supervised: list[Supervised]) -> None:
    centre = Supervised(
        plan(tmp_path, [child(tmp_path, "media")], [child(tmp_path, "engine", "keeps=SIGTERM")])
    )
    supervised.append(centre)
    centre.until("serving")
    centre.process.send_signal(signal.SIGTERM)
    centre.until("got", child="engine", signal="SIGTERM")
    centre.process.send_signal(signal.SIGINT)
    assert centre.end() == (0, [("engine", "SIGINT"), ("media", "SIGTERM")])


def test_a_third_wish_kills(tmp_path: Path, supervised: list[Supervised]) -> None:
    stubborn = child(tmp_path, "engine", "keeps=SIGTERM,SIGINT", "starts=1")
    centre = Supervised(plan(tmp_path, [stubborn]))
    supervised.append(centre)
    helper = centre.until("hello")["helper"]
    centre.until("serving")
    for number in (signal.SIGTERM, signal.SIGINT):
        centre.process.send_signal(number)
        centre.until("got", signal=number.name)
    centre.process.send_signal(signal.SIGTERM)
    assert centre.end() == (0, [])
    assert ends(helper)


def test_what_a_dead_process_had_started_ends_too(tmp_path: Path, supervised: list[Supervised]) -> None:
    centre = Supervised(plan(tmp_path, [child(tmp_path, "engine", "starts=1")]))
    supervised.append(centre)
    hello = centre.until("hello")
    centre.until("serving")
    os.kill(centre.pids()["engine"], signal.SIGKILL)
    centre.until("ended")
    assert ends(hello["helper"])


def test_a_wrong_configuration_ends_it_all(tmp_path: Path, supervised: list[Supervised]) -> None:
    media, wrong = child(tmp_path, "media"), child(tmp_path, "sip", "code=2")
    centre = Supervised(plan(tmp_path, [media, wrong], [child(tmp_path, "engine")]))
    supervised.append(centre)
    assert centre.until("text")["text"] == (
        "huawu: sip cannot start: its own line above says why"
        " → huawu serve --check looks at the whole configuration"
    )
    assert centre.process.wait() == 2


def test_a_program_that_is_not_there(tmp_path: Path, supervised: list[Supervised]) -> None:
    centre = Supervised(plan(tmp_path, [Child(name="engine", command=[str(tmp_path / "nothing")])]))
    supervised.append(centre)
    first, second = centre.until("not-started"), centre.until("not-started")
    assert (first["again_in"], second["again_in"]) == (0.1, 0.2)


def test_a_run_folder_has_one_supervisor(tmp_path: Path, supervised: list[Supervised]) -> None:
    first = Supervised(plan(tmp_path, [child(tmp_path, "engine")]))
    supervised.append(first)
    first.until("serving")
    second = Supervised(plan(tmp_path, [child(tmp_path, "engine")]))
    supervised.append(second)
    assert second.until("text")["text"] == (
        f"huawu: run folder {tmp_path}: another huawu serve works there, process {first.process.pid}"
        " → stop it, or name another folder with run:"
    )
    assert second.process.wait() == 2


def test_it_needs_nothing_but_pythons_own_library() -> None:
    """And nothing of ours but errors and itself: what is not there cannot break."""
    code = """
import huawu.centre.supervisor, sys
own = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
print(sorted(name for name in sys.modules if name.partition(".")[0] in own))
"""
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    before = subprocess.run(
        [sys.executable, "-I", "-c", code.replace("huawu.centre.supervisor, ", "")],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {*ast.literal_eval(done.stdout)} - {*ast.literal_eval(before.stdout)}
    assert loaded == {
        "calls",
        "calls.errors",
        "huawu",
        "huawu.centre",
        "huawu.centre.plan",
        "huawu.centre.pulse",
        "huawu.centre.run_folder",
        "huawu.centre.supervisor",
        "huawu.centre.upkeep",
    }
