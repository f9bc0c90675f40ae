"""Each process of a centre is killed while real callers are on the line: nothing that was kept is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.chaos import PROCESSES, chaos
from tests.peers.sipp import require

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CALLS = 30
#: What cannot be without these: the call's sound, its signalling, its dialog.
ENDS_CALLS = ("media", "engine", "sip")


@pytest.fixture(scope="module")
def rows() -> Iterator[dict[str, dict[str, Any]]]:
    """What :mod:`benchmarks.chaos` tells, by the process that was killed."""
    require()
    yield {each["killed"]: each for each in chaos(CALLS, list(PROCESSES), settle=2.0)}


@pytest.mark.parametrize("process", PROCESSES)
def test_no_recording_is_lost_and_no_record_left_open(rows: dict[str, dict[str, Any]], process: str) -> None:
    row = rows[process]
    assert row["up"] >= 0.9 * CALLS
    lost = (
        "records_open",
        "recordings_missing",
        "recordings_unreadable",
        "without_checksum",
        "lost_more_than_1_s",
    )
    assert {name: row[name] for name in lost} == dict.fromkeys(lost, 0)


@pytest.mark.parametrize("process", PROCESSES)
def test_calls_are_taken_again(rows: dict[str, dict[str, Any]], process: str) -> None:
    assert rows[process]["heard_s"] is not None
    assert rows["all in turn"]["restarts"][process] == 1


@pytest.mark.parametrize("process", PROCESSES)
def test_calls_go_on_without_what_they_can_do_without(rows: dict[str, dict[str, Any]], process: str) -> None:
    row = rows[process]
    assert row["interrupted"] == 0 if process not in ENDS_CALLS else row["interrupted"] > 0


def test_nothing_is_left_of_the_calls(rows: dict[str, dict[str, Any]]) -> None:
    whole = rows["all in turn"]
    del whole["left"]["after_seconds"]
    assert whole["left"] == {"engine": 0, "signalling": 0, "legs": 0, "records": 0}
    assert whole["records"]["recordings_missing"] == whole["records"]["recordings_unreadable"] == 0
    assert "traceback" not in whole["log"]
