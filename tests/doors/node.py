"""A huawu node as a proxy sees it: the real signalling process, and an engine that takes every call."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from calls.errors import LinkError
from ivr.sip.sdp import Agreed, Negotiation
from ivr.wire import signalling as wire
from ivr.wire.link import connect_to
from tests.peers.deadline import Deadline, PeerError, until
from tests.peers.ports import free_port

T = TypeVar("T")


class Node:
    """A node at work, in a ``with`` block.

    Parameters
    ----------
    media : tuple of str and int
        Where its sound is.
    max_calls : int
        More are answered 503.
    answers : bool
        Take calls; else they ring.
    trunk, domain : str
        ``host:port`` through which it calls, and whom it calls there.
    port : int
        Of its SIP; 0 takes a free one.

    Attributes
    ----------
    told : list
        What the signalling process said, but for its figures.
    """

    def __init__(
        self,
        media: tuple[str, int] = ("127.0.0.1", 9),
        *,
        max_calls: int = 100,
        answers: bool = True,
        trunk: str = "",
        domain: str = "",
        port: int = 0,
    ) -> None:
        self.host, self.port = "127.0.0.1", port or free_port()
        self.told: list[Any] = []
        self._run = Path(tempfile.mkdtemp(prefix="node-"))
        self._media, self._answers = media, answers
        trunks = [{"name": "trunk", "proxies": [trunk], "domain": domain}] if trunk else []
        self._settings = {
            "run": str(self._run), "host": self.host, "port": self.port, "max_calls": max_calls,
            "allow_targets": ["*@*"], "trunks": trunks,
        }  # fmt: skip
        self._commands: list[Any] = []
        self._news = threading.Condition()
        self._bell = os.eventfd(0, os.EFD_NONBLOCK)
        self._ending = False
        self._sessions: dict[str, Negotiation] = {}
        self._thread = threading.Thread(target=self._serve, name=f"node-{self.port}", daemon=True)

    @property
    def address(self) -> str:
        """``host:port`` of its SIP."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Node:
        command = [sys.executable, "-m", "huawu.child", "sip", json.dumps(self._settings)]
        with (self._run / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            until(self._connect, 15, "the signalling process is up")
        except PeerError as error:
            self.kill()
            error.add_note((self._run / "log").read_text()[-3000:])
            os.close(self._bell)
            shutil.rmtree(self._run, ignore_errors=True)
            raise
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        self._ring()
        self._thread.join()
        self._link.close()
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(10)
        os.close(self._bell)
        if error is not None:
            error.add_note(f"node {self.address} said:\n{(self._run / 'log').read_text()[-3000:]}")
        shutil.rmtree(self._run, ignore_errors=True)

    def kill(self) -> None:
        """Let it die without a word."""
        self._process.kill()
        self._process.wait(10)

    def send(self, command: Any) -> None:
        """Give the signalling process a command."""
        self._commands.append(command)
        self._ring()

    def all(self, kind: type[T]) -> list[T]:
        """Return what was told of this kind."""
        with self._news:
            return [each for each in self.told if isinstance(each, kind)]

    def wait(self, kind: type[T], count: int = 1, seconds: float = 10.0) -> T:
        """Wait until this kind was told so often, and return the last of them."""
        deadline = Deadline(seconds, f"node {self.address} tells {count} {kind.__name__}")
        with self._news:
            while len(found := [each for each in self.told if isinstance(each, kind)]) < count:
                self._news.wait(deadline.left())
        return found[count - 1]

    def hold(self, call: str) -> None:
        """Put the other side on hold."""
        self.send(wire.Reoffer(call, self._sessions[call].offer("sendonly")))

    def agreed(self, call: str) -> Agreed:
        """Return what was agreed on with the other side of a call."""
        agreed = self._sessions[call].agreed
        assert agreed is not None
        return agreed

    def dial(self, call: str, target: str, trunk: str = "") -> None:
        """Call somebody."""
        session = self._sessions[call] = self._new_session()
        self.send(wire.Dial(call, target, session.offer(), caller="8000", trunk=trunk))

    def _connect(self) -> bool:
        if self._process.poll() is not None:
            raise PeerError("the signalling process ended")
        try:
            self._link = connect_to(self._run / "sip.sock", wire)
        except LinkError:
            return False
        return True

    def _new_session(self) -> Negotiation:
        return Negotiation(*self._media, len(self._sessions) + 1)

    def _ring(self) -> None:
        os.eventfd_write(self._bell, 1)

    def _serve(self) -> None:
        """Read and write until the end; a node that was killed is silent."""
        while not self._ending:
            link = self._link.fileno()
            select.select([link, self._bell], [link] if self._link.waiting else [], [])
            try:
                os.eventfd_read(self._bell)
            except BlockingIOError:
                pass
            try:
                for event in self._link.receive():
                    self._hear(event)
                while self._commands:
                    self._link.send(self._commands.pop(0))
                self._link.flush()
            except LinkError:
                return

    def _hear(self, event: Any) -> None:
        react: dict[type, Callable[[Any], Any]] = {
            wire.Arrived: self._arrived,
            wire.Reoffered: lambda each: wire.Accept(each.call, self._sessions[each.call].answer(each.offer)),
        }
        if type(event) in react:
            self._commands.append(react[type(event)](event))
        if not isinstance(event, wire.SignallingHealth):
            with self._news:
                self.told.append(event)
                self._news.notify_all()

    def _arrived(self, call: wire.Arrived) -> Any:
        session = self._sessions[call.call] = self._new_session()
        sdp = session.answer(call.offer) if call.offer else session.offer()
        return wire.Accept(call.call, sdp) if self._answers else wire.Ring(call.call)
