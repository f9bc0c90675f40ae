"""Whether processes that run do anything: the engine answers, and it knows of the others.

The engine hears from every process once a second and says by HTTP for how long it has not. It is asked again
and again; no answer is ever waited for, and however late it comes it counts.
"""

from __future__ import annotations

import json
import math
import socket
from contextlib import suppress

#: Seconds between a look for the answer and the next, or the next question.
EVERY = 1.0


class Pulse:
    """Asks the engine.

    Parameters
    ----------
    engine : str
        Its name.
    page : str
        ``host:port/path`` that answers ``{"silent_seconds": {name: seconds}}``.
    most_seconds : float
        Silence, and time without an answer, from which on a process counts as hanging; 0 for never.

    Attributes
    ----------
    due : float
        When :meth:`feel` does something next; infinity for never.
    """

    def __init__(self, engine: str, page: str, most_seconds: float) -> None:
        self._engine = engine
        address, _, self._path = page.partition("/")
        host, _, port = address.rpartition(":")
        self._address = host.strip("[]"), int(port or 0)
        self._most = most_seconds
        self.due = 0.0 if page and most_seconds else math.inf
        self._socket: socket.socket | None = None
        self._asked_at = 0.0
        self._sent = False
        self._answer = b""

    def forget(self) -> None:
        """Ask anew next time: the engine is another one, or none."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def feel(self, now: float) -> dict[str, float]:
        """Ask, or look whether there is an answer.

        Parameters
        ----------
        now : float
            Seconds of a clock that does not jump.

        Returns
        -------
        dict of str to float
            The processes that hang, and for how long they have.
        """
        if now < self.due:
            return {}
        self.due = now + EVERY
        try:
            if self._socket is None:
                self._ask(now)
                return {}
            answer = self._read()
        except OSError:  # it is not there, which is no matter of this one
            self.forget()
            return {}
        if answer is None:
            waited = now - self._asked_at
            return {self._engine: waited} if waited >= self._most else {}
        self.forget()
        return {name: seconds for name, seconds in _silent(answer).items() if seconds >= self._most}

    def _ask(self, now: float) -> None:
        family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        if self._address[0].startswith("127."):
            # from another address: where nobody listens yet a socket can connect to itself, and take the port
            self._socket.bind(("127.0.0.2", 0))
        self._asked_at, self._sent, self._answer = now, False, b""
        with suppress(BlockingIOError):
            self._socket.connect(self._address)
        self._send()

    def _send(self) -> None:
        assert self._socket is not None
        if not self._sent:
            with suppress(BlockingIOError):
                self._socket.send(f"GET /{self._path} HTTP/1.0\r\n\r\n".encode())
                self._sent = True

    def _read(self) -> bytes | None:
        """Return the whole answer, ``None`` as long as it has not come."""
        assert self._socket is not None
        self._send()
        with suppress(BlockingIOError):
            while data := self._socket.recv(65536):
                self._answer += data
            return self._answer
        return None


def _silent(answer: bytes) -> dict[str, float]:
    try:
        found = json.loads(answer.partition(b"\r\n\r\n")[2])["silent_seconds"]
        return {str(name): float(seconds) for name, seconds in found.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
