"""What goes wrong: engines that die, strangers, too many calls, and messages made to hurt."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ivr.wire import signalling as wire
from ivr.wire.link import connect_to
from tests.ivr.sip.line import VIA, Wire, acknowledged
from tests.ivr.sip.scenario import Scenario, answering
from tests.ivr.sip.stand import PATIENCE, Signalling, Sipp, free_port, needs_sipp, session, signalling
from tests.ivr.sip.torture import ALL, REACHED, SILENT, Torture, invite, message

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signalling]:
    with signalling(tmp_path_factory.mktemp("sip"), rate_per_second=1000.0) as process:
        yield process
        assert process.health().calls == 0


@pytest.fixture
def sip(process: Signalling) -> Signalling:
    process.connect()
    return process


@pytest.fixture
def line(sip: Signalling) -> Iterator[Wire]:
    line = Wire(sip)
    yield line
    line.close()


# -- messages made to hurt ----------------------------------------------------------------------------


@pytest.mark.parametrize("torture", ALL, ids=lambda each: each.name)
def test_torture(sip: Signalling, line: Wire, torture: Torture):
    number = ALL.index(torture)

    line.say(torture.made(line.port, number))
    if torture.code == REACHED:
        sip.tell(wire.Reject(sip.expect(wire.Arrived).call, REACHED))
    if torture in SILENT:
        line.say(message(), f"{number}-after")  # what was said before is over when this is answered
        assert "after" in line.hear()
    else:
        assert line.final() == torture.code
    assert sip.process.poll() is None


def test_faults_are_logged_in_one_line_without_what_was_said(sip: Signalling, line: Wire):
    for number in range(50):
        line.say(message(to='To: "secret 13912345678 <sip:x@y>'), f"log{number}")
        assert line.final() == 400

    text = sip.log.read_text()
    assert "13912345678" not in text
    assert "Traceback" not in text
    assert text.count("a message was refused") <= 2


# -- what UDP does ------------------------------------------------------------------------------------


def test_an_invite_that_comes_twice_is_one_call(sip: Signalling, line: Wire):
    line.say(invite(), "twice")
    assert line.hear().startswith("SIP/2.0 100")
    line.say(invite(), "twice")
    assert line.hear().startswith("SIP/2.0 100")
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    answer = line.hear()
    line.say(invite(), "twice")

    assert line.hear() == answer
    line.say(acknowledged(answer), "twice")
    assert sip.next() == wire.Confirmed(call)
    sip.tell(wire.Bye(call))
    assert sip.next() == wire.Ended(call, "local")


def test_an_answer_is_repeated_until_a_late_ack(sip: Signalling, line: Wire):
    line.say(invite(), "late")
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    line.hear()
    answers = [line.hear() for _ in range(3)]

    assert len(set(answers)) == 1
    line.say(acknowledged(answers[0]), "late")
    assert sip.next() == wire.Confirmed(call)
    sip.tell(wire.Bye(call))
    assert sip.next() == wire.Ended(call, "local")


def test_a_call_that_ends_before_the_ack_is_hung_up_after_it(sip: Signalling, line: Wire):
    line.say(invite(), "early")
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()), wire.Bye(call))
    assert sip.next() == wire.Ended(call, "local")
    line.hear()
    answer = line.hear()
    assert answer.startswith("SIP/2.0 200")

    line.say(acknowledged(answer), "early")

    assert line.hear().startswith("BYE sip:13800001111@127.0.0.1")


def test_a_merged_request_is_refused(sip: Signalling, line: Wire):
    line.say(invite(), "merged")
    call = sip.expect(wire.Arrived).call
    line.say(invite(via=VIA.format("other")), "merged")

    assert line.final() == 482
    sip.tell(wire.Reject(call, 486))
    sip.expect(wire.Ended)


def test_a_session_interval_that_is_too_short(sip: Signalling, line: Wire):
    line.say(invite(more="Supported: timer\r\nSession-Expires: 30"), "short")

    assert line.final() == 422


# -- engines ------------------------------------------------------------------------------------------


@needs_sipp
def test_calls_end_with_their_engine(sip: Signalling, tmp_path: Path):
    talking = Sipp(
        tmp_path, Scenario().established().receive("BYE").respond("200 OK"), "-s", "1", target=sip.target
    )
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    sip.expect(wire.Confirmed)
    arriving = Sipp(
        tmp_path, Scenario().invite().may(100).receive(503).ack_refusal(3), "-s", "1", target=sip.target
    )
    sip.expect(wire.Arrived)

    assert sip.link is not None
    sip.link.close()

    talking.succeeds()
    arriving.succeeds()
    Sipp(
        tmp_path, Scenario().invite().receive(503, "Retry-After: 5").ack_refusal(2), target=sip.target
    ).succeeds()
    sip.connect()
    assert sip.health().calls == 0


@needs_sipp
def test_another_engine_takes_over(sip: Signalling, tmp_path: Path):
    caller = Sipp(
        tmp_path, Scenario().established().receive("BYE").respond("200 OK"), "-s", "1", target=sip.target
    )
    call = sip.expect(wire.Arrived).call
    sip.tell(wire.Accept(call, session()))
    sip.expect(wire.Confirmed)
    first = sip.link
    assert first is not None

    second = connect_to(sip._path, wire)

    caller.succeeds()
    sip.link = second
    sip.settle()
    first.close()


@needs_sipp
def test_the_process_hangs_up_when_it_is_told_to_end(tmp_path: Path):
    with signalling(tmp_path) as sip:
        caller = Sipp(
            tmp_path, Scenario().established().receive("BYE").respond("200 OK"), "-s", "1", target=sip.target
        )
        call = sip.expect(wire.Arrived).call
        sip.tell(wire.Accept(call, session()))
        sip.expect(wire.Confirmed)
    caller.succeeds()
    assert not (tmp_path / "sip.sock").exists()


def test_a_port_is_not_shared(sip: Signalling, tmp_path: Path):
    settings = replace(sip.settings, run=str(tmp_path))

    second = subprocess.run(
        [sys.executable, "-m", "huawu.child", "sip", json.dumps(asdict(settings))],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )

    assert second.returncode == 2
    assert f"127.0.0.1:{sip.port} over UDP: Address already in use → another process" in second.stderr
    assert "Traceback" not in second.stderr


def test_descriptors_do_not_grow(sip: Signalling, line: Wire):
    folder = f"/proc/{sip.process.pid}/fd"
    before = len(os.listdir(folder))

    for number in range(100):
        line.say(invite(), f"fd{number}")
        sip.tell(wire.Reject(sip.expect(wire.Arrived).call, 486))
        assert line.final() == 486
        sip.expect(wire.Ended)

    assert len(os.listdir(folder)) == before


# -- limits -------------------------------------------------------------------------------------------


def test_a_full_house(tmp_path: Path):
    with signalling(tmp_path, max_calls=1) as sip:
        line = Wire(sip)
        line.say(invite(), "first")
        call = sip.expect(wire.Arrived).call
        line.say(invite(), "second")

        assert line.final() == 503
        assert sip.health() == wire.SignallingHealth(1, 2, 0)
        sip.tell(wire.Reject(call, 486))
        sip.expect(wire.Ended)
        line.close()


def test_a_source_that_asks_too_much(tmp_path: Path):
    with signalling(tmp_path, rate_per_second=1.0) as sip:
        line = Wire(sip)
        answers = []
        for number in range(3):
            line.say(message(), f"much{number}")
        line.say(invite(), "more")
        answers = [line.hear()[:11] for _ in range(3)]

        assert answers == ["SIP/2.0 200", "SIP/2.0 200", "SIP/2.0 503"]
        line.close()


def test_a_scanner_is_not_answered_and_banned(tmp_path: Path):
    with signalling(tmp_path, trusted_sources=()) as sip:
        line = Wire(sip)
        line.say(message(more="User-Agent: friendly-scanner"), "scan")
        line.say(message(), "after")
        sip.health()

        assert line.hear(0.01) == ""
        assert sip.health().dropped == 2
        line.close()


def test_a_source_that_keeps_offending_is_banned(tmp_path: Path):
    with signalling(tmp_path, trusted_sources=(), ban_after=5) as sip:
        line = Wire(sip)
        codes = []
        for number in range(5):
            line.say(invite(length="9999"), f"offence{number}")
            codes.append(line.final())
        line.say(message(), "banned")
        sip.health()

        assert codes == [400] * 5
        assert line.hear(0.01) == ""
        assert "a source is banned" in sip.log.read_text()
        line.close()


def test_strangers_are_not_answered(tmp_path: Path):
    with signalling(tmp_path, allow_sources=("192.0.2.0/24",)) as sip:
        line = Wire(sip)
        line.say(message(), "stranger")
        sip.health()

        assert line.hear(0.01) == ""
        assert sip.health().dropped == 1
        line.close()


@needs_sipp
def test_an_hour_has_so_many_calls(tmp_path: Path):
    with signalling(tmp_path, allow_targets=("8001@*",), targets_per_hour=1) as sip:
        agent = Sipp(tmp_path, answering().receive("BYE").respond("200 OK"))
        sip.tell(wire.Dial("c1", f"sip:8001@127.0.0.1:{agent.port}", session()))
        sip.tell(wire.Dial("c2", f"sip:8001@127.0.0.1:{agent.port}", session()))

        assert sip.next() == wire.Ended("c2", "failure", 503, "target: too many")
        sip.expect(wire.Ringing)
        sip.expect(wire.Answered)
        sip.tell(wire.Bye("c1"))
        sip.expect(wire.Ended)
        agent.succeeds()


def test_a_call_to_nowhere_ends(tmp_path: Path):
    with signalling(tmp_path, allow_targets=("8001@*",)) as sip:
        sip.tell(wire.Dial("c1", "sip:8001@no-such-host.invalid", session(), timeout_seconds=1.0))
        sip.tell(wire.Dial("c2", f"sip:8001@127.0.0.1:{free_port()}", session(), timeout_seconds=1.0))

        ends = [sip.next(), sip.next()]
        assert sorted((each.call, each.by, each.code) for each in ends) == [
            ("c1", "failure", 408),
            ("c2", "failure", 408),
        ]
