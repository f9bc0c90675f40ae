"""A whole centre at work for tests: ``huawu serve`` in a folder of its own, its records and recordings."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pytest
import soundfile

from calls.errors import VoiceError
from calls.recordings import RecordingFolder
from calls.records import Agent, Call, CallEvent, EventKind, Leg, Queue, Recording, Survey
from calls.store import Store
from huawu.centre.run_folder import read_state
from huawu.places import cache as cache_folder
from ivr.flow import Flow
from ivr.flow.loading import load_flow
from ivr.flow.steps import CallbackNode, QueueNode
from ivr.prompt import variables_in
from speech.prompts import PromptLibrary
from speech.resources import resource
from tests.peers.caller import Caller
from tests.peers.deadline import PeerError, until
from tests.peers.ports import free_port, free_ports
from tests.peers.receiver import Receiver
from tests.peers.rtp import Samples
from tests.peers.sipp import Outcome, Sipp

#: Which flow answers which number.
NUMBERS = {
    "1001": "main",
    "1002": "express",
    "1003": "hotline",
    "1004": "telecom",
    "1005": "survey",
    "1006": "voicemail",
}
#: Seconds that a machine under load may need for what takes a moment.
PATIENCE = 30.0
# Without a voice: the engine makes all that a flow always says and keeps it there.
_LIBRARY = PromptLibrary([resource("prompts")], cache_folder("prompts"), None)
_callers = itertools.count(13_700_000_000)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a call that is over.

    Parameters
    ----------
    call, events, legs, surveys
        Records.
    recording : Recording or None
        Of the call that was answered.
    sound : int16 array, shape (n, 2)
        Caller, and what the caller heard.
    """

    call: Call
    events: list[CallEvent]
    legs: list[Leg]
    surveys: list[Survey]
    recording: Recording | None
    sound: Samples

    @property
    def nodes(self) -> list[str]:
        """Names of the nodes that the call went through."""
        return [each.node for each in self.events if each.kind is EventKind.NODE]

    @property
    def keys(self) -> str:
        """The keys that were pressed, a point for each whose name is not kept."""
        return "".join(each.data.get("key", ".") for each in self.events if each.kind is EventKind.DIGIT)

    def of(self, kind: EventKind) -> list[CallEvent]:
        """Return the events of a kind."""
        return [each for each in self.events if each.kind is kind]


