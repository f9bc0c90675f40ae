"""Messages come back as they were said, or not at all."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

import msgpack
import pytest

from calls.errors import LinkError
from ivr.wire import ears, media, signalling
from ivr.wire.codec import LARGEST, VERSION, Codec

pytestmark = pytest.mark.unit

SAID = [
    (media, media.ConnectLeg("a", "10.0.0.1", 4000, 0, 101, 30, "sendonly")),
    (media, media.Feed("a", 7, bytes(range(256)), last=True)),
    (
        media,
        media.LegClosed(
            "a",
            12.5,
            media.Quality(packets=600, lost=3, mos=4.1, round_trip_ms=12.0),
            media.Recorded(12.5, "ab", ((0.0, 1.5), (3.0, 4.0)), ("disk-full",)),
        ),
    ),
    (media, media.LegClosed("a", 0.0)),
    (
        signalling,
        signalling.Arrived("c", "13800000000", "95000", "v=0", "张三", "1.2.3.4:5060", {"x-a": "b"}),
    ),
    (signalling, signalling.Reject("c", 503, "Service Unavailable", 5)),
    (ears, ears.Listen("c", 3, ("话费", "快递"), "", True)),
    (ears, ears.Heard("c", 3, "话费", None, 0.25)),
]


@pytest.mark.parametrize(("vocabulary", "message"), SAID, ids=[type(each).__name__ for _, each in SAID])
def test_a_message_comes_back_whole(vocabulary: ModuleType, message: Any) -> None:
    assert Codec(vocabulary).unpack(Codec(vocabulary).pack(message)) == message


@pytest.mark.parametrize("vocabulary", [media, signalling, ears])
def test_every_word_of_a_vocabulary_can_be_said(vocabulary: ModuleType) -> None:
    codec = Codec(vocabulary)
    words = [
        each
        for each in vars(vocabulary).values()
        if isinstance(each, type) and is_dataclass(each) and each.__module__ == vocabulary.__name__
    ]
    for word in words:
        values = [f"{each.name}" for each in fields(word)]
        assert codec.pack(word(*values))


def test_a_message_that_was_lost_is_missed() -> None:
    here, there = Codec(media), Codec(media)
    here.pack(media.OpenLeg("a"))
    with pytest.raises(LinkError, match="message 0 is missing: 1 came"):
        there.unpack(here.pack(media.OpenLeg("b")))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no message"),
        (b"\xc1", "no message"),
        (msgpack.packb([VERSION + 1, 0, "OpenLeg", "a"]), f"version {VERSION + 1}"),
        (msgpack.packb([VERSION, 0, "Explode", "a"]), "no message"),
        (msgpack.packb([VERSION, 0, "OpenLeg"]), "no message"),
        (msgpack.packb([VERSION, 0, "OpenLeg", "a", "b"]), "no message"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(LinkError, match=says):
        Codec(media).unpack(data)


def test_too_large_a_message_is_refused_before_it_is_sent() -> None:
    with pytest.raises(LinkError, match=f"at most {LARGEST}"):
        Codec(media).pack(media.Feed("a", 1, bytes(LARGEST)))


def test_a_word_of_another_vocabulary_is_not_said() -> None:
    with pytest.raises(LinkError, match="EarReady"):
        Codec(media).pack(ears.EarReady("tiny"))
