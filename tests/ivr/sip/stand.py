"""What the tests of the process stand on: the process itself, an engine made of a script, and SIPp."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ivr.sip.settings import SipSettings
from ivr.wire import signalling as wire
from ivr.wire.link import Link, connect_to
from tests.ivr.sip.scenario import Scenario
from tests.peers.ports import free_port

#: Longer than anything here may take.
PATIENCE = 15.0

needs_sipp = pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed")

SDP = (
    "v=0\r\no=huawu 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
    "a=ptime:20\r\na={direction}\r\n"
)


def session(version: int = 1, direction: str = "sendrecv") -> str:
    return SDP.format(version=version, direction=direction)


class Signalling:
    """A signalling process and the engine's end of its connection."""

    def __init__(self, run: Path, **settings: Any) -> None:
        self.port = free_port()
        self.settings = SipSettings(run=str(run), port=self.port, **settings)
        self.log = run / "sip.log"
        self._file = self.log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "huawu.child", "sip", json.dumps(asdict(self.settings))],
            stderr=self._file,
            stdout=self._file,
        )
        self._path = run / "sip.sock"
        self._come: list[Any] = []
        self.link: Link | None = None
        self._marks = 0
        self._trunks: list[wire.TrunkState] = []

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    def connect(self) -> None:
        """Be the engine; the process has its port by the time that this returns."""
        until = time.monotonic() + PATIENCE
        while "sip is open" not in self.log.read_text() and self.process.poll() is None:
            assert time.monotonic() < until, self.log.read_text()
            select.select([], [], [], 0.02)
        assert self.process.poll() is None, self.log.read_text()
        if self.link is not None:
            self.link.close()
        self.link = connect_to(self._path, wire)
        self._come = []
        self.settle()

    def disconnect(self) -> None:
        """Be gone."""
        assert self.link is not None
        self.link.close()

    def settle(self) -> None:
        """Wait until all that was told is done: a call that must not be made is refused at once."""
        self._marks += 1
        mark = f"mark-{self._marks}"
        self.tell(wire.Dial(mark, "sip:nobody@nowhere.invalid", ""))
        assert self.expect(wire.Ended) == wire.Ended(mark, "failure", 403, "target: not allowed")

    def tell(self, *commands: Any) -> None:
        assert self.link is not None
        for each in commands:
            self.link.send(each)

    def next(self, seconds: float = PATIENCE) -> Any:
        """Return the next event that is no figure of health, None where none comes in time."""
        until = time.monotonic() + seconds
        while True:
            for event in self._drawn(until):
                if not isinstance(event, wire.SignallingHealth):
                    return event
            if time.monotonic() >= until:
                return None

    def expect(self, kind: type[Any], seconds: float = PATIENCE) -> Any:
        """Return the next event of a kind; others of health are passed over, no others are."""
        until = time.monotonic() + seconds
        while True:
            for event in self._drawn(until):
                if isinstance(event, kind):
                    return event
                assert isinstance(event, wire.SignallingHealth | wire.TrunkState), (
                    event,
                    self.log.read_text(),
                )
            assert time.monotonic() < until, f"no {kind.__name__}: {self.log.read_text()}"

    def trunk_state(self) -> wire.TrunkState:
        """Wait until the trunk is registered."""
        while not self._trunks or not self._trunks[-1].registered:
            assert self.next() is not None, self.log.read_text()
        return self._trunks[-1]

    def health(self) -> wire.SignallingHealth:
        """Return the figures of a moment from now on."""
        self.expect(wire.SignallingHealth)
        fresh: wire.SignallingHealth = self.expect(wire.SignallingHealth)
        return fresh

    def close(self) -> int:
        """End the process as the supervisor does; return its exit code."""
        if self.link is not None:
            self.link.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._file.close()

    def _drawn(self, until: float) -> Iterator[Any]:
        assert self.link is not None
        while not self._come:
            ready, _, _ = select.select([self.link], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return
            self._come = self.link.receive()
        event = self._come.pop(0)
        if isinstance(event, wire.TrunkState):
            self._trunks.append(event)
        yield event


class Sipp:
    """A SIPp process that plays a scenario; without a target it waits to be called.

    Parameters
    ----------
    stays : bool
        It plays beside several tests: whoever started it ends it.
    """

    #: All that were started by a test; those that it left when it failed are ended after it.
    running: ClassVar[list[Sipp]] = []

    def __init__(
        self,
        folder: Path,
        scenario: Scenario,
        *arguments: str,
        target: str = "",
        calls: int = 1,
        stays: bool = False,
    ) -> None:
        self.port = free_port()
        if not stays:
            self.running.append(self)
        file = folder / f"sipp-{self.port}.xml"
        file.write_text(scenario.xml)
        self._errors = folder / f"sipp-{self.port}.log"
        self._messages = folder / f"sipp-{self.port}.messages"
        self._screen = (folder / f"sipp-{self.port}.out").open("wb")
        options = ["-m", str(calls), "-i", "127.0.0.1", "-p", str(self.port), "-nostdin", "-timeout", "40"]
        self.process = subprocess.Popen(
            [
                "sipp",
                *([target] if target else []),
                *["-sf", str(file), *options, "-timeout_error"],
                *["-trace_err", "-error_file", str(self._errors)],
                *["-trace_msg", "-message_file", str(self._messages), *arguments],
            ],
            cwd=folder,
            stdout=self._screen,
            stderr=subprocess.STDOUT,
            env=os.environ | {"TERM": "dumb"},
        )

    def succeeds(self) -> str:
        """Wait for its end; return the messages that it sent and received."""
        try:
            code = self.process.wait(PATIENCE * 3)
        finally:
            self.close()
        messages = self._messages.read_text(errors="replace") if self._messages.exists() else ""
        errors = self._errors.read_text(errors="replace") if self._errors.exists() else ""
        assert code == 0, f"sipp ended with {code}\n{errors}\n{messages[-6000:]}"
        return messages

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._screen.close()


@contextlib.contextmanager
def signalling(run: Path, **settings: Any) -> Iterator[Signalling]:
    """A process with its engine connected; it ends cleanly, or the test fails."""
    process = Signalling(run, **settings)
    try:
        process.connect()
        yield process
    finally:
        code = process.close()
    assert code == 0, process.log.read_text()
    assert "signalling" not in process.log.read_text(), process.log.read_text()
