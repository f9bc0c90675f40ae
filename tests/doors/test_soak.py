"""A hundred calls at a time for a minute, with ten thousand broken messages among them."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.soak import soak
from tests.peers.sipp import require

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CALLS, SECONDS, MESSAGES = 100, 60.0, 10_000


@pytest.fixture(scope="module")
def row() -> dict[str, Any]:
    """What :mod:`benchmarks.soak` tells."""
    require()
    return soak(CALLS, SECONDS, MESSAGES)


def test_the_calls_were_there(row: dict[str, Any]) -> None:
    assert row["calls_at_a_time"]["median"] >= 0.9 * CALLS
    assert row["mutated"]["sent"] == MESSAGES
    assert {"menu", "talking", "waiting"} <= row["states_seen"].keys()


def test_no_call_is_stuck(row: dict[str, Any]) -> None:
    left = {name: count for name, count in row["left"].items() if name != "after_seconds"}
    assert left == {"engine": 0, "signalling": 0, "legs": 0, "records": 0}


def test_every_answered_call_has_its_whole_recording(row: dict[str, Any]) -> None:
    records = row["records"]
    assert records["recordings_checked"] == records["answered"] > CALLS
    assert records["recordings_missing"] == records["recordings_unreadable"] == 0
    assert records["records_incomplete"] == records["length_off_more_than_0.5_s"] == 0


def test_files_are_closed(row: dict[str, Any]) -> None:
    processes = row["processes"]
    # a leg has two sockets and a recording; who is called has a leg as well
    assert processes["media"]["fds_max"] - processes["media"]["fds_first"] <= 4 * row["legs_max"] + 10
    at_rest = {name: each["fds_first"] + 10 for name, each in processes.items()}
    assert {name: fds for name, fds in row["fds_at_rest"].items() if fds > at_rest[name]} == {}


def test_no_process_died_or_complained(row: dict[str, Any]) -> None:
    assert set(row["restarts"].values()) == {0}
    assert {name for name in row["log"] if name.startswith(("error", "critical", "traceback"))} == set()
