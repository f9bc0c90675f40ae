from __future__ import annotations

import numpy as np
import pytest

from speech import g711
from speech.dtmf import detect_digits
from tests.peers.rtp import KEYS, PCMA, PCMU, KeyEvent, Packet, decode, encode, key_tones

pytestmark = pytest.mark.unit


def test_a_packet_survives_its_bytes() -> None:
    packet = Packet(8, 65535, 4_000_000_000, 7, b"\xd5" * 160, True)
    assert Packet.unpack(packet.pack()) == packet


def test_contributors_an_extension_and_padding_are_left_out() -> None:
    head = bytes([0b1011_0010, 8]) + bytes(10) + bytes(8)
    data = head + bytes([0, 0, 0, 1]) + bytes(4) + b"sound" + bytes([0, 0, 3])
    packet = Packet.unpack(data)
    assert packet is not None and packet.payload == b"sound"


@pytest.mark.parametrize("data", [b"", bytes(12), bytes([0x80, 8]), bytes([0x9F, 8]) + bytes(10)])
def test_what_is_no_packet(data: bytes) -> None:
    assert Packet.unpack(data) is None


@pytest.mark.parametrize("key", KEYS)
def test_an_event_survives_its_bytes(key: str) -> None:
    event = KeyEvent(key, 1600, True)
    assert KeyEvent.unpack(event.pack()) == event


@pytest.mark.parametrize("law", [PCMA, PCMU])
def test_every_code_is_its_own_nearest(law: int) -> None:
    values = decode(bytes(range(256)), law)
    assert np.array_equal(decode(encode(values, law), law), values)


@pytest.mark.parametrize(("law", "worst"), [(PCMA, 512), (PCMU, 512)])
def test_a_sample_loses_at_most_half_a_step(law: int, worst: int) -> None:
    sound = np.arange(-32000, 32000, 7, dtype=np.int16)
    assert np.abs(decode(encode(sound, law), law).astype(int) - sound).max() <= worst


def test_both_tables_are_those_of_g711() -> None:
    assert np.array_equal(decode(bytes(range(256)), PCMA), g711.alaw_decode(bytes(range(256))))
    assert np.array_equal(decode(bytes(range(256)), PCMU), g711.ulaw_decode(bytes(range(256))))


def test_the_tones_are_the_keys() -> None:
    presses = detect_digits(key_tones("159D*0#"))
    assert "".join(each.digit for each in presses) == "159D*0#"
