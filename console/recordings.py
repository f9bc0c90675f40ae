"""The sound of calls: audio in byte ranges, and the peaks that the waveform is drawn from."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, jsonify, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from calls.errors import NotFound
from calls.records import Recording
from console.access import allow, known_call
from console.desk import the_desk
from console.language import t
from console.rights import Right
from console.sound import PcmWave, UnsatisfiableRange, byte_range, peaks

blueprint = Blueprint("recordings", __name__)

#: Folder within the recordings' that keeps peaks; it may be deleted at any time.
PEAKS_FOLDER = ".peaks"

_log = logging.getLogger(__name__)


@blueprint.get("/recordings/<recording_id>/audio")
@allow(Right.HEAR)
def audio(recording_id: str) -> Response:
    """Send a recording, or the part of it that is asked for, as 16-bit PCM WAV."""
    recording, path = _file_of(recording_id)
    wave = PcmWave(path)
    etag = f"{recording.id}-{wave.frames}"
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
def outline(recording_id: str) -> Response:
    """Send the peaks of a recording with its length and the spans that were masked."""
    recording, path = _file_of(recording_id)
    wave = PcmWave(path)
    kept = the_desk().recordings.root / PEAKS_FOLDER / f"{quote(recording.id, safe='')}.json"
    return jsonify(
        seconds=wave.frames / wave.rate,
        masked=recording.masked,
        lanes=kept_peaks(path, wave.frames, kept),
    )


def kept_peaks(path: Path, frames: int, kept: Path) -> list[list[int]]:
    """Return the peaks of a recording, computed once and then read back.

    Parameters
    ----------
    path : Path
        The recording.
    frames : int
        Its length now: a running call's recording grows, and with it its peaks change.
    kept : Path
        The file that keeps the peaks. Where it cannot be written they are computed each time.
    """
    try:
        earlier: dict[str, Any] = json.loads(kept.read_bytes())
        if earlier["frames"] == frames:
            lanes: list[list[int]] = earlier["lanes"]
            return lanes
    except (OSError, ValueError, KeyError, TypeError):
        pass
    lanes = peaks(path)
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(f".{os.getpid()}.new")
        draft.write_text(json.dumps({"frames": frames, "lanes": lanes}))
        draft.replace(kept)
    except OSError as error:
        _log.warning("peaks of %s are not kept: %s", path, error)
    return lanes


def _file_of(recording_id: str) -> tuple[Recording, Path]:
    desk = the_desk()
    try:
        recording = desk.store.get(Recording, recording_id)
    except NotFound:
        abort(404, description=t("fault.no-recording", id=recording_id))
    known_call(recording.call_id)
    return recording, desk.recordings.path(recording)
