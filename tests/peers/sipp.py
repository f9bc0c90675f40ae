"""SIPp (Debian's 3.6.1): runs a scenario, tells how far each call is, and what became of them all."""

from __future__ import annotations

import csv
import itertools
import os
import re
import select
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pytest

from tests.peers.callee import Callee
from tests.peers.deadline import Deadline, PeerError, until
from tests.peers.ports import free_port, free_ports, is_bound
from tests.peers.scenario import CUE, Scenario

_RELEASE = (
    "{method} sip:peer@{host} SIP/2.0\r\nVia: SIP/2.0/UDP {near};branch=z9hG4bKcue{number}\r\n"
    "From: <sip:test@{host}>;tag=test\r\nTo: <sip:peer@{host}>;tag=peer\r\nCall-ID: {call}\r\n"
    "CSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n"
)
#: Calls up to which every message is kept for :attr:`Outcome.messages`.
_FEW = 20
_TRACED = re.compile(r"^-{20,} .*\n(UDP|TCP) message (sent|received) \D*\d+\D*bytes\D*:\n", re.MULTILINE)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Cue:
    """How far a call is: ``words`` are what its step tells beside its ``name``."""

    name: str
    call: str
    words: tuple[str, ...] = ()

    @property
    def address(self) -> tuple[str, int]:
        """Where the other side's media is."""
        return self.words[0], int(self.words[1])


