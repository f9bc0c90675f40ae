from __future__ import annotations

import subprocess
import sys

import pytest

from ivr.ears.brood import MOST_DEATHS, WINDOW, Deaths


def brood(*lines: str) -> subprocess.CompletedProcess[str]:
    """Run a program that keeps a brood in a process of its own, where nothing else has threads."""
    program = "\n".join(["import os, threading, time", "from ivr.ears import brood", *lines])
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)


@pytest.mark.unit
def test_the_first_death_is_made_good_at_once_and_each_further_one_later() -> None:
    deaths = Deaths()
    assert [deaths.wait_after(0.5 * n) for n in range(MOST_DEATHS + 1)] == [
        0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, None,
    ]  # fmt: skip


@pytest.mark.unit
def test_deaths_are_forgotten() -> None:
    deaths = Deaths()
    assert [deaths.wait_after(n * (WINDOW + 1)) for n in range(3)] == [0.0, 0.0, 0.0]


@pytest.mark.integration
def test_an_ear_that_dies_again_and_again_ends_them_all() -> None:
    ended = brood(
        "brood.FIRST_WAIT = 0.001",
        "def serve(number):",
        "    if number == 4: os._exit(3)",
        "    time.sleep(60)",
        "try: brood.Brood([4, 5], serve).keep()",
        "except brood.ServeError as error: print(error.message)",
        "try: os.wait()",
        "except ChildProcessError: print('no child is left')",
    )
    assert ended.stdout.splitlines()[-2:] == [
        "ear 4 died 9 times within 60 s, at last with 3",
        "no child is left",
    ]


@pytest.mark.integration
def test_an_ear_that_fails_dies_and_says_where() -> None:
    ended = brood(
        "brood.MOST_DEATHS = 0",
        "def serve(number): raise OSError('no room')",
        "try: brood.Brood([0], serve).keep()",
        "except brood.ServeError as error: print(error.message)",
    )
    assert "OSError: no room" in ended.stdout
    assert "ear 0 died 1 times within 60 s, at last with 1" in ended.stdout


@pytest.mark.integration
def test_an_ear_that_ignores_signals_is_ended_all_the_same() -> None:
    ended = brood(
        "import signal",
        "brood.PATIENCE = 0.1",
        "def serve(number):",
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "    os.kill(os.getppid(), signal.SIGTERM)",
        "    while True: time.sleep(60)",
        "brood.Brood([0], serve).keep()",
        "print('ended')",
    )
    assert (ended.returncode, ended.stdout) == (0, "ended\n")


@pytest.mark.integration
def test_there_must_be_no_other_thread() -> None:
    ended = brood(
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "try: brood.Brood([0], print).keep()",
        "except brood.ServeError as error: print(error.message)",
    )
    assert ended.stdout == "ears cannot be forked: 2 threads run\n"
