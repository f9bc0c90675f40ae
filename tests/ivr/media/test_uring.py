from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator

import numpy as np
import pytest

from ivr.media.uring import Uring, open_uring, receives, sends

pytestmark = pytest.mark.integration

COUNT = 20


def permitted() -> None:
    try:
        open_uring().close()
    except OSError:
        pytest.skip("io_uring is not permitted here")


class Pairs:
    """Pairs of sockets, and small queues, so that they go round soon."""

    def __init__(self) -> None:
        self.ring = Uring(8)
        self.pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(COUNT)]
        self.said = np.arange(3 * COUNT, dtype=np.uint8).reshape(COUNT, 3)
        self.heard = np.zeros((COUNT, 5), np.uint8)
        self.send, self.receive = sends(self.said), receives(self.heard)
        for row, (ours, theirs) in enumerate(self.pairs):
            self.send["descriptor"][row], self.receive["descriptor"][row] = ours.fileno(), theirs.fileno()

    def close(self) -> None:
        self.ring.close()
        for each in self.pairs:
            each[0].close()
            each[1].close()


@pytest.fixture
def pairs() -> Iterator[Pairs]:
    permitted()
    made = Pairs()
    yield made
    made.close()


def test_every_row_is_sent_and_received(pairs: Pairs) -> None:
    for number in range(5):
        pairs.said += number
        assert pairs.ring.run(pairs.send).tolist() == []
        assert pairs.ring.run(pairs.receive).tolist() == [(row, 3, 0) for row in range(COUNT)]
        assert np.array_equal(pairs.heard[:, :3], pairs.said)


def test_where_nothing_came_the_answer_says_so_at_once(pairs: Pairs) -> None:
    pairs.ring.run(pairs.send[:1])
    answers = pairs.ring.run(pairs.receive[:2])
    assert answers.tolist() == [(0, 3, 0), (1, -errno.EAGAIN, 0)]


def test_a_failure_is_told_by_its_row_and_stops_nobody(pairs: Pairs) -> None:
    pairs.pairs[1][0].close()
    assert pairs.ring.run(pairs.send[:4]).tolist() == [(1, -errno.EBADF, 0)]
    assert [row for row, size, _ in pairs.ring.run(pairs.receive[:4]).tolist() if size == 3] == [0, 2, 3]


def test_nothing_asked_is_nothing_done(pairs: Pairs) -> None:
    assert len(pairs.ring.run(pairs.send[:0])) == 0


def test_queues_that_are_closed_raise_an_error(pairs: Pairs) -> None:
    number = os.dup(0)  # a descriptor that is no ring takes the place of the ring's
    os.dup2(number, pairs.ring._descriptor)
    os.close(number)
    with pytest.raises(OSError):
        pairs.ring.run(pairs.send)


def test_the_queues_are_tried_before_they_are_given() -> None:
    permitted()
    before = len(os.listdir("/proc/self/fd"))
    open_uring().close()
    assert len(os.listdir("/proc/self/fd")) == before
