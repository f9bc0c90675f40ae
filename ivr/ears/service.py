"""One ear at work: a socket for the engine, the ring of the media process, and what is heard between them.

It serves one connection at a time; a new one ends the old, and with it all that was attached. It has no
state that outlives a connection, so signals and parents may end it at any moment.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from pathlib import Path
from typing import NoReturn

import structlog

from calls.errors import LinkError
from ivr.ears.hearing import Ear
from ivr.ears.settings import EarSettings, socket_path
from ivr.wire import ears
from ivr.wire.link import Link, listen_at
from ivr.wire.ring import SoundRing
from speech.recogniser import VoskModel

_log = structlog.get_logger(__name__)

#: Seconds between two looks at the ring while a call is waited for: a frame.
LOOK = 0.02
#: Seconds between two :class:`~ivr.wire.ears.EarHealth`.
HEALTH = 1.0
#: Seconds without a look at anything after which the system ends the process: libvosk hangs.
STUCK = 20


class RingFile:
    """The ring at a path, mapped anew where the media process has made another."""

    def __init__(self, path: str | Path) -> None:
        self._path = path
        self._file: tuple[int, int] | None = None
        self._ring: SoundRing | None = None

    def __call__(self) -> SoundRing:
        """Return the present ring.

        Raises
        ------
        LinkError
            There is none.
        """
        try:
            status = os.stat(self._path)
        except OSError as error:
            raise LinkError(f"ring {self._path}: {error.strerror}", "is the media process running?") from None
        # a number is not given to a new file while the old one is mapped
        if self._ring is None or self._file != (status.st_dev, status.st_ino):
            self._ring = SoundRing.open(self._path)
            self._file = status.st_dev, status.st_ino
        return self._ring


class Service:
    """Serves the engine at a socket.

    Parameters
    ----------
    listener : socket.socket
        Of :func:`ivr.wire.link.listen_at`.
    ear : Ear
        Hears the calls.
    model : str
        Name of the model, for the engine.
    """

    def __init__(self, listener: socket.socket, ear: Ear, model: str) -> None:
        self._listener = listener
        self._ear = ear
        self._model = model
        self._link: Link | None = None
        self._health_due = time.monotonic()

    def turn(self) -> None:
        """Wait for something to do, a second at most, and do it."""
        now = time.monotonic()
        if now >= self._health_due:
            self._health_due = now + HEALTH
            self._send(self._ear.health())
        self._wait(0.0 if self._ear.due else LOOK if self._ear.busy else self._health_due - now)
        for message in self._ear.step():
            self._send(message)

    def close(self) -> None:
        """Leave the engine, and the socket."""
        self._drop()
        self._listener.close()

    def _wait(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(self._listener, select.POLLIN)
        if self._link is not None:
            waiting = select.POLLOUT if self._link.waiting else 0
            poll.register(self._link, select.POLLIN | waiting)
        for descriptor, _ in poll.poll(max(seconds, 0.0) * 1000):
            if descriptor == self._listener.fileno():
                self._accept()
            elif self._link is not None and descriptor == self._link.fileno():
                self._receive()

    def _accept(self) -> None:
        try:
            connected, _ = self._listener.accept()
        except OSError:  # it has gone again
            return
        self._drop()
        self._link = Link(connected, ears)
        self._send(ears.EarReady(self._model))

    def _receive(self) -> None:
        assert self._link is not None
        try:
            self._link.flush()
            for command in self._link.receive():
                self._ear.take(command)
        except LinkError as error:
            _log.info("the engine is gone", why=str(error))
            self._drop()

    def _send(self, message: object) -> None:
        if self._link is None:
            return
        try:
            self._link.send(message)
        except LinkError as error:
            _log.info("the engine is gone", why=str(error))
            self._drop()

    def _drop(self) -> None:
        self._ear.detach_all()
        if self._link is not None:
            self._link.close()
            self._link = None


def serve(settings: EarSettings, number: int, model: VoskModel) -> NoReturn:
    """Be ear ``number`` until a signal ends the process.

    Raises
    ------
    LinkError
        The socket cannot be made.
    """
    structlog.contextvars.bind_contextvars(ear=number)
    ear = Ear(model, RingFile(settings.ring), most_calls=settings.most_calls)
    service = Service(listen_at(socket_path(settings.run, number)), ear, model.name)
    try:
        while True:
            signal.alarm(STUCK)
            service.turn()
    finally:
        service.close()
