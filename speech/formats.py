"""Transcripts as text, JSON and subtitles.

JSON, schema ``huawu.transcript/1``: an object with ``schema``, ``id``, ``call_id``,
``recording_id``, ``recogniser``, ``model``, ``created_at`` (ISO 8601, UTC), ``roles_known``,
``roles_note`` and ``utterances``: objects with ``number``, ``role``, ``channel``, ``start``,
``end`` (seconds), ``text`` and ``words``: objects with ``text``, ``start``, ``end`` and
``confidence`` (0 to 1). Fields may be added; the number changes when one is removed or redefined.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Literal, get_args

from calls.records import Transcript, Utterance

Format = Literal["txt", "json", "srt", "vtt"]
FORMATS: tuple[Format, ...] = get_args(Format)

#: Name and number of the JSON schema.
SCHEMA = "huawu.transcript/1"


def render(transcript: Transcript, form: Format) -> str:
    """Write a transcript.

    Parameters
    ----------
    transcript : Transcript
        What to write.
    form : {"txt", "json", "srt", "vtt"}
        ``txt``: a line per utterance with minutes and role. ``srt``: SubRip. ``vtt``: WebVTT with
        the role as voice.

    Returns
    -------
    str
        Ends in a newline unless it is empty.

    Raises
    ------
    ValueError
        ``form`` is none of these.
    """
    if form not in _WRITERS:
        raise ValueError(f"format {form!r} is none of {', '.join(FORMATS)}")
    return _WRITERS[form](transcript)


def _txt(transcript: Transcript) -> str:
    lines = [f"# {_line(transcript.roles_note)}"] if transcript.roles_note else []
    lines += [
        f"{_minutes(utterance.start)}  {utterance.role.value:<7}  {_line(utterance.text)}"
        for utterance in transcript.utterances
    ]
    return "".join(f"{line}\n" for line in lines)


def _json(transcript: Transcript) -> str:
    document = {
        "schema": SCHEMA,
        "id": transcript.id,
        "call_id": transcript.call_id,
        "recording_id": transcript.recording_id,
        "recogniser": transcript.recogniser,
        "model": transcript.model,
        "created_at": transcript.created_at.isoformat(),
        "roles_known": transcript.roles_known,
        "roles_note": transcript.roles_note,
        "utterances": [_utterance(utterance) for utterance in transcript.utterances],
    }
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _utterance(utterance: Utterance) -> dict[str, object]:
    return {
        "number": utterance.number,
        "role": utterance.role.value,
        "channel": utterance.channel,
        "start": round(utterance.start, 3),
        "end": round(utterance.end, 3),
        "text": utterance.text,
        "words": [
            {
                "text": word.text,
                "start": round(word.start, 3),
                "end": round(word.end, 3),
                "confidence": round(word.confidence, 4),
            }
            for word in utterance.words
        ],
    }


def _srt(transcript: Transcript) -> str:
    blocks = [
        f"{number}\n{_clock(utterance.start, ',')} --> {_clock(utterance.end, ',')}\n"
        f"[{utterance.role.value}] {_srt_text(utterance.text)}\n"
        for number, utterance in enumerate(transcript.utterances, start=1)
    ]
    return "\n".join(blocks)


def _vtt(transcript: Transcript) -> str:
    note = [f"NOTE {_vtt_text(transcript.roles_note)}\n"] if transcript.roles_note else []
    cues = [
        f"{_clock(utterance.start, '.')} --> {_clock(utterance.end, '.')}\n"
        f"<v {utterance.role.value}>{_vtt_text(utterance.text)}\n"
        for utterance in transcript.utterances
    ]
    return "\n".join(["WEBVTT\n", *note, *cues])


def _srt_text(text: str) -> str:
    # SubRip has no escapes: what players take for timing or for tags becomes full-width
    return _line(text).replace("-->", "－－＞").replace("<", "＜").replace(">", "＞")


def _vtt_text(text: str) -> str:
    return _line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _line(text: str) -> str:
    return " ".join(text.split())


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def _clock(seconds: float, point: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest:02}{point}{milliseconds:03}"


_WRITERS: dict[str, Callable[[Transcript], str]] = {"txt": _txt, "json": _json, "srt": _srt, "vtt": _vtt}