@dataclass(frozen=True, slots=True)
class Message:
    """A message that SIPp sent or received; ``text`` has lines that end with one character."""

    sent: bool
    text: str

    @property
    def first_line(self) -> str:
        """The request or status line."""
        return self.text.partition("\n")[0]

    def header(self, name: str) -> str:
        """Return the value of the first header of this name, empty where there is none."""
        found = re.search(
            rf"^{name}\s*:\s*(.*)$", self.text.partition("\n\n")[0], re.MULTILINE | re.IGNORECASE
        )
        return found[1].strip() if found else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the calls.

    Parameters
    ----------
    code : int
        SIPp's exit status: 0 where every call went as planned, 1 where some did not.
    succeeded, failed : int
        Calls.
    retransmissions : int
        Messages that SIPp sent again.
    response_ms : tuple of float
        For each call how long the answer to its INVITE took, in milliseconds.
    errors : str
        What SIPp says about calls that did not go as planned.
    messages : tuple of Message
        All of them, where there were few calls.
    """

    code: int
    succeeded: int
    failed: int
    retransmissions: int
    response_ms: tuple[float, ...]
    errors: str
    messages: tuple[Message, ...]

    def received(self, first_line: str) -> list[Message]:
        """Return the messages that came with a request or status line that begins so."""
        return [each for each in self.messages if not each.sent and each.first_line.startswith(first_line)]

    def sent(self, first_line: str) -> list[Message]:
        """Return the messages that went with a request or status line that begins so."""
        return [each for each in self.messages if each.sent and each.first_line.startswith(first_line)]


class Sipp:
    """SIPp at work, in a ``with`` block.

    Parameters
    ----------
    scenario : Scenario
        What each call does.
    target : str
        ``host:port`` that a caller calls.
    number : str
        Whom it calls there.
    media : tuple of str and int
        The receiver's address, which sessions name; recorded packets leave from its port as well.
    calls, rate, at_once : int, float, int
        How many, how many a second, and how many at the same time.
    host, port : str, int
        Where SIPp is; port 0 takes a free one.
    user, password : str
        What it answers a challenge with.
    keys : mapping of str to str
        Words in brackets of the scenario.
    within : sequence of str
        Command that runs it elsewhere: that of a host of :mod:`~tests.peers.namespaces`.
    options : sequence of str
        More for SIPp's command line.
    seconds : float
        After which SIPp gives up by itself.
    """

    def __init__(
        self,
        scenario: Scenario,
        target: str = "",
        number: str = "",
        *,
        media: tuple[str, int] | None = None,
        calls: int = 1,
        rate: float = 10,
        at_once: int | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str = "",
        password: str = "",
        keys: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
        options: Sequence[str] = (),
        seconds: float = 120,
    ) -> None:
        self.host = host
        self.port = port or free_port(host="" if within else host)
        self._scenario = scenario
        self._few = calls <= _FEW
        here = "" if within else host  # a port there is free as long as only we use the place
        own = free_ports(4, host=here)[0]  # SIPp takes this one and its neighbours for itself
        media_host, media_port = media or (host, own)
        self._xml = scenario.xml().replace("[media_port]", f"[media_port{media_port - own:+d}]")
        each_call = int(rate) or 1
        self._command = [
            *within, "sipp", *([target] if target else []), "-sf", "scenario.xml",
            "-i", host, "-p", str(self.port), "-bind_local", "-ci", host, "-cp", str(free_port(host=here)),
            "-mi", media_host, "-mp", str(own), "-m", str(calls),
            "-r", str(each_call), "-rp", str(round(1000 * each_call / rate)), "-l", str(at_once or calls),
            "-cid_str", f"%u-%p-{self.port}@peer", "-timeout", f"{round(seconds)}s", "-timeout_error",
            "-nostdin", "-trace_err", "-error_file", "errors", "-trace_stat", "-stf", "statistics",
            "-trace_rtt", "-rtt_freq", "1", "-trace_logs", "-log_file", "cues",
        ]  # fmt: skip
        if number:
            self._command += ["-s", number]
        if user:
            self._command += ["-au", user, "-ap", password]
        if self._few:
            self._command += ["-trace_msg", "-message_file", "messages"]
        for key, value in (keys or {}).items():
            self._command += ["-key", key, value]
        self._command += options
        self._waiting: list[Cue] = []
        self._half = b""
        self._outcome: Outcome | None = None

    @property
    def address(self) -> str:
        """``host:port`` at which it can be called."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Sipp:
        require(self._scenario)
        with ExitStack() as opened:
            self._folder = Path(tempfile.mkdtemp(prefix="sipp-"))
            opened.callback(shutil.rmtree, self._folder, ignore_errors=True)
            (self._folder / "scenario.xml").write_text(self._xml, encoding="utf-8")
            os.mkfifo(self._folder / "cues")
            self._cues = os.open(self._folder / "cues", os.O_RDONLY | os.O_NONBLOCK)
            opened.callback(os.close, self._cues)
            self._test = opened.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            output = opened.enter_context((self._folder / "output").open("wb"))
            self._process = opened.enter_context(
                subprocess.Popen(
                    self._command, cwd=self._folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL
                )
            )
            opened.callback(self._process.kill)
            if isinstance(self._scenario, Callee):
                until(self._is_up, 15, f"SIPp listens at {self.address}")
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def wait(self, name: str, call: str = "", seconds: float = 20.0) -> Cue:
        """Wait until a call (or this one) tells ``name``; each cue is returned once."""
        deadline = Deadline(seconds, f"SIPp's {self._scenario.name} tells {name!r}")
        while True:
            for cue in self._waiting:
                if cue.name == name and call in ("", cue.call):
                    self._waiting.remove(cue)
                    return cue
            try:
                left = deadline.left()
            except PeerError as error:
                raise PeerError(f"{error}\n{self._said()}") from None
            self._read(left)

    def go(self, cue: Cue) -> None:
        """Let a call that waits at a cue go on."""
        number = next(_numbers)
        near = f"{self.host}:{self.port + 1}"
        text = _RELEASE.format(method=CUE, host=self.host, near=near, number=number, call=cue.call)
        self._test.sendto(text.encode(), (self.host, self.port))

    def then(self, name: str, call: str = "", seconds: float = 20.0) -> Cue:
        """Wait until a call is at the cue ``name``, and let it go on."""
        cue = self.wait(name, call, seconds)
        self.go(cue)
        return cue

    def finish(self, seconds: float = 30.0) -> Outcome:
        """Wait until all calls are over, and return what became of them."""
        deadline = Deadline(seconds, f"SIPp's {self._scenario.name} ends")
        while self._process.poll() is None:
            try:
                left = deadline.left()
            except PeerError as error:
                raise PeerError(f"{error}\n{self._said()}") from None
            try:
                self._read(min(left, 0.2))
            except _EndedError:
                self._process.wait(left)
        if self._outcome is None:
            self._outcome = self._read_outcome()
        return self._outcome

    def succeed(self, seconds: float = 30.0) -> Outcome:
        """Wait until all calls are over.

        Raises
        ------
        PeerError
            One did not go as planned; it says which step.
        """
        outcome = self.finish(seconds)
        if outcome.code or outcome.failed:
            raise PeerError(f"{self._scenario.name}: {outcome.failed} calls failed\n{self._said()}")
        return outcome

    def errors(self) -> str:
        """Return what SIPp says so far about calls that did not go as planned."""
        return self._text("errors")

    def _is_up(self) -> bool:
        if self._process.poll() is not None:
            raise PeerError(f"SIPp does not start\n{self._said()}")
        return is_bound(self.port, self._process.pid)

    def _read(self, seconds: float) -> None:
        """Read cues for so long, at most until one comes."""
        process = os.pidfd_open(self._process.pid)
        try:
            ready, _, _ = select.select([self._cues, process], [], [], seconds)
        finally:
            os.close(process)
        data = os.read(self._cues, 65536) if self._cues in ready else b""
        if not data and process in ready:
            raise _EndedError(f"SIPp's {self._scenario.name} is over\n{self._said()}")
        lines = (self._half + data).split(b"\n")
        self._half = lines.pop()
        for line in lines:
            mark, _, rest = line.decode(errors="replace").partition(" ")
            if mark == "CUE":
                name, call, *words = rest.split(None, 2)
                self._waiting.append(Cue(name, call, _words(name, words)))

    def _said(self) -> str:
        """What SIPp says about what went wrong, for a test's message."""
        return f"{self._text('errors')[:4000]}\n{self._text('output')[-600:]}"

    def _text(self, name: str) -> str:
        path = self._folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _read_outcome(self) -> Outcome:
        rows = list(csv.DictReader(self._text("statistics").splitlines(), delimiter=";"))
        last = rows[-1] if rows else {}
        times = [row for path in self._folder.glob("*_rtt.csv") for row in path.read_text().splitlines()[1:]]
        return Outcome(
            self._process.returncode,
            int(last.get("SuccessfulCall(C)") or 0),
            int(last.get("FailedCall(C)") or 0),
            int(last.get("Retransmissions(C)") or 0),
            tuple(float(row.split(";")[1]) for row in times if row.count(";") >= 2),
            self._text("errors"),
            tuple(_messages(self._text("messages"))),
        )


class _EndedError(PeerError):
    """SIPp is over."""


def require(scenario: Scenario | None = None) -> None:
    """Skip the test where SIPp is not installed, or may not do what the scenario needs."""
    if shutil.which("sipp") is None:
        pytest.skip("sipp (Debian's sip-tester) is not installed")
    if scenario is not None and scenario.needs_root and os.geteuid() != 0:
        pytest.skip("SIPp sends recorded packets only as root")


def _words(name: str, rest: list[str]) -> tuple[str, ...]:
    """What a step tells beside its name: a whole header, or words."""
    if name in ("credentials", "referred"):
        return tuple(each.strip() for each in rest)
    return tuple(word for each in rest for word in each.split())


def _messages(trace: str) -> list[Message]:
    parts = _TRACED.split(trace)[1:]
    return [
        Message(way == "sent", text.strip("\n").replace("\r", ""))
        for _, way, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]
