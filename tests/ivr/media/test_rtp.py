from __future__ import annotations

import pytest

from ivr.media.rtp import Packet, is_rtcp, packed, parse_packet

pytestmark = pytest.mark.unit


def test_a_packet_survives_packing_and_parsing() -> None:
    data = packed(8, 65_535, 0xFFFFFFFF, 0xC0FFEE, b"sound", marker=True)
    assert parse_packet(data) == Packet(8, True, 65_535, 0xFFFFFFFF, 0xC0FFEE, b"sound")


def test_numbers_beyond_their_width_go_round() -> None:
    assert parse_packet(packed(8, 65_536 + 3, 0x100000005, 0x100000007, b"")) == Packet(
        8, False, 3, 5, 7, b""
    )


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("contributors", bytes([0x82, 8]) + bytes(10) + bytes(8) + b"sound"),
        ("an extension", bytes([0x90, 8]) + bytes(10) + b"\xbe\xde\0\1" + bytes(4) + b"sound"),
        ("padding", bytes([0xA0, 8]) + bytes(10) + b"sound" + bytes([0, 0, 3])),
        ("all of them", bytes([0xB1, 8]) + bytes(10) + bytes(4) + bytes(4) + b"sound" + bytes([1])),
    ],
)
def test_what_surrounds_the_payload_is_left_out(what: str, data: bytes) -> None:
    packet = parse_packet(data)
    assert packet and packet.payload == b"sound"


@pytest.mark.parametrize(
    ("what", "data"),
    [
        ("nothing", b""),
        ("too short", bytes([0x80] + [0] * 10)),
        ("version 1", bytes([0x40, 8]) + bytes(10)),
        ("RTCP", bytes([0x80, 200]) + bytes(10)),
        ("contributors beyond the end", bytes([0x8F, 8]) + bytes(10)),
        ("an extension beyond the end", bytes([0x90, 8]) + bytes(10) + b"\0\0\0\7"),
        ("half an extension's head", bytes([0x90, 8]) + bytes(10) + b"\0\0"),
        ("no padding after all", bytes([0xA0, 8]) + bytes(10) + b"sound\0"),
        ("padding before the beginning", bytes([0xA0, 8]) + bytes(10) + b"sound\xff"),
    ],
)
def test_what_is_no_packet_is_none(what: str, data: bytes) -> None:
    assert parse_packet(data) is None


def test_rtcp_on_the_same_port_is_told_by_its_second_byte() -> None:
    assert is_rtcp(bytes([0x81, 201]) + bytes(6))
    assert not is_rtcp(packed(8, 1, 1, 1, b"sound"))
    assert not is_rtcp(packed(96, 1, 1, 1, b"sound", marker=True))
