"""A bad line between two UDP ports: loses, delays, reorders and doubles what passes, as planned."""

from __future__ import annotations

import heapq
import os
import select
import socket
import threading
import time
from dataclasses import replace
from types import TracebackType

from tests.peers.impairment import Fate, Impairment

_ROOM = 1 << 20  # bytes of a socket's buffer


class Shaper:
    """Stands before ``target``: what a client sends to ``port`` reaches it spoilt, and so do its answers.

    Parameters
    ----------
    target : tuple of str and int
        Whom packets are for.
    there, back : Impairment
        What happens on the way to the target, and on the way back; ``back`` is as ``there`` with another
        seed if it is not said.
    host : str
        Where it listens.
    first_lost : bytes
        The first packet that begins so is lost, whatever was planned: one BYE, for example.

    Attributes
    ----------
    there, back : Fate
        What has become of the packets so far.
    """

    def __init__(
        self,
        target: tuple[str, int],
        there: Impairment,
        back: Impairment | None = None,
        host: str = "127.0.0.1",
        first_lost: bytes = b"",
    ) -> None:
        self._target = target
        self._first_lost = first_lost
        self._near, self._far = _bound(host), _bound(host)
        self.port: int = self._near.getsockname()[1]
        self.there = Fate(there)
        self.back = Fate(back or replace(there, seed=there.seed + 1))
        self._client: tuple[str, int] | None = None
        self._waiting: list[tuple[float, int, bool, bytes]] = []
        self._count = 0
        self._ending = False
        self._bell = os.eventfd(0, os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name=f"shaper-{self.port}", daemon=True)

    def __enter__(self) -> Shaper:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        os.eventfd_write(self._bell, 1)
        self._thread.join()
        os.close(self._bell)
        self._near.close()
        self._far.close()

    def _run(self) -> None:
        poll = select.poll()
        for each in (self._near.fileno(), self._far.fileno(), self._bell):
            poll.register(each, select.POLLIN)
        while not self._ending:
            wait = None
            if self._waiting:
                wait = max(0.0, self._waiting[0][0] - time.monotonic()) * 1000
            poll.poll(wait)
            self._take(self._near, outward=True)
            self._take(self._far, outward=False)
            self._let_go()

    def _take(self, end: socket.socket, outward: bool) -> None:
        while True:
            try:
                data, source = end.recvfrom(65536)
            except BlockingIOError:
                return
            except OSError:  # an ICMP answer: the party behind it is not there
                continue
            if outward:
                self._client = source
            if self._first_lost and data.startswith(self._first_lost):
                self._first_lost = b""
                continue
            now = time.monotonic()
            for delay in (self.there if outward else self.back).next():
                self._count += 1
                heapq.heappush(self._waiting, (now + delay, self._count, outward, data))

    def _let_go(self) -> None:
        now = time.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            _, _, outward, data = heapq.heappop(self._waiting)
            try:
                if outward:
                    self._far.sendto(data, self._target)
                elif self._client:
                    self._near.sendto(data, self._client)
            except OSError:
                continue


def _bound(host: str) -> socket.socket:
    end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
    end.bind((host, 0))
    end.setblocking(False)
    return end
