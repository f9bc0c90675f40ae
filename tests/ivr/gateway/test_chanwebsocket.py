"""Conversations as docs.asterisk.org and chan_websocket.c have them; ``<`` is what Asterisk sends."""

from __future__ import annotations

import json

import pytest

from ivr.gateway.chanwebsocket import DEEP, LARGEST, STATUS_SECONDS, ChanWebsocket
from ivr.gateway.dialect import Called, Complained, Event, HungUp, Piece, Pressed, Sounded
from ivr.gateway.sound import FRAME
from speech.g711 import alaw_decode

pytestmark = pytest.mark.unit

SOUND = bytes(range(FRAME))
PLAIN = (
    "MEDIA_START connection_id:e226e283-c90a-4ea9-9e37-389000b9ef47 channel:WebSocket/huawu"
    " channel_id:pbx1-123456789.999 format:alaw optimal_frame_size:160 ptime:20"
)
JSON = json.dumps(
    {
        "event": "MEDIA_START",
        "connection_id": "media_connection1",
        "channel": "WebSocket/media_connection1/0x5140001a0040",
        "channel_id": "1761245643.1",
        "format": "slin",
        "optimal_frame_size": 320,
        "ptime": 20,
        "channel_variables": {"HUAWU_CALLER": "13800001001", "HUAWU_FLOW": "hotline", "DIALSTATUS": ""},
    }
)


def started(start: str = PLAIN, **query: str) -> ChanWebsocket:
    dialect = ChanWebsocket(query)
    dialect.receive(start)
    return dialect


def events(dialect: ChanWebsocket, *sent: Piece) -> list[Event]:
    return [event for each in sent for event in dialect.receive(each)]


def test_a_call_in_plain_text() -> None:
    dialect = ChanWebsocket({"caller": "13800001001", "callee": "95588", "token": "secret"})

    told = events(
        dialect, PLAIN, SOUND, SOUND[:80], SOUND[80:], "DTMF_END digit:5 channel_id:pbx1-123456789.999"
    )

    assert told == [
        Called(caller="13800001001", callee="95588"),
        Sounded(SOUND),
        Sounded(SOUND),
        Pressed("5"),
    ]
    assert dialect.answer() == ["ANSWER"]
    assert dialect.hear(SOUND, 0.0) == [SOUND]
    assert dialect.hang_up(0, "") == ["HANGUP"]
    assert (dialect.ring(), dialect.tell('{"say": "您好"}')) == ([], [])


def test_a_call_in_json() -> None:
    dialect = ChanWebsocket({})

    told = events(dialect, JSON, alaw_decode(SOUND).tobytes(), '{"event":"DTMF_END","digit":"#"}')

    assert told == [Called(caller="13800001001", flow="hotline"), Sounded(SOUND), Pressed("#")]
    assert dialect.answer() == ['{"command": "ANSWER"}']
    assert dialect.hear(SOUND, 0.0) == [alaw_decode(SOUND).tobytes()]
    assert dialect.hang_up(0, "") == ['{"command": "HANGUP"}']


def test_the_address_counts_more_than_the_channel_variables() -> None:
    assert events(ChanWebsocket({"flow": "survey"}), JSON) == [Called(caller="13800001001", flow="survey")]


def test_sound_that_overtakes_the_start_is_lost_and_counted() -> None:
    dialect = ChanWebsocket({})

    assert events(dialect, SOUND, SOUND, PLAIN, SOUND) == [Called(), Sounded(SOUND)]
    assert dialect.dropped == 2


def test_nothing_is_sent_before_asterisk_said_what_it_wants() -> None:
    assert ChanWebsocket({}).hear(SOUND, 0.0) == []


@pytest.mark.parametrize("format", ["opus", "g722", "slin16", ""])
def test_a_format_that_is_not_spoken_ends_the_call_and_says_what_to_dial(format: str) -> None:
    (told,) = events(ChanWebsocket({}), f"MEDIA_START connection_id:x format:{format} optimal_frame_size:0")

    assert isinstance(told, HungUp)
    assert f"'{format}'" in told.reason and "c(alaw)" in told.reason


def test_the_queue_is_asked_after_and_thrown_away_when_it_has_grown() -> None:
    dialect = started()

    assert dialect.hear(SOUND, STATUS_SECONDS) == ["GET_STATUS", SOUND]
    assert dialect.hear(SOUND, STATUS_SECONDS + 0.02) == [SOUND]
    status = "STATUS channel_id:1.1 queue_length:{} xon_level:800 xoff_level:900 queue_full:false"
    assert events(dialect, status.format(DEEP)) == []
    assert dialect.hear(SOUND, STATUS_SECONDS + 0.04) == [SOUND]
    assert events(dialect, status.format(DEEP + 1)) == []
    assert dialect.hear(SOUND, STATUS_SECONDS + 0.06) == ["FLUSH_MEDIA", SOUND]
    assert dialect.hear(SOUND, 2 * STATUS_SECONDS) == ["GET_STATUS", SOUND]
    assert dialect.flushed == 1


def test_a_full_queue_is_thrown_away() -> None:
    dialect = started(JSON)

    assert events(dialect, '{"event":"MEDIA_XOFF","channel_id":"1.1"}') == []
    assert dialect.hear(SOUND, 0.0)[0] == '{"command": "FLUSH_MEDIA"}'
    assert events(dialect, '{"event":"MEDIA_XON","channel_id":"1.1"}') == []


def test_what_asterisk_complains_about_is_passed_on() -> None:
    said = "ERROR channel_id:1.1 error_text:FLUSH_MEDIA not supported in passthrough mode"

    assert events(started(), said) == [
        Complained("Asterisk says: FLUSH_MEDIA not supported in passthrough mode")
    ]
    assert events(started(JSON), '{"event":"ERROR","error_text":"no"}') == [Complained("Asterisk says: no")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "[1]",
        '{"event": 5}',
        "{}",
        "QUEUE_DRAINED",
        "MEDIA_MARK_PROCESSED a",
        "DTMF_END",
        "DTMF_END digit:x",
        "DTMF_END digit:",
        "STATUS queue_length:many",
        "SOMETHING new:1",
        PLAIN,
    ],
)
def test_what_is_not_understood_changes_nothing(text: str) -> None:
    dialect = started()

    assert events(dialect, text) == []
    assert dialect.hear(SOUND, 0.0)[-1] == SOUND


def test_a_frame_that_no_asterisk_sends_ends_the_call() -> None:
    assert events(started(), bytes(LARGEST + 1)) == [HungUp(f"a frame of {LARGEST + 1} bytes")]


def test_commands_are_as_short_as_asterisk_reads_them() -> None:
    dialect = started(JSON)
    dialect.receive('{"event":"MEDIA_XOFF"}')
    sent = [*dialect.hear(SOUND, 9.0), *dialect.answer(), *dialect.hang_up(0, "x" * 500)]

    assert {len(each) <= 128 for each in sent if isinstance(each, str)} == {True}
