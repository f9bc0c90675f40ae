"""Transcripts as text, JSON and subtitles.

JSON, schema ``huawu.transcript/1``: an object with ``schema``, ``id``, ``call_id``,
``recording_id``, ``recogniser``, ``model``, ``created_at`` (ISO 8601, UTC), ``roles_known``,
``roles_note`` and ``utterances``: objects with ``number``, ``role``, ``channel``, ``start``,
``end`` (seconds), ``text`` and ``words``: objects with ``text``, ``start``, ``end`` and
``confidence`` (0 to 1). Where a readable view is asked for, an utterance has ``written``, its text as it is
read, and ``edits``, what differs: objects with ``start`` and ``end`` (characters of ``text``), ``said``,
``written_start`` and ``written_end`` (characters of ``written``), ``written``, ``kind``, ``value``, ``why``
(:mod:`speech.view`). Fields may be added; the number changes when one is removed or redefined.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Literal, get_args

from calls.records import Transcript, Utterance
from speech.view import View

Format = Literal["txt", "json", "srt", "vtt"]
FORMATS: tuple[Format, ...] = get_args(Format)

#: Name and number of the JSON schema.
SCHEMA = "huawu.transcript/1"


def render(transcript: Transcript, form: Format, views: Sequence[View] | None = None) -> str:
    """Write a transcript.

    Parameters
    ----------
    transcript : Transcript
        What to write.
    form : {"txt", "json", "srt", "vtt"}
        ``txt``: a line per utterance with minutes and role. ``srt``: SubRip. ``vtt``: WebVTT with
        the role as voice.
    views : sequence of View, optional
        How each utterance is read, in their order. JSON tells it beside the text, the others instead of it.

    Returns
    -------
    str
        Ends in a newline unless it is empty.

    Raises
    ------
    ValueError
        ``form`` is none of these.
    """
    if form not in FORMATS:
        raise ValueError(f"format {form!r} is none of {', '.join(FORMATS)}")
    if form == "json":
        return _json(transcript, views)
    read = [each.text for each in (transcript.utterances if views is None else views)]
    return _WRITERS[form](transcript, list(zip(transcript.utterances, read, strict=True)))


#: Utterances, and how each is read.
_Lines = Sequence[tuple[Utterance, str]]


def _txt(transcript: Transcript, said: _Lines) -> str:
    lines = [f"# {_line(transcript.roles_note)}"] if transcript.roles_note else []
    lines += [
        f"{_minutes(utterance.start)}  {utterance.role.value:<7}  {_line(text)}" for utterance, text in said
    ]
    return "".join(f"{line}\n" for line in lines)


def _json(transcript: Transcript, views: Sequence[View] | None) -> str:
    utterances = [_utterance(each) for each in transcript.utterances]
    if views is not None:
        utterances = [each | _view(view) for each, view in zip(utterances, views, strict=True)]
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
        "utterances": utterances,
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
                "confidence": None if word.confidence is None else round(word.confidence, 4),
            }
            for word in utterance.words
        ],
    }


def _view(view: View) -> dict[str, object]:
    return {
        "written": view.text,
        "edits": [
            {
                "start": edit.start,
                "end": edit.end,
                "said": view.original[edit.start : edit.end],
                "written_start": start,
                "written_end": end,
                "written": edit.text,
                "kind": edit.kind,
                "value": edit.value,
                "why": edit.why,
            }
            for edit, start, end in view.placed
        ],
    }


def _srt(transcript: Transcript, said: _Lines) -> str:
    blocks = [
        f"{number}\n{_clock(utterance.start, ',')} --> {_clock(utterance.end, ',')}\n"
        f"[{utterance.role.value}] {_srt_text(text)}\n"
        for number, (utterance, text) in enumerate(said, start=1)
    ]
    return "\n".join(blocks)


def _vtt(transcript: Transcript, said: _Lines) -> str:
    note = [f"NOTE {_vtt_text(transcript.roles_note)}\n"] if transcript.roles_note else []
    cues = [
        f"{_clock(utterance.start, '.')} --> {_clock(utterance.end, '.')}\n"
        f"<v {utterance.role.value}>{_vtt_text(text)}\n"
        for utterance, text in said
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


_WRITERS: dict[str, Callable[[Transcript, _Lines], str]] = {"txt": _txt, "srt": _srt, "vtt": _vtt}
