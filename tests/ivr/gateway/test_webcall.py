from __future__ import annotations

import json

import pytest

from ivr.gateway.dialect import Called, Event, HungUp, Piece, Pressed, Sounded
from ivr.gateway.sound import FRAME
from ivr.gateway.webcall import LARGEST, WebCall
from speech.g711 import alaw_decode

pytestmark = pytest.mark.unit

SOUND = bytes(range(FRAME))
SLIN = alaw_decode(SOUND).astype("<i2").tobytes()


def events(*sent: Piece) -> list[Event]:
    page = WebCall()
    return [event for each in sent for event in page.receive(each)]


def test_a_page_calls_speaks_presses_keys_and_hangs_up() -> None:
    assert WebCall().begin("hotline") == Called(name="web", flow="hotline")
    assert events(SLIN, '{"key": "5"}', '{"key": "*"}', SLIN, '{"hangup": true}') == [
        Sounded(SOUND),
        Pressed("5"),
        Pressed("*"),
        Sounded(SOUND),
        HungUp(),
    ]


def test_a_page_is_told_how_its_call_goes() -> None:
    page = WebCall()
    said = '{"say": "您好"}'

    pieces = [*page.ring(), *page.answer(), *page.tell(said), *page.hang_up(486, "Busy Here")]

    assert pieces[2] == said
    assert [json.loads(piece) for piece in pieces if isinstance(piece, str)] == [
        {"state": "ringing"},
        {"state": "answered"},
        {"say": "您好"},
        {"state": "ended", "code": 486, "reason": "Busy Here"},
    ]
    assert page.hear(SOUND, 0.0) == [SLIN]
    assert WebCall("alaw").hear(SOUND, 0.0) == [SOUND]


@pytest.mark.parametrize("text", ["", "say", "[]", "5", '{"say": ', "[" * 100_000])
def test_a_page_is_told_nothing_but_objects(text: str) -> None:
    assert WebCall().tell(text) == []


@pytest.mark.parametrize(
    "text", ["", "{}", "5", '{"key": 5}', '{"key": "x"}', '{"key": "12"}', '{"hangup": 1}', " " * 201 + "{}"]
)
def test_what_is_not_understood_changes_nothing(text: str) -> None:
    assert events(text) == []


def test_a_frame_that_the_page_never_sends_ends_the_call() -> None:
    assert events(bytes(LARGEST + 2)) == [HungUp(f"a frame of {LARGEST + 2} bytes")]
