"""The sound of calls: audio in byte ranges, and the outlines that waveforms are drawn from."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from calls.errors import NotFound
from calls.records import Recording
from console.access import allow, known_call, may
from console.callpage.personal import MEMORY
from console.callpage.sound import Outline, PcmWave, Span, UnsatisfiableRange, byte_range, outline
from console.desk import the_desk
from console.language import t
from console.rights import Right

blueprint = Blueprint("recordings", __name__)

#: Folder within the recordings' that keeps outlines; it may be deleted at any time.
PEAKS_FOLDER = ".peaks"

_log = logging.getLogger(__name__)


@blueprint.get("/recordings/<recording_id>/audio")
@allow(Right.HEAR)
def audio(recording_id: str) -> Response:
    """Send a recording, or the part of it that is asked for, as 16-bit PCM WAV.

    Personal data are silent for whoever may not hear them, and for all who ask so with ``?masked=1``.
    """
    recording, path = _file_of(recording_id)
    silent = _silent(recording)
    wave = PcmWave(path, silent, the_desk().recordings.keys)
    etag = f"{recording.id}-{wave.frames}-{_digest(silent)}"
    wanted = request.headers.get("Range")
    if "If-Range" in request.headers and request.if_range.etag != etag:
        wanted = None
    try:
        part = byte_range(wanted, wave.size)
    except UnsatisfiableRange:
        raise RequestedRangeNotSatisfiable(wave.size) from None
    start, stop = part or (0, wave.size)
    response = Response(wave.read(start, stop), 206 if part else 200, mimetype="audio/wav")
    response.content_length = stop - start
    response.headers["Accept-Ranges"] = "bytes"
    if part:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{wave.size}"
    response.set_etag(etag)
    return response


@blueprint.get("/recordings/<recording_id>/peaks")
@allow(Right.HEAR)
def peaks(recording_id: str) -> Response:
    """Send what the waveform of a recording is drawn from: for each channel its peaks in base64."""
    recording, path = _file_of(recording_id)
    folder = the_desk().recordings
    wave = PcmWave(path, keys=folder.keys)
    seen = kept_outline(wave, outline_file(folder.root, recording.id)).without(_silent(recording))
    return jsonify(
        seconds=seen.frames / wave.rate,
        peak_seconds=seen.peak_seconds,
        lanes=[b64encode(lane.tobytes()).decode() for lane in seen.lanes],
    )


def outline_file(root: Path, recording_id: str) -> Path:
    """Return the file that keeps the outline of a recording; it goes where the recording goes."""
    return root / PEAKS_FOLDER / f"{quote(recording_id, safe='')}.json"


def kept_outline(wave: PcmWave, kept: Path) -> Outline:
    """Return the outline of a recording, computed once and then read back.

    Parameters
    ----------
    wave : PcmWave
        The recording. While its call runs it grows, and with it its outline changes.
    kept : Path
        The file that keeps the outline. Where it cannot be written it is computed each time.
    """
    try:
        earlier: dict[str, Any] = json.loads(kept.read_bytes())
        if earlier["frames"] == wave.frames:
            lanes = [np.frombuffer(b64decode(lane, validate=True), np.uint8) for lane in earlier["lanes"]]
            return Outline(wave.frames, float(earlier["peak_seconds"]), np.stack(lanes))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    made = outline(wave.path, keys=wave.keys)
    content = {
        "frames": made.frames,
        "peak_seconds": made.peak_seconds,
        "lanes": [b64encode(lane.tobytes()).decode() for lane in made.lanes],
    }
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(f".{os.getpid()}.new")
        draft.write_text(json.dumps(content))
        draft.replace(kept)
    except OSError as error:
        _log.warning("peaks of %s are not kept: %s", wave.path, error)
    return made


def _silent(recording: Recording) -> tuple[Span, ...]:
    """Return when the present user is to hear nothing; without a transcript nobody knows, so not at all."""
    if may(Right.PERSONAL) and not request.args.get("masked"):
        return ()
    personal = MEMORY.of_recording(the_desk().store, recording)
    seconds = personal.seconds() if personal is not None else None
    if seconds is None:
        abort(403, description=t("fault.unmasked"))
    return seconds


def _digest(silent: tuple[Span, ...]) -> str:
    return hashlib.sha256(repr(silent).encode()).hexdigest()[:12] if silent else "whole"


def _file_of(recording_id: str) -> tuple[Recording, Path | str]:
    desk = the_desk()
    try:
        recording = desk.store.get(Recording, recording_id)
    except NotFound:
        abort(404, description=t("fault.no-recording", id=recording_id))
    known_call(recording.call_id)
    return recording, desk.recordings.place(recording)
