"""Files are handed out by lanes: one process keeps real time, the others compute."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lanes import REAL_TIME, keeps_real_time, next_file

ROOT = Path(__file__).parents[1]
TELEPHONE, SUMS, MORE_SUMS = (
    "tests/doors/test_web.py",
    "tests/speech/test_dtmf.py",
    "tests/speech/test_gate.py",
)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("waiting", "first", "others"),
    [
        ([SUMS, TELEPHONE, MORE_SUMS], TELEPHONE, SUMS),
        ([TELEPHONE], TELEPHONE, None),
        ([SUMS, MORE_SUMS], SUMS, SUMS),  # where nothing keeps real time any more, the first helps
        ([], None, None),
    ],
)
def test_each_lane_has_the_next_of_its_files(
    waiting: list[str], first: str | None, others: str | None
) -> None:
    assert (next_file(waiting, first_lane=True), next_file(waiting, first_lane=False)) == (first, others)


@pytest.mark.unit
def test_what_keeps_real_time_is_there() -> None:
    assert [each for each in REAL_TIME if not (ROOT / each).exists()] == []
    assert keeps_real_time(f"{TELEPHONE}::test_a_call[web]")


@pytest.mark.integration
def test_two_processes_run_every_test_once_and_tell_of_each_in_one_summary() -> None:
    files = ["tests/ivr/sip/test_corrections.py", "tests/ivr/test_hours.py", "tests/speech/test_keytones.py"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "2", "-v", *files]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    ran = re.findall(r"^\[(gw\d)\].* PASSED (\S+?)::", done.stdout, flags=re.MULTILINE)
    by_file = set(ran)
    assert done.returncode == 0, done.stdout
    assert ("gw0", files[0]) in by_file and ("gw1", files[1]) in by_file
    assert len(by_file) == len(files)
    assert f"{len(ran)} passed" in done.stdout.splitlines()[-1]
