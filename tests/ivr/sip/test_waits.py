"""What ends after a time that RFC 3261 and RFC 4028 set; it begins long before (tests/ivr/conftest.py)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.sip_fuzz import KEPT, fuzz, passed
from ivr.wire import signalling as wire
from tests.ivr.sip.line import Wire, acknowledged
from tests.ivr.sip.scenario import Scenario
from tests.ivr.sip.stand import Sipp, needs_sipp, session, signalling
from tests.ivr.sip.torture import invite

pytestmark = [pytest.mark.integration, pytest.mark.slow]


def about(wait: Callable[[Path], Any]) -> pytest.MarkDecorator:
    """Say that a test is about a wait: the one whose ``outcome`` it looks at."""
    return pytest.mark.meanwhile.with_args(wait)


def nobody_acknowledges_or_answers(folder: Path) -> tuple[list[wire.Ended], list[wire.Ended]]:
    """Return how three calls should end, and how they did."""
    with signalling(folder, allow_targets=("8001@127.0.0.1",)) as sip:
        lines = [Wire(sip) for _ in range(3)]
        for number, line in enumerate(lines[:2]):
            line.say(invite(), f"lost{number}")
        arrived = [sip.expect(wire.Arrived).call for _ in range(2)]
        sip.tell(wire.Accept(arrived[0], session()), wire.Accept(arrived[1], session()))
        # one is never acknowledged; in the other the party is gone when we offer anew
        lines[1].hear()
        lines[1].say(acknowledged(lines[1].hear()), "lost1")
        confirmed = sip.expect(wire.Confirmed).call
        sip.tell(wire.Reoffer(confirmed, session(2, "sendonly")))
        sip.tell(wire.Dial("c1", f"sip:8001@127.0.0.1:{lines[2].port}", session()))

        events = iter(lambda: sip.next(50.0), None)
        ends = list(itertools.islice((each for each in events if isinstance(each, wire.Ended)), 3))
        assert sip.health().calls == 0
        for line in lines:
            line.close()
    unacknowledged = next(each for each in arrived if each != confirmed)
    meant = [
        wire.Ended(unacknowledged, "failure", 0, "no ACK came"),
        wire.Ended(confirmed, "failure", 0, "408 to a new offer"),
        wire.Ended("c1", "failure", 408, "Request Timeout"),
    ]
    return meant, ends


@about(nobody_acknowledges_or_answers)
def test_what_nobody_acknowledges_or_answers_ends(outcome: tuple[list[wire.Ended], list[wire.Ended]]):
    meant, ends = outcome
    assert {each.call: each for each in ends} == {each.call: each for each in meant}


def nobody_refreshes(folder: Path) -> tuple[str, wire.Ended, str]:
    """Return our answer, the end of the call, and what its party heard of it."""
    with signalling(folder, session_expires=90) as sip:
        line = Wire(sip)
        line.say(invite(more="Supported: timer\r\nSession-Expires: 90;refresher=uac"), "stale")
        call = sip.expect(wire.Arrived).call
        sip.tell(wire.Accept(call, session()))
        line.hear()
        answer = line.hear()
        line.say(acknowledged(answer), "stale")
        sip.expect(wire.Confirmed)

        ended = sip.expect(wire.Ended, 75.0)
        assert ended.call == call
        heard = line.hear()
        line.close()
    return answer, ended, heard


@about(nobody_refreshes)
def test_a_session_that_nobody_refreshes_is_over(outcome: tuple[str, wire.Ended, str]):
    answer, ended, heard = outcome
    assert "Session-Expires: 90;refresher=uac\r\nRequire: timer\r\n" in answer
    assert ended == wire.Ended(ended.call, "failure", 0, "nobody refreshed the session")
    assert heard.startswith("BYE ")


def we_refresh(folder: Path) -> tuple[wire.Ended, str]:
    """Return the end of a call that its party ends after our refresh, and all its messages."""
    refreshed = (
        Scenario()
        .established()
        .raw('<recv request="INVITE" timeout="60000"/>\n')
        .respond("200 OK", "Content-Length: 0\n\n")
        .receive("ACK")
        .bye()
    )
    with signalling(folder, session_expires=90) as sip:
        caller = Sipp(folder, refreshed, "-s", "110", "-timeout", "90", target=sip.target, stays=True)
        try:
            call = sip.expect(wire.Arrived).call
            sip.tell(wire.Accept(call, session()))
            sip.expect(wire.Confirmed)
            ended = sip.expect(wire.Ended, 60.0)
            assert ended.call == call
            return ended, caller.succeeds()
        finally:
            caller.close()


@needs_sipp
@about(we_refresh)
def test_we_refresh_a_session(outcome: tuple[wire.Ended, str]):
    ended, messages = outcome
    assert ended == wire.Ended(ended.call, "remote")
    assert "Session-Expires: 90;refresher=uac" in messages


def ten_thousand_messages(folder: Path) -> dict[str, Any]:
    """Return what the fuzzer tells when everything that it began should be forgotten."""
    return fuzz(10_000, seed=4475, settle=130.0)


@about(ten_thousand_messages)
def test_ten_thousand_messages_leave_nothing(outcome: dict[str, Any]):
    assert passed(outcome), outcome
    assert {name: outcome["settled"][name] for name in KEPT} == dict.fromkeys(KEPT, 0)
