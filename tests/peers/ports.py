"""Ports that are free now."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import ExitStack
from pathlib import Path

#: Below the ports that the system hands out by itself, and those of the media process, so that nobody takes
#: one before it is used.
_FIRST, _LAST = 10_000, 20_000
_lock = threading.Lock()
# Two test runs beside each other begin elsewhere.
_next = _FIRST + os.getpid() * 3862 % (_LAST - _FIRST)


def free_port(kind: int = socket.SOCK_DGRAM, host: str = "127.0.0.1") -> int:
    """Return a port that nobody has; a different one each time."""
    return free_ports(1, kind, host)[0]


def free_ports(count: int, kind: int = socket.SOCK_DGRAM, host: str = "127.0.0.1") -> range:
    """Return ``count`` ports in a row, the first even, that nobody has."""
    global _next
    with _lock:  # calls are made beside each other
        for _ in range((_LAST - _FIRST) // 2):
            ports = range(_next, _next + count)
            _next = _next + count + count % 2
            if _next >= _LAST:
                _next = _FIRST
            if _are_free(ports, kind, host):
                return ports
    raise OSError(f"no {count} ports in a row are free between {_FIRST} and {_LAST}")


def is_bound(port: int, process: int | str = "self") -> bool:
    """Whether a process has the UDP port, at whatever address, in the network in which ``process`` is."""
    rows = Path(f"/proc/{process}/net/udp").read_text(encoding="ascii").splitlines()[1:]
    return any(int(row.split()[1].rpartition(":")[2], 16) == port for row in rows)


def _are_free(ports: range, kind: int, host: str) -> bool:
    with ExitStack() as tried:
        for port in ports:
            probe = tried.enter_context(socket.socket(socket.AF_INET, kind))
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True
