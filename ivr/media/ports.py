"""Sockets of the legs: a pair of ports for each, RTP and RTCP."""

from __future__ import annotations

import ctypes
import errno
import os
import random
import socket
from contextlib import suppress

_BUFFER = 1 << 16
_EXPEDITED = 0xB8  # DSCP EF, RFC 3246, as voice is marked (RFC 4594, 4.1)
_LIBC = ctypes.CDLL(None, use_errno=True)
_UNSPECIFIED = (ctypes.c_char * 16)()  # struct sockaddr of the family AF_UNSPEC


class NoPort(Exception):
    """All ports of the range are taken, or the process may open no more files."""


class PortPool:
    """The ports of a range; those given back are used again as late as possible.

    The first one is taken at random: parties of a process that died still send to its ports.

    Parameters
    ----------
    host : str
        IPv4 address to bind to.
    first, last : int
        Both included; pairs begin at even numbers.
    """

    def __init__(self, host: str, first: int, last: int) -> None:
        self._host = host
        self._first = first + first % 2
        self._pairs = (last + 1 - self._first) // 2
        self._next = random.randrange(max(self._pairs, 1))

    def take(self) -> tuple[socket.socket, socket.socket, int]:
        """Return the sockets for RTP and RTCP, which do not block, and the even port.

        Raises
        ------
        NoPort
            There is none.
        """
        for _ in range(self._pairs):
            port = self._first + 2 * self._next
            self._next = (self._next + 1) % self._pairs
            try:
                sound = self._bound(port)
                try:
                    return sound, self._bound(port + 1), port
                except OSError:
                    sound.close()
                    raise
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise NoPort(os.strerror(error.errno or 0)) from None
        raise NoPort(f"all {self._pairs} pairs of ports are taken")

    def _bound(self, port: int) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            with suppress(OSError):
                made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED)
            made.bind((self._host, port))
        except OSError:
            made.close()
            raise
        return made


def disconnect(connected: socket.socket) -> None:
    """Let a datagram socket hear everyone again; its port stays."""
    _LIBC.connect(connected.fileno(), _UNSPECIFIED, ctypes.sizeof(_UNSPECIFIED))


def empty(waiting: socket.socket) -> None:
    """Throw away what a socket has received."""
    with suppress(OSError):
        for _ in range(1000):
            waiting.recv(1)


def address_of(host: str, port: int) -> tuple[str, int] | None:
    """Return where to send to, ``None`` where that is no address that can be sent to.

    ``0.0.0.0`` is how a party was put on hold before RFC 3264.
    """
    try:
        packed = socket.inet_aton(host)
    except OSError:
        return None
    return (host, port) if any(packed) and 0 < port < 65_536 else None
