from __future__ import annotations

import struct

import pytest

from ivr.gateway.rtp import EARLY, RATE, Packet, Stream, event_key, read_packet
from ivr.gateway.sound import FRAME

pytestmark = pytest.mark.unit

SOUND = bytes(range(FRAME))


def sent(stream: Stream, *times: float) -> list[tuple[bool, int, int]]:
    """Return marker, sequence number and timestamp of the packets with frames that come at these times."""
    packets = [stream.packet(SOUND, 8, now) for now in times]
    heads = [struct.unpack_from("!BBHI", packet) for packet in packets if packet]
    return [(bool(second & 0x80), sequence, timestamp) for _, second, sequence, timestamp in heads]


def test_a_stream_counts_frames_and_marks_the_first() -> None:
    packets = sent(Stream(7, 65535, 2**32 - 160), 0.0, 0.02, 0.04)

    assert packets == [(True, 65535, 2**32 - 160), (False, 0, 0), (False, 1, 160)]


def test_a_packet_is_read_as_it_was_sent() -> None:
    packet = Stream(7, 1, 320).packet(SOUND, 8, 5.0)

    assert packet is not None
    assert packet[:12] == bytes.fromhex("808800010000014000000007")
    assert read_packet(packet) == Packet(8, 320, SOUND)


def test_a_burst_after_a_stall_keeps_its_place_in_time() -> None:
    stalled = [0.0, 0.02, *[0.5] * 24, 0.52]

    packets = sent(Stream(7, 0, 0), *stalled)

    assert packets[-1] == (False, 26, 26 * FRAME)
    assert not any(marker for marker, _, _ in packets[1:])


def test_after_a_real_gap_the_stream_goes_on_in_the_present() -> None:
    after = [5.0 + 0.02 * number for number in range(20)]

    packets = sent(Stream(7, 0, 0), 0.0, *after)

    jumps = [number for number, (marker, _, _) in enumerate(packets) if marker]
    assert jumps[1:] and packets[-1][2] == pytest.approx(RATE * after[-1], abs=FRAME)
    assert [sequence for _, sequence, _ in packets] == list(range(21))


def test_a_slow_clock_is_followed() -> None:
    slow = [0.0201 * number for number in range(3000)]

    packets = sent(Stream(7, 0, 0), *slow)

    assert packets[-1][2] == pytest.approx(RATE * slow[-1], abs=RATE * 0.35)


def test_who_sends_too_fast_loses_frames_and_no_memory() -> None:
    stream = Stream(7, 0, 0)

    packets = sent(stream, *[0.0] * 1000)

    assert len(packets) == EARLY // FRAME + 1
    assert stream.dropped == 1000 - len(packets)


@pytest.mark.parametrize(
    ("data", "packet"),
    [
        (b"", None),
        (b"\x80\x08\0\1", None),
        (b"\x40\x08" + bytes(10), None),
        (b"\x82\x08" + bytes(6) + bytes(4) + bytes(8) + b"ab", Packet(8, 0, b"ab")),  # two CSRC
        (b"\x90\x65" + bytes(10) + b"\0\0\0\1" + bytes(4) + b"ab", Packet(101, 0, b"ab")),  # extension
        (b"\x90\x65" + bytes(10) + b"\0\0\0\7" + bytes(4), None),
        (b"\xa0\x08" + bytes(10) + b"ab\0\2", Packet(8, 0, b"ab")),  # padding
        (b"\xa0\x08" + bytes(10) + b"ab\0\xff", None),
    ],
)
def test_packets_of_any_form_are_read(data: bytes, packet: Packet | None) -> None:
    assert read_packet(data) == packet


@pytest.mark.parametrize(
    ("payload", "key"),
    [
        (b"\5\x0a\0\xa0", "5"),
        (b"\x0b\x8a\0\xa0", "#"),
        (b"\x0f\0\0\0", "D"),
        (b"\x10\0\0\0", ""),
        (b"\5", ""),
    ],
)
def test_telephone_events_are_keys(payload: bytes, key: str) -> None:
    assert event_key(payload) == key
