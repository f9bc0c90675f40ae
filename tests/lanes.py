"""Lanes for ``pytest -n 3``: what keeps real time on the first, all the rest on the others.

Telephones that keep real time mostly wait, and suffer if they are not served when they wake up. So the first
process has their files one after the other, and the other processes compute the rest, with less right to the
processors (``nice``). Two of these leave no processor of two idle. When no file that keeps real time is left,
the first helps with the rest. A file stays on one process, for its fixtures.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

#: Name of the process that has the first lane.
FIRST = "gw0"
#: Folders and files whose tests keep real time with processes, sockets or sound of their own.
REAL_TIME = (
    "tests/benchmarks/test_media.py",
    "tests/doors/",
    "tests/huawu/centre/test_pulse.py",
    "tests/huawu/centre/test_serve.py",
    "tests/huawu/centre/test_supervisor.py",
    "tests/huawu/test_flow_try_command.py",
    "tests/huawu/test_live_call.py",
    "tests/ivr/doors/test_portaudio.py",
    "tests/ivr/ears/test_brood.py",
    "tests/ivr/ears/test_process.py",
    "tests/ivr/gateway/test_process.py",
    "tests/ivr/media/test_exchange.py",
    "tests/ivr/media/test_fuzz.py",
    "tests/ivr/media/test_inbox.py",
    "tests/ivr/media/test_network.py",
    "tests/ivr/media/test_outbox.py",
    "tests/ivr/media/test_process.py",
    "tests/ivr/media/test_uring.py",
    "tests/ivr/sip/test_corrections.py",
    "tests/ivr/sip/test_faults.py",
    "tests/ivr/sip/test_outgoing.py",
    "tests/ivr/sip/test_process.py",
    "tests/ivr/sip/test_waits.py",
    "tests/peers/",
    "tests/test_readme.py",
)


def keeps_real_time(place: str) -> bool:
    """Tell whether a file, or a test by its id, belongs to the first lane."""
    return place.startswith(REAL_TIME)


def next_file(waiting: Iterable[str], *, first_lane: bool) -> str | None:
    """Return which of the files that wait a lane has next; None if there is none for it."""
    other = None
    for file in waiting:
        if keeps_real_time(file) == first_lane:
            return file
        other = other or file
    return other if first_lane else None


def give_way() -> None:
    """Let the first lane go before this process and all that it starts, unless it is the first lane."""
    if os.environ.get("PYTEST_XDIST_WORKER", FIRST) != FIRST:
        os.nice(19)