class RunningCentre:
    """A centre, in a ``with`` block.

    Parameters
    ----------
    agents, queues : sequence of records
        Who works there.
    settings : mapping of str to Any
        More sections of ``huawu.yaml``, or others instead.

    Attributes
    ----------
    outside : int
        Port at which numbers that the centre dials are reached.
    store : Store
        Its database.
    """

    def __init__(
        self,
        *,
        agents: Sequence[Agent] = (),
        queues: Sequence[Queue] = (),
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hw-"))  # short, for sockets' names
        self.host, self.port = "127.0.0.1", free_port()
        self.outside = free_port()
        self._http = free_port()
        self._staff = (*queues, *agents)
        ports = free_ports(402)
        written: dict[str, Any] = {
            "flows": [{"numbers": number, "flow": flow} for number, flow in NUMBERS.items()],
            "database": str(self.folder / "huawu.db"),
            "recordings": {"folder": str(self.folder / "recordings")},
            "run": str(self.folder / "run"),
            "sip": {
                "host": self.host,
                "max_calls": 100,
                "port": self.port,
                "outbound": f"sip:{{number}}@{self.host}:{self.outside}",
                "allow_targets": ["*@127.0.0.1"],
                "refer": ["119"],
            },
            "media": {"port_min": ports[0], "port_max": ports[-1], "rtp_timeout_seconds": 10},
            "ears": {"count": 1},
            "engine": {"http_port": self._http, "drain_minutes": 0.1},
            "agents": {"ring_seconds": 4, "wrap_up_seconds": 0},
            "console": {"enabled": False},
        }
        for name, section in (settings or {}).items():
            known = written.get(name)
            written[name] = known | section if isinstance(known, dict) else section
        (self.folder / "huawu.yaml").write_text(json.dumps(written), encoding="utf-8")

    def __enter__(self) -> RunningCentre:
        self.store = Store.open(self.folder / "huawu.db")
        if self._staff:
            self.store.add(*self._staff)
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def start(self) -> None:
        """Start it, again after it was ended."""
        command = [sys.executable, "-m", "huawu", "serve", "--config", "huawu.yaml"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
            )
        self.wait_until_ready()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self.store.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- the whole ------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """``host:port`` at which it is called."""
        return f"{self.host}:{self.port}"

    def log(self) -> str:
        """Return what its processes have logged."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        """Wait until calls are taken."""
        try:
            until(self._ready, seconds, "the centre is ready")
        except PeerError as error:
            raise PeerError(f"{error}\n{self.log()[-3000:]}") from None

    def wait_for_prompts(self, seconds: float = 60.0) -> None:
        """Wait until all that flows always say is made: calls before that hear it a little later."""
        kept = self.folder / "run" / "sounds"
        missing = list(itertools.chain.from_iterable(map(_said, NUMBERS.values())))

        def made() -> bool:
            sizes = {file.stat().st_size for file in kept.glob("*.alaw")}
            try:
                while missing and len(_LIBRARY.audio(*missing[-1])) in sizes:
                    missing.pop()
            except VoiceError:  # not even spoken yet
                pass
            return not missing

        until(made, seconds, "the prompts are made")

    def processes(self) -> dict[str, dict[str, Any]]:
        """Return the processes by name: ``pid``, ``ready``, ``restarts``."""
        state = read_state(self.folder / "run")
        return dict(state["processes"]) if state else {}

    def kill(self, name: str) -> None:
        """Kill a process as the kernel does, and wait until another one has its place."""
        before = self.processes()[name]["pid"]
        os.kill(before, signal.SIGKILL)
        self.wait_for_another(name, before)

    def wait_for_another(self, name: str, before: int) -> None:
        """Wait until a process has another one's place, and calls are taken."""
        until(lambda: self._replaced(name, before), PATIENCE, f"there is another {name}")

    def kill_all(self) -> None:
        """Kill the supervisor as the kernel does, and wait until everything is over."""
        pids = [each["pid"] for each in self.processes().values()]
        self._process.kill()
        self._process.wait()
        until(lambda: not any(map(_runs, pids)), PATIENCE, "all processes are over")

    @contextmanager
    def standing_still(self, name: str) -> Iterator[None]:
        """Let a process do nothing for a while."""
        pid = self.processes()[name]["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def ask(self, path: str, method: str = "GET") -> Any:
        """Ask one of the engine's pages."""
        request = urllib.request.Request(f"http://{self.host}:{self._http}{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    # -- calls ----------------------------------------------------------------------------------------

    @contextmanager
    def line(self, caller: Caller, number: str, target: str = "", **receiver: Any) -> Iterator[Line]:
        """Let somebody call a number; what the caller hears and says is the receiver's."""
        with Receiver(**{"silence": True} | receiver) as ear:
            media = (ear.host, ear.port)
            with Sipp(caller, target or self.address, number, media=media) as calling:
                yield Line(self, calling, ear, caller)

    def kept(self, caller: str, seconds: float = PATIENCE) -> Kept:
        """Wait until the call of this number is over, and return what is kept of it."""

        def over() -> Call | None:
            calls = self.store.find(Call, caller=caller)
            return calls[-1] if calls and calls[-1].ended_at else None

        try:
            call = until(over, seconds, "the call's record is complete")
        except PeerError as error:
            raise PeerError(f"{error}\n{self.log()[-3000:]}") from None
        recordings = self.store.find(Recording, call_id=call.id)
        sound: Samples = np.zeros((0, 2), np.int16)
        if recordings:
            path = RecordingFolder(self.folder / "recordings").path(recordings[0])
            sound, rate = soundfile.read(path, dtype="int16", always_2d=True)
            assert rate == 8000
        return Kept(
            call,
            self.store.find(CallEvent, call_id=call.id, order_by=("at", "id")),
            self.store.find(Leg, call_id=call.id),
            self.store.find(Survey, call_id=call.id),
            recordings[0] if recordings else None,
            sound,
        )

    def hang_up(self, caller: str) -> None:
        """Have the engine end the running call of this number."""
        (call,) = self.store.find(Call, caller=caller)
        self.ask(f"/calls/{call.id}/hangup", "POST")

    def wait_for_event(self, caller: str, kind: EventKind, *nodes: str) -> CallEvent:
        """Wait until something happens at one of the nodes in the running call of this number."""

        def happened() -> CallEvent | None:
            for call in self.store.find(Call, caller=caller):
                for event in self.store.find(CallEvent, call_id=call.id, kind=kind):
                    if event.node in nodes:
                        return event
            return None

        return until(happened, PATIENCE, f"{kind.value} at {' or '.join(nodes)}")

    # -- inside ---------------------------------------------------------------------------------------

    def _ready(self) -> bool:
        if self._process.poll() is not None:
            raise PeerError(f"the centre does not start\n{self.log()[-3000:]}")
        try:
            return bool(self.ask("/readyz")["ready"]) and all(
                each["ready"] for each in self.processes().values()
            )
        except OSError:
            return False

    def _replaced(self, name: str, before: int) -> bool:
        now = self.processes().get(name)
        return now is not None and now["pid"] != before and self._ready()


@dataclass(frozen=True, slots=True)
class Line:
    """A call to the centre: SIPp's side, and the ear and the mouth of the caller."""

    centre: RunningCentre
    calling: Sipp
    ear: Receiver
    caller: Caller

    def hear(self, node: str, seconds: float = PATIENCE, since: float = 0.0) -> float:
        """Wait until the prompt ``flow/node`` is heard; return when it began, in seconds since the epoch."""
        try:
            return self.ear.wait_to_hear(prompt(node), seconds, since).start
        except PeerError as error:
            raise PeerError(f"{error} {node}\n{self.calling.errors()}") from None

    def then(self, name: str) -> None:
        """Let the call go on from a cue."""
        self.calling.then(name)

    def over(self, seconds: float = PATIENCE) -> Kept:
        """Wait until the call has ended as planned, and return what is kept of it."""
        self.finish(seconds)
        return self.centre.kept(self.caller.number, seconds)

    def finish(self, seconds: float = PATIENCE) -> Outcome:
        """Wait until the call has ended as planned, as SIPp sees it."""
        try:
            return self.calling.succeed(seconds)
        except PeerError as error:
            raise PeerError(f"{error}\n{self.centre.log()[-2000:]}") from None


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def about(journey: Callable[[RunningCentre], Kept]) -> pytest.MarkDecorator:
    """Say that a test is about a call: the one that its fixture ``kept`` is made of."""
    return pytest.mark.journey.with_args(journey)


def caller(name: str, **options: Any) -> Caller:
    """Return somebody who calls from a number that nobody else has."""
    return Caller(name, number=str(next(_callers)), **options)


@cache
def prompt(place: str) -> Samples:
    """Return the sound of the prompt ``flow/name``."""
    flow, _, name = place.partition("/")
    (found,) = [each for each in _flow(flow).prompts() if each.name == name]
    return spoken(found.name, found.text, found.language)


def spoken(name: str, text: str, language: str) -> Samples:
    """Return the sound of a prompt that the engine has made."""
    return _LIBRARY.audio(name, text, language)


def _said(flow: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, text and language of all prompts of a flow that differ in no call."""
    whole = _flow(flow)
    for part in {whole.name: whole, **whole.flows}.values():
        for each in part.prompts():
            if not variables_in(each.text):
                yield each.name, each.text, each.language


def queue_names() -> set[str]:
    """Return the queues of the shipped flows."""
    nodes = [node for flow in NUMBERS.values() for node in _flow(flow).nodes.values()]
    return {node.queue for node in nodes if isinstance(node, (QueueNode, CallbackNode))}


@cache
def kinds(flow: str) -> dict[str, str]:
    """Return the kind of each node that a call may go through in a flow, by the name that is kept of it."""
    whole = _flow(flow)
    found = {name: str(node.type) for name, node in whole.nodes.items()}
    for part in whole.flows.values():
        if part.name != whole.name:
            found |= {f"{part.name}.{name}": str(node.type) for name, node in part.nodes.items()}
    return found


@cache
def _flow(name: str) -> Flow:
    return load_flow(resource("prompts", "flows") / f"{name}.yaml")
