from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest

from ivr.media.leg import Leg, Pacer
from ivr.media.outbox import Outbox
from ivr.media.rtp import Packet, parse_packet
from ivr.media.uring import Uring
from ivr.wire.media import ConnectLeg
from speech.g711 import alaw_decode, ulaw_encode

pytestmark = pytest.mark.integration

SPAN = slice(0, 2)
SOUND = bytes(range(160))


class Line:
    """Two legs, of which the second has a party."""

    def __init__(self, uring: Uring | None, learnt: bool) -> None:
        self.party, sound, control = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3))
        self.party.bind(("127.0.0.1", 0))
        self.party.setblocking(False)
        self.leg = Leg("a", 1, 0, sound, control)
        self.leg.session = ConnectLeg("a", "127.0.0.1", 9, event_type=101)
        self.leg.address = self.party.getsockname()
        if learnt:
            sound.connect(self.leg.address)
            self.leg.learnt = True
        self.outbox = Outbox(2, uring)
        self.outbox.reset(1)
        self.outbox.encode(1, 8)
        self.outbox.address(self.leg)
        self.outbox.arrange(0, [self.leg])

    def send(self, ticks: int = 1) -> list[Packet]:
        packets = []
        for _ in range(ticks):
            assert self.outbox.send(SPAN, np.stack([np.frombuffer(SOUND, np.uint8)] * 2))
            packets += self.come()
            self.outbox.send_halves(0)
            packets += self.come()
        return packets

    def come(self) -> list[Packet]:
        packets = []
        while True:
            try:
                packet = parse_packet(self.party.recv(2000))
            except BlockingIOError:
                return packets
            assert packet
            packets.append(packet)


@pytest.fixture(params=["announced", "learnt"])
def line(request: pytest.FixtureRequest, uring: Uring | None) -> Iterator[Line]:
    made = Line(uring, request.param == "learnt")
    yield made
    for each in (made.party, made.leg.sound, made.leg.control):
        each.close()


def test_frames_leave_as_numbered_packets(line: Line) -> None:
    first, second = line.send(2)
    assert (first.marker, second.marker) == (True, False)
    assert second == Packet(
        8,
        False,
        first.sequence + 1 & 0xFFFF,
        first.timestamp + 160 & 0xFFFFFFFF,
        line.outbox.source(1),
        SOUND,
    )
    assert (int(line.outbox.packets[1]), int(line.outbox.octets[1])) == (2, 320)
    assert int(line.outbox.packets[0]) == 0


def test_mu_law_is_translated_and_marked_as_such(line: Line) -> None:
    line.outbox.encode(1, 0)
    (packet,) = line.send()
    assert (packet.payload_type, packet.payload) == (0, ulaw_encode(alaw_decode(SOUND)))


def test_keys_take_the_place_of_sound_and_then_sound_goes_on(line: Line) -> None:
    line.send()
    line.leg.events_out.press("5")
    line.outbox.arrange(0, [line.leg])
    packets = line.send(12)
    assert [packet.payload_type for packet in packets] == [101] * 7 + [8] * 7
    numbers = [packet.sequence - packets[0].sequence & 0xFFFF for packet in packets]
    assert numbers == list(range(14))
    assert {packet.timestamp for packet in packets[:7]} == {packets[0].timestamp}
    assert packets[7].timestamp - packets[0].timestamp & 0xFFFFFFFF == 5 * 160


def test_other_lengths_leave_between_the_ticks_too(line: Line) -> None:
    line.leg.pacer = Pacer(10)
    line.outbox.arrange(0, [line.leg])
    packets = line.send(2)
    assert [packet.payload for packet in packets] == [SOUND[:80], SOUND[80:]] * 2
    steps = [packet.timestamp - packets[0].timestamp & 0xFFFFFFFF for packet in packets]
    assert steps == [0, 80, 160, 240]


def test_what_cannot_be_sent_is_counted_and_disturbs_nobody(line: Line) -> None:
    line.leg.sound.close()
    assert line.send() == []
    assert line.outbox.failed == 1


def test_timestamps_follow_a_clock_that_left_out_frames(line: Line) -> None:
    (first,) = line.send()
    line.outbox.skip(10)
    (second,) = line.send()
    assert second.timestamp - first.timestamp & 0xFFFFFFFF == 11 * 160


def test_after_another_packet_was_refused_the_next_one_leaves(line: Line) -> None:
    line.send()
    line.leg.sound.connect(("127.0.0.1", 9))
    with suppress(OSError):
        line.leg.sound.send(b"nobody there")  # the refusal waits in the socket
    line.leg.sound.connect(line.party.getsockname())
    assert len(line.send()) == 1
    assert line.outbox.failed == 0


def test_a_leg_that_is_forgotten_is_not_sent_to(line: Line) -> None:
    line.send()
    line.outbox.forget(1)
    assert line.send() == []


def test_where_the_ring_fails_packets_are_sent_one_by_one(line: Line, uring: Uring | None) -> None:
    if uring:
        uring.run = lambda _: exec("raise OSError('no')")  # type: ignore[method-assign]
    assert len(line.send(2)) == 2
