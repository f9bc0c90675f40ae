from __future__ import annotations

import socket

import pytest

from ivr.media.readiness import Readiness

pytestmark = pytest.mark.integration


def test_who_has_something_to_read_is_told_until_it_is_read() -> None:
    readiness = Readiness(8)
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(3)]
    try:
        for _, theirs in pairs:
            readiness.register(theirs.fileno())
        assert readiness.poll().tolist() == []
        for ours, _ in pairs[1:]:
            ours.send(b"x")
        waiting = [theirs.fileno() for _, theirs in pairs[1:]]
        assert sorted(readiness.poll().tolist()) == waiting
        pairs[1][1].recv(1)
        assert readiness.poll().tolist() == waiting[1:]
        readiness.unregister(waiting[1])
        assert readiness.poll().tolist() == []
    finally:
        readiness.close()
        for ours, theirs in pairs:
            ours.close()
            theirs.close()


def test_a_closed_set_raises_an_error() -> None:
    readiness = Readiness(8)
    readiness.close()
    with pytest.raises(OSError):
        readiness.poll()
