"""A process is killed under running calls: recordings and records are whole, new calls are taken."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from calls.records import Call, EventKind, Outcome
from ivr.live.sounds import APOLOGY
from tests.doors.running import Kept, RunningCentre, caller, spoken
from tests.peers import hearing
from tests.peers.caller import Caller
from tests.peers.ports import free_port
from tests.peers.receiver import Receiver
from tests.peers.sipp import Sipp

pytestmark = [pytest.mark.integration, pytest.mark.slow]

#: Calls that run when a process is killed.
CALLS = 20
#: What of a recording may be missing at its end, and how long after the answer it may begin on a machine
#: under load, in seconds.
LAST, LATE = 1.0, 0.5
#: Who waits in the menu says nothing.
SILENT = {"rtp_timeout_seconds": 300}
_PREFIX = iter(range(1360, 1370))


@pytest.fixture(scope="module")
def fragile() -> Iterator[RunningCentre]:
    """A centre whose processes are killed; the doors for browsers are open, too."""
    gateway = {"web_port": free_port(socket.SOCK_STREAM), "max_calls": 1}
    with RunningCentre(settings={"gateway": gateway, "sip": {"max_calls": 99}, "media": SILENT}) as running:
        running.wait_for_prompts()
        yield running


@contextmanager
def crowd(centre: RunningCentre, *, ends: bool) -> Iterator[tuple[Sipp, list[str]]]:
    """Let many people wait in the menu; ``ends`` says that they see the end of their calls."""
    prefix = str(next(_PREFIX))
    who = Caller("crowd", number=f"{prefix}[call_number]").invite().answered()
    who = who.expect_bye(timeout=60_000) if ends else who.cue("stays").bye()
    numbers = [f"{prefix}{number}" for number in range(1, CALLS + 1)]
    with (
        Receiver() as ear,
        Sipp(who, centre.address, "1001", calls=CALLS, rate=40, media=(ear.host, ear.port)) as calling,
    ):
        for number in numbers:
            centre.wait_for_event(number, EventKind.PROMPT, "main_menu")
        yield calling, numbers


def kill(centre: RunningCentre, name: str) -> float:
    """Kill a process and return when; new calls are answered as soon as there is another one."""
    killed = time.time()
    centre.kill(name)
    call_again(centre)
    return killed


def call_again(centre: RunningCentre) -> None:
    """Call, and hear the greeting."""
    with centre.line(caller("again").invite().answered().cue("end").bye(), "1001") as line:
        line.hear("main/welcome")
        line.then("end")
        kept = line.over()
    assert (kept.call.outcome, kept.nodes) == (Outcome.ABANDONED, ["welcome"])


def whole_until(kept: Kept, killed: float) -> bool:
    """Return whether the recording holds all but the last of what was said until then."""
    assert kept.recording is not None and kept.call.answered_at is not None
    assert kept.recording.seconds == len(kept.sound) / 8000
    talked = killed - kept.call.answered_at.timestamp()
    return kept.recording.seconds > talked - LAST - LATE and bool(hearing.audible(kept.sound[:, 1]).any())


def test_the_media_process_is_killed(fragile: RunningCentre) -> None:
    with crowd(fragile, ends=True) as (calling, numbers):
        killed = kill(fragile, "media")
        assert calling.succeed().succeeded == CALLS
        for number in numbers:
            kept = fragile.kept(number)
            assert (kept.call.hangup_cause, kept.call.outcome) == ("media-died", Outcome.INTERRUPTED)
            assert whole_until(kept, killed)
            assert kept.recording is not None and kept.recording.flags == ("recovered",)


def test_the_signalling_process_is_killed(fragile: RunningCentre) -> None:
    who = caller("hears an apology").invite().answered().cue("stays").bye()
    with crowd(fragile, ends=False) as (_, numbers), fragile.line(who, "1001") as line:
        line.hear("main/main_menu")
        killed = kill(fragile, "sip")
        assert line.ear.heard(spoken(*APOLOGY), killed) is not None
        for number in [*numbers, who.number]:
            kept = fragile.kept(number)
            assert (kept.call.hangup_cause, kept.call.outcome) == ("signalling-died", Outcome.INTERRUPTED)
            assert whole_until(kept, killed)


def test_the_engine_is_killed(fragile: RunningCentre) -> None:
    with crowd(fragile, ends=True) as (calling, numbers):
        killed = kill(fragile, "engine")
        assert calling.succeed().succeeded == CALLS
        for number in numbers:
            kept = fragile.kept(number)
            assert kept.call.outcome == Outcome.INTERRUPTED
            assert whole_until(kept, killed)


@pytest.mark.parametrize("name", ["ear", "gateway"])
def test_calls_go_on_without_a_process_that_keys_do_not_need(fragile: RunningCentre, name: str) -> None:
    who = caller("goes on").invite().answered().cue("end").bye()
    with fragile.line(who, "1001") as line:
        line.hear("main/main_menu")
        kill(fragile, name)
        line.ear.press("3").wait()
        line.hear("main/shop_menu")
        line.then("end")
        kept = line.over()
    assert kept.nodes == ["welcome", "main_menu", "shop_menu"]
    assert kept.call.outcome == Outcome.ABANDONED


def test_the_supervisor_is_killed(fragile: RunningCentre) -> None:
    with crowd(fragile, ends=True) as (calling, numbers):
        killed = time.time()
        fragile.kill_all()
        assert calling.succeed().succeeded == CALLS
        fragile.start()
        call_again(fragile)
        for number in numbers:
            kept = fragile.kept(number)
            assert kept.call.outcome == Outcome.INTERRUPTED
            assert whole_until(kept, killed)


@pytest.fixture(scope="module")
def patient() -> Iterator[RunningCentre]:
    """A centre whose processes hang; each may say nothing for a few seconds."""
    gateway = {"web_port": free_port(socket.SOCK_STREAM), "max_calls": 1}
    with RunningCentre(settings={"gateway": gateway, "sip": {"max_calls": 9}, "hang_seconds": 4}) as running:
        running.wait_for_prompts()
        yield running


@pytest.mark.parametrize("names", [("media", "sip", "gateway", "ear"), ("engine",)], ids="+".join)
def test_processes_that_hang_are_replaced(patient: RunningCentre, names: tuple[str, ...]) -> None:
    before = {name: each["pid"] for name, each in patient.processes().items()}
    for name in names:
        os.killpg(before[name], signal.SIGSTOP)
    for name in names:
        patient.wait_for_another(name, before[name])
    call_again(patient)
    hanging = [line for line in patient.log().splitlines() if '"event": "hangs"' in line]
    assert {json.loads(line)["child"] for line in hanging} >= {*names}


def test_no_record_is_left_open(fragile: RunningCentre) -> None:
    assert fragile.store.find(Call, ended_at=None) == []
