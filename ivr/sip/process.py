"""The signalling process: one thread between the SIP port and the engine's connection."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any

import structlog

from calls.errors import LinkError, ServeError
from ivr.sip.settings import SipSettings
from ivr.wire import signalling as wire
from ivr.wire.link import Link, listen_at

try:
    from ivr.sip.endpoint import Endpoint
    from ivr.sip.loop import Loop
except ModuleNotFoundError as error:
    raise ServeError(
        f"sip: {str(error.name).partition('.')[0]} is not installed", "pip install 'huawu[sip]'"
    ) from None

log = structlog.get_logger()

#: Seconds that the last messages may take at the end.
_FAREWELL = 0.5


class EngineLink:
    """Serves one engine at a time; another one that comes takes its place.

    Parameters
    ----------
    path : Path
        Of the socket.
    loop : Loop
    """

    def __init__(self, path: Path, loop: Loop) -> None:
        self._loop = loop
        self._listener = listen_at(path)
        self._path = path
        self._link: Link | None = None
        self.endpoint: Endpoint | None = None

    def open(self, endpoint: Endpoint) -> None:
        """Let engines come."""
        self.endpoint = endpoint
        self._loop.watch(self._listener, self._accept)
        self._loop.later(1.0, self._report)

    def tell(self, event: Any) -> None:
        """Send an event, if someone is there to hear it."""
        link = self._link
        if link is None:
            return
        try:
            link.send(event)
        except LinkError as error:
            why = str(error)
            self._loop.forget(link)
            self._loop.soon(lambda: self._lose(link, why))
        else:
            self._watch(link)

    def close(self) -> None:
        """End the connection and the socket."""
        if self._link is not None:
            self._loop.forget(self._link)
            self._link.close()
        self._loop.forget(self._listener)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        try:
            connected, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError):
            return
        if self._link is not None:
            self._lose(self._link, "another engine came")
        self._link = Link(connected, wire)
        self._watch(self._link)
        log.info("the engine is connected")
        if self.endpoint is not None:
            self.endpoint.engine_came()

    def _watch(self, link: Link) -> None:
        if not link.closed:
            write = (lambda: self._write(link)) if link.waiting else None
            self._loop.watch(link, lambda: self._read(link), write)

    def _read(self, link: Link) -> None:
        if link.closed or self.endpoint is None:
            return
        try:
            commands = link.receive()
        except LinkError as error:
            self._lose(link, str(error))
            return
        for command in commands:
            try:
                self.endpoint.command(command)
            except Exception as error:
                self.endpoint.note(f"{type(command).__name__} failed: {error!r}"[:200])

    def _write(self, link: Link) -> None:
        try:
            link.flush()
        except LinkError as error:
            self._lose(link, str(error))
        else:
            self._watch(link)

    def _lose(self, link: Link, why: str) -> None:
        if self._link is not link:
            return
        self._link = None
        self._loop.forget(link)
        link.close()
        log.warning("the engine is gone", why=why)
        if self.endpoint is not None:
            self.endpoint.engine_left("the engine is gone")

    def _report(self) -> None:
        self._loop.later(1.0, self._report)
        if self.endpoint is not None:
            self.tell(self.endpoint.health)


def run(settings: SipSettings) -> None:
    """Serve until SIGTERM or SIGINT; SIGUSR1 logs what is kept.

    Raises
    ------
    ServeError
        The port cannot be had.
    LinkError
        The run folder cannot be used.
    """
    notes: list[Any] = []
    loop = Loop(lambda words: notes[0](words) if notes else None)
    engine = EngineLink(Path(settings.run, "sip.sock"), loop)
    try:
        endpoint = Endpoint(settings, loop, engine.tell)
        notes.append(endpoint.note)
        engine.open(endpoint)
        with _woken_by_signals(loop, endpoint):
            log.info("sip is open", host=settings.host, port=settings.port)
            loop.run()
        _leave(endpoint, loop)
    finally:
        engine.close()
        loop.close()


def _leave(endpoint: Endpoint, loop: Loop) -> None:
    endpoint.engine_left("shutting down")
    for trunk in endpoint.trunks.values():
        trunk.stop()
    until = time.monotonic() + _FAREWELL
    loop.turn(0.0)
    while time.monotonic() < until and endpoint.transactions.tclient:
        loop.turn(0.05)
    endpoint.transactions.shutdown()


@contextlib.contextmanager
def _woken_by_signals(loop: Loop, endpoint: Endpoint) -> Any:
    """Stop the loop at SIGTERM and SIGINT, though it waits; log figures at SIGUSR1."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)

    def take() -> None:
        for number in os.read(reader.fileno(), 64):
            if number == signal.SIGUSR1:
                log.info("figures", **endpoint.figures)
            else:
                loop.stop()

    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
    before = [signal.signal(each, lambda *_: None) for each in signals]
    woken = signal.set_wakeup_fd(writer.fileno())
    loop.watch(reader, take)
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken)
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
        loop.forget(reader)
        reader.close()
        writer.close()
