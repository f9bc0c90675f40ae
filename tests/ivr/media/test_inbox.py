from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest

from ivr.media.inbox import ROUNDS, Inbox
from ivr.media.rtp import packed
from ivr.media.uring import Uring
from speech.g711 import alaw_encode, ulaw_decode

pytestmark = pytest.mark.integration

SOUND = bytes(range(160))


class Post:
    """An inbox of four slots with a socket at each of the first two, and someone who writes to them."""

    def __init__(self, uring: Uring | None) -> None:
        self.odd: list[tuple[int, bytes]] = []
        self.inbox = Inbox(4, lambda slot, data: self.odd.append((slot, data)), uring)
        self.sockets = []
        self.writer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for slot in range(2):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind(("127.0.0.1", 0))
            made.setblocking(False)
            self.inbox.settle(made, slot)
            self.inbox.source[slot] = 7
            self.sockets.append(made)

    def write(self, slot: int, data: bytes) -> None:
        self.writer.sendto(data, self.sockets[slot].getsockname())

    def read(self) -> list[tuple[list[int], list[int]]]:
        """The slots and sequence numbers of what is fetched together."""
        return [(each.slots.tolist(), each.sequences.tolist()) for each in self.inbox.fetch()]


@pytest.fixture
def post(uring: Uring | None) -> Iterator[Post]:
    made = Post(uring)
    yield made
    for each in (*made.sockets, made.writer):
        each.close()
    made.inbox.close()


def test_packets_of_the_common_form_are_read_together(post: Post) -> None:
    post.write(0, packed(8, 5, 160, 7, SOUND))
    post.write(1, packed(8, 9, 320, 7, SOUND))
    (packets,) = post.inbox.fetch()
    order = np.argsort(packets.slots)
    assert packets.slots[order].tolist() == [0, 1]
    assert packets.sequences[order].tolist() == [5, 9]
    assert packets.timestamps[order].tolist() == [160, 320]
    assert [frame.tobytes() for frame in packets.frames] == [SOUND, SOUND]
    assert (post.read(), post.odd) == ([], [])


def test_several_packets_of_a_leg_are_read_one_after_the_other_in_their_order(post: Post) -> None:
    for sequence in range(ROUNDS):
        post.write(0, packed(8, sequence, 160 * sequence, 7, SOUND))
    assert post.read() == [([0], [sequence]) for sequence in range(ROUNDS)]


def test_nobody_gets_more_attention_than_others(post: Post) -> None:
    for sequence in range(ROUNDS + 1):
        post.write(0, packed(8, sequence, 0, 7, SOUND))
    post.write(1, packed(8, 50, 0, 7, SOUND))
    (slots, numbers), *more = post.read()
    assert sorted(zip(slots, numbers, strict=True)) == [(0, 0), (1, 50)]
    assert more == [([0], [sequence]) for sequence in range(1, ROUNDS)]
    assert [post.read(), post.read()] == [[([0], [ROUNDS])], []]


def test_a_socket_of_which_the_sender_is_not_settled_is_read_by_its_own_function(post: Post) -> None:
    def receive(view: memoryview) -> int:
        size, address = made.recvfrom_into(view)
        senders.append(address)
        return size

    made, senders = post.sockets[0], []
    post.inbox.watch(made.fileno(), 0, receive)
    post.writer.bind(("127.0.0.1", 0))
    for slot in range(2):
        post.write(slot, packed(8, 5, 0, 7, SOUND))
    ((slots, _),) = post.read()
    assert sorted(slots) == [0, 1]
    assert senders == [post.writer.getsockname()]


def test_who_cannot_be_read_disturbs_nobody(post: Post) -> None:
    refused = post.sockets[0]
    refused.connect(("127.0.0.1", 9))
    with suppress(OSError):
        refused.send(b"nobody there")  # the refusal waits in the socket
    post.write(1, packed(8, 5, 0, 7, SOUND))
    assert post.read() == [([1], [5])]
    assert post.odd == []


def test_an_odd_packet_among_others_leaves_no_trace(post: Post) -> None:
    event = packed(101, 5, 0, 7, b"\5\x0a\0\xa0")
    for _ in range(3):
        post.write(0, event)
        post.write(1, packed(8, 5, 0, 7, SOUND))
        assert post.read() == [([1], [5])]
    assert post.odd == [(0, event)] * 3


def test_packets_behind_odd_ones_do_not_wait_for_the_next_time(post: Post) -> None:
    event = packed(101, 5, 0, 7, b"\5\x0a\0\xa0")
    for _ in range(ROUNDS - 1):
        post.write(0, event)
    post.write(0, packed(8, 6, 0, 7, SOUND))
    assert post.read() == [([0], [6])]
    assert post.odd == [(0, event)] * (ROUNDS - 1)


def test_mu_law_is_translated(post: Post) -> None:
    post.write(0, packed(0, 1, 0, 7, SOUND))
    (packets,) = post.inbox.fetch()
    assert packets.frames[0].tobytes() == alaw_encode(ulaw_decode(SOUND))


def test_what_is_not_of_the_common_form_is_handed_on(post: Post) -> None:
    others = [
        packed(101, 1, 0, 7, b"\5\x0a\0\xa0"),
        packed(8, 1, 0, 7, SOUND[:80]),
        packed(8, 1, 0, 1234, SOUND),
        packed(97, 1, 0, 7, SOUND),
        b"\x81" + packed(8, 1, 0, 7, SOUND)[1:],
    ]
    for data in others:
        post.write(1, data)
        assert post.read() == []
    assert post.odd == [(1, data) for data in others]


def test_a_socket_that_is_forgotten_is_not_read(post: Post) -> None:
    post.inbox.forget(post.sockets[0].fileno())
    post.inbox.forget(post.sockets[0].fileno())
    post.write(0, packed(8, 5, 160, 7, SOUND))
    assert post.read() == []


def test_where_the_ring_fails_packets_are_fetched_one_by_one(post: Post, uring: Uring | None) -> None:
    if uring:
        uring.run = lambda _: exec("raise OSError('no')")  # type: ignore[method-assign]
    for slot in range(2):
        post.write(slot, packed(8, 5, 0, 7, SOUND))
    ((slots, _),) = post.read()
    assert sorted(slots) == [0, 1]
