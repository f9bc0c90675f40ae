"""Several processes answer at one address, end together, and take one another's place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import urllib.request
from pathlib import Path

import pytest

from tests.console.running import running_console
from tests.console.scene import Scene

pytestmark = pytest.mark.integration

CHILDREN = """
    import os, select, sys
    from console import prefork

    prefork.SHORT_LIFE = 0.0

    def work(number):
        os.write(1, f"{{number}} {{os.getpid()}}\\n".encode())  # in one piece
        {body}

    prefork.prefork(work, 2)
    print("over", flush=True)
"""


#: As waitress does: a signal that comes just before the wait is noticed after it.
WAIT = "while True: select.select([], [], [], 0.1)"


def started(body: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(CHILDREN).format(body=body)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def read(process: subprocess.Popen[str]) -> tuple[int, int]:
    assert process.stdout is not None
    number, pid = process.stdout.readline().split()
    return int(number), int(pid)


@pytest.mark.parametrize("what", [signal.SIGINT, signal.SIGTERM])
def test_all_end_when_the_first_is_told_to(what: signal.Signals) -> None:
    with started(WAIT) as process:
        assert {read(process)[0] for _ in range(2)} == {0, 1}
        process.send_signal(what)
        rest, _ = process.communicate(timeout=30)

    assert (rest, process.returncode) == ("over\n", 0)


def test_one_that_is_killed_is_replaced_under_its_number() -> None:
    with started(WAIT) as process:
        before = dict(read(process) for _ in range(2))
        os.kill(before[1], signal.SIGKILL)
        number, pid = read(process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    assert number == 1 and pid not in before.values()


def test_they_end_with_their_parent() -> None:
    with started(WAIT) as process:
        for _ in range(2):
            read(process)
        process.kill()
        # the pipe ends when the last of them has let it go
        assert process.stdout is not None and process.stdout.read() == ""


def test_the_desk_is_served_by_several(scene: Scene, tmp_path: Path) -> None:
    with running_console(tmp_path, "--processes", "2") as running:
        for _ in range(6):
            with urllib.request.urlopen(f"{running.address}calls") as page:
                assert "通话列表" in page.read().decode()

    assert running.exit_code == 0, running.said
