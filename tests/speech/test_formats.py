from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from textwrap import dedent

import pytest

from calls.records import Role, Transcript, Utterance, Word
from speech.formats import render
from speech.view import Edit, View

pytestmark = pytest.mark.unit

TRANSCRIPT = Transcript(
    id="t1",
    call_id="c1",
    recording_id="r1",
    recogniser="vosk 0.3.45",
    model="tiny-cn",
    created_at=datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
    utterances=(
        Utterance(
            number=0,
            role=Role.CALLER,
            start=1.0,
            end=2.5,
            text="您好",
            words=(Word(text="您好", start=1.0, end=2.5, confidence=0.87654),),
        ),
        Utterance(
            number=1, role=Role.AGENT, start=3725.25, end=3726.9996, text="a --> <b> & c\n\nd", channel=1
        ),
    ),
)
MONO = replace(TRANSCRIPT, utterances=(), roles_known=False, roles_note="mono --> roles unknown")


def test_text_has_a_line_per_utterance() -> None:
    assert render(TRANSCRIPT, "txt") == "00:01  caller   您好\n1:02:05  agent    a --> <b> & c d\n"
    assert render(MONO, "txt") == "# mono --> roles unknown\n"


def test_json_follows_the_documented_schema() -> None:
    assert json.loads(render(TRANSCRIPT, "json")) == {
        "schema": "huawu.transcript/1",
        "id": "t1",
        "call_id": "c1",
        "recording_id": "r1",
        "recogniser": "vosk 0.3.45",
        "model": "tiny-cn",
        "created_at": "2025-01-02T03:04:05+00:00",
        "roles_known": True,
        "roles_note": "",
        "utterances": [
            {
                "number": 0,
                "role": "caller",
                "channel": 0,
                "start": 1.0,
                "end": 2.5,
                "text": "您好",
                "words": [{"text": "您好", "start": 1.0, "end": 2.5, "confidence": 0.8765}],
            },
            {
                "number": 1,
                "role": "agent",
                "channel": 1,
                "start": 3725.25,
                "end": 3727.0,
                "text": "a --> <b> & c\n\nd",
                "words": [],
            },
        ],
    }


def test_subrip_has_no_second_arrow_no_tag_and_no_empty_line_within() -> None:
    assert render(TRANSCRIPT, "srt") == dedent("""\
        1
        00:00:01,000 --> 00:00:02,500
        [caller] 您好

        2
        01:02:05,250 --> 01:02:07,000
        [agent] a －－＞ ＜b＞ & c d
        """)
    assert render(MONO, "srt") == ""


def test_webvtt_is_escaped() -> None:
    assert render(TRANSCRIPT, "vtt") == dedent("""\
        WEBVTT

        00:00:01.000 --> 00:00:02.500
        <v caller>您好

        01:02:05.250 --> 01:02:07.000
        <v agent>a --&gt; &lt;b&gt; &amp; c d
        """)
    assert render(MONO, "vtt") == "WEBVTT\n\nNOTE mono --&gt; roles unknown\n"


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 'pdf' is none of txt, json, srt, vtt"):
        render(TRANSCRIPT, "pdf")  # type: ignore[arg-type]


#: What the two utterances are read as.
VIEWS = [View("您好", (Edit(2, 2, "。", "stop"),)), View("a --> <b> & c\n\nd")]


def test_views_are_shown_instead_of_the_text() -> None:
    assert render(TRANSCRIPT, "txt", VIEWS).splitlines()[0] == "00:01  caller   您好。"
    assert "[caller] 您好。" in render(TRANSCRIPT, "srt", VIEWS)
    assert "<v caller>您好。" in render(TRANSCRIPT, "vtt", VIEWS)


def test_json_tells_both_texts_and_what_differs() -> None:
    greeting, other = json.loads(render(TRANSCRIPT, "json", VIEWS))["utterances"]

    assert (greeting["text"], greeting["written"]) == ("您好", "您好。")
    assert greeting["edits"] == [
        {
            "start": 2,
            "end": 2,
            "said": "",
            "written_start": 2,
            "written_end": 3,
            "written": "。",
            "kind": "stop",
            "value": "",
            "why": "",
        }
    ]
    assert (other["written"], other["edits"]) == (other["text"], [])
    assert "written" not in json.loads(render(TRANSCRIPT, "json"))["utterances"][0]
