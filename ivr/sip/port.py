"""The UDP port of the process, without threads; and the names of hosts, looked up beside it."""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

#: Datagrams read before something else has its turn.
BATCH = 64
_BUFFER = 4 << 20
_NAMES, _NAME_SECONDS, _WAITING = 1000, 60.0, 200


class Port:
    """A bound UDP socket that nobody else can bind; sippy sends with it as with a server of its own.

    Parameters
    ----------
    host, port : str, int
    received : callable
        Called by :meth:`read` with each datagram and the address that it came from.

    Raises
    ------
    OSError
        The address cannot be bound.
    """

    transport = "udp"

    def __init__(self, host: str, port: int, received: Callable[[bytes, tuple[str, int]], None]) -> None:
        host = host.strip("[]")
        self.uopts = self
        self._received = received
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        bound = self._socket.getsockname()
        self._address = (f"[{bound[0]}]" if ":" in bound[0] else bound[0], bound[1])
        self._names = _Names(self._send)
        #: Datagrams that could not be sent.
        self.unsent = 0

    def fileno(self) -> int:
        """Return the descriptor to poll."""
        return self._socket.fileno()

    def read(self) -> None:
        """Hand on the datagrams that have come."""
        for _ in range(BATCH):
            try:
                data, address = self._socket.recvfrom(65_535)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error of something sent before
                continue
            source = (f"[{address[0]}]" if ":" in address[0] else address[0], address[1])
            self._received(data, source)

    def send_to(self, data: str | bytes, address: tuple[str, int], delayed: bool = False) -> None:
        """Send a message; where the host is a name, as soon as that is known."""
        raw = data.encode() if isinstance(data, str) else data
        host = str(address[0]).strip("[]")
        try:
            port = int(address[1])
            ipaddress.ip_address(host)
        except (TypeError, ValueError):
            self._names.send(raw, host, address[1])
        else:
            self._send(raw, host, port)

    def getSIPaddr(self) -> tuple[tuple[str, int], str]:
        """Return where we are, as sippy wants it."""
        return self._address, self.transport

    def addr2str(self, address: tuple[str, int]) -> str:
        """Return an address for sippy's log, which nobody keeps."""
        return f"{address[0]}:{address[1]}"

    def isWildCard(self) -> bool:
        """Say that answers go out here, wherever they go."""
        return False

    def shutdown(self) -> None:
        """Close the port."""
        self._names.close()
        self._socket.close()

    def _send(self, data: bytes, host: str, port: int) -> None:
        try:
            self._socket.sendto(data, (host, port))
        except (OSError, OverflowError):  # it is UDP: the timers of the transaction see to it
            self.unsent += 1


class _Names:
    """Sends to hosts by name; a name server that is slow holds up nobody else."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._asked: queue.Queue[tuple[bytes, str, int] | None] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None

    def send(self, data: bytes, host: str, port: Any) -> None:
        if not isinstance(port, int) or not host:
            return
        known = self._known.get(host)
        if known is not None and known[1] > time.monotonic():
            if known[0]:
                self._send(data, known[0], port)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_up, name="names", daemon=True)
            self._thread.start()
        with contextlib.suppress(queue.Full):
            self._asked.put_nowait((data, host, port))

    def close(self) -> None:
        with contextlib.suppress(queue.Full):
            self._asked.put_nowait(None)

    def _look_up(self) -> None:
        while (asked := self._asked.get()) is not None:
            data, host, port = asked
            try:
                found = str(socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_DGRAM)[0][4][0])
            except (OSError, UnicodeError):
                found = ""
            self._known[host] = found, time.monotonic() + (_NAME_SECONDS if found else 5.0)
            if len(self._known) > _NAMES:
                self._known.popitem(last=False)
            if found:
                self._send(data, found, port)
