from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from calls.store import Store

pytestmark = pytest.mark.integration

LONGEST = 60.0  # seconds
#: Starts the rest of its arguments, says its number, and waits for a signal.
PARENT = """
import subprocess, sys, signal
child = subprocess.Popen(sys.argv[1:], stdin=0)
print(child.pid, flush=True)
signal.pause()
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[str]:
    database = tmp_path / "huawu.db"
    Store.open(database).close()
    yield json.dumps({"database": str(database), "recordings": str(tmp_path), "port": 0})


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "huawu.child", *arguments]


def test_it_reads_its_settings_and_ends_when_told(settings: str) -> None:
    with subprocess.Popen(
        command("console", "-"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(settings)
        child.stdin.close()
        address = child.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=LONGEST) as page:
            assert page.status == 200
        child.send_signal(signal.SIGTERM)
        assert child.wait(LONGEST) == 0


def test_it_dies_with_who_started_it(settings: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *command("console", settings)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        process = os.pidfd_open(int(parent.stdout.readline()))
        try:
            assert parent.stdout.readline().startswith("http://127.0.0.1:")
            parent.kill()
            parent.wait()
            assert select.select([process], [], [], LONGEST)[0]
        finally:
            os.close(process)


def test_one_whose_parent_is_dead_already_does_not_begin(settings: str) -> None:
    done = subprocess.run(
        command("console", settings), env=os.environ | {"HUAWU_PARENT": "1"}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    missing = tmp_path / "none.db"
    settings = json.dumps({"database": str(missing), "recordings": str(tmp_path), "port": 0})
    done = subprocess.run(command("console", settings), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        2,
        f"huawu console: database: {missing} does not exist → the engine makes it: look what it says\n",
    )
