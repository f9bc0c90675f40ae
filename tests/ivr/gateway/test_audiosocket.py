"""Conversations as docs.asterisk.org and res_audiosocket.c have them."""

from __future__ import annotations

import uuid

import pytest

from ivr.gateway.audiosocket import LARGEST, AudioSocket, message
from ivr.gateway.dialect import Called, Complained, Event, HungUp, Pressed, Sounded
from ivr.gateway.sound import FRAME
from speech.g711 import alaw_decode

pytestmark = pytest.mark.unit

WHO = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
SOUND = bytes(range(FRAME))
SLIN = alaw_decode(SOUND).astype("<i2").tobytes()
HELLO = bytes.fromhex("010010 40325ec25efd4bd3805f53576e581d13")


def known(identifier: uuid.UUID) -> Called | None:
    return Called(caller="13800001001", flow="hotline") if identifier == WHO else None


def events(*sent: bytes) -> list[Event]:
    dialect = AudioSocket(known)
    return [event for each in sent for event in dialect.receive(each)]


def test_a_call_that_asterisk_ends() -> None:
    conversation = HELLO + b"\x10\x01\x40" + SLIN + b"\x03\x00\x017" + b"\x10\x01\x40" + SLIN + b"\0\0\0"

    told = [
        Called(caller="13800001001", flow="hotline"),
        Sounded(SOUND),
        Pressed("7"),
        Sounded(SOUND),
        HungUp(),
    ]
    assert events(conversation) == told
    assert events(*(bytes([each]) for each in conversation)) == told


def test_what_asterisk_is_sent_is_sound_and_a_hang_up() -> None:
    dialect = AudioSocket(known)

    assert dialect.hear(SOUND, 0.0) == [b"\x10\x01\x40" + SLIN]
    assert dialect.hang_up(486, "Busy Here") == [b"\0\0\0"]
    assert (dialect.ring(), dialect.answer(), dialect.tell("{}")) == ([], [], [])


def test_a_call_that_may_not_come_is_parted_from() -> None:
    assert events(message(0x01, uuid.UUID(int=1).bytes)) == [HungUp("it may not bring calls")]
    assert events(message(0x01, b"short")) == [HungUp("it may not bring calls")]


@pytest.mark.parametrize("first", [message(0x10, SLIN), message(0x03, b"5"), b"GET / HTTP/1.1\r\n"])
def test_who_does_not_say_who_it_is_is_parted_from(first: bytes) -> None:
    (told,) = events(first)

    assert isinstance(told, HungUp)


def test_an_error_is_passed_on_and_the_call_goes_on() -> None:
    assert events(HELLO, message(0xFF, b"\x02"), message(0xFF), message(0x10, SLIN))[1:] == [
        Complained("Asterisk reports error 02"),
        Complained("Asterisk reports error without a number"),
        Sounded(SOUND),
    ]


def test_sound_at_another_rate_is_refused_with_the_way_out() -> None:
    (_, told) = events(HELLO, message(0x12, bytes(640)))

    assert isinstance(told, HungUp)
    assert "c(slin)" in told.reason


def test_kinds_and_keys_of_later_versions_are_passed_over() -> None:
    assert events(HELLO, message(0x77, b"?"), message(0x03, b"\xff"), message(0x03, b"12"))[1:] == []


def test_a_message_that_no_asterisk_sends_ends_the_call() -> None:
    assert events(HELLO, b"\x10\xff\xff")[1:] == [HungUp("a message of 65535 bytes")]
    assert events(HELLO, message(0x10, bytes(LARGEST)))[1:] == [Sounded(b"\xd5" * FRAME)] * 25
