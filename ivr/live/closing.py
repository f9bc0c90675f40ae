"""The last of a call's record: its recording as it came to be, and its end."""

from __future__ import annotations

import time
from dataclasses import replace

import structlog

from calls.errors import RecordingError
from calls.recordings import OpenRecording, RecordingFolder, repair
from calls.records import Recording
from ivr.actions import HangUp
from ivr.calllog import CallLog
from ivr.wire.media import Recorded

#: A media process that lost the engine closes its recordings by itself; so often it is waited for.
_TRIES, _PAUSE = 20, 0.1


def complete(
    log: CallLog,
    end: HangUp,
    at: float,
    folder: RecordingFolder,
    recording: Recording | None,
    recorded: Recorded | None,
) -> None:
    """Store that a call is over. Takes its time: not for the loop.

    Parameters
    ----------
    log : CallLog
        Of the call.
    end : HangUp
        How it ended.
    at : float
        When, in seconds of the call.
    folder : RecordingFolder
        Where recordings lie.
    recording : Recording or None
        As it was begun, if it was.
    recorded : Recorded or None
        What the media process made of it; ``None`` where that died, and the file is repaired.
    """
    if recording is None:
        log.close(end, at, None)
    elif recorded is None:
        whole = _repaired(folder, recording)
        log.close(end, at, whole)
        _seal(folder, whole)
    else:
        whole = replace(
            recording,
            seconds=recorded.seconds,
            sha256=recorded.sha256,
            masked=recorded.masked,
            flags=recorded.flags,
        )
        log.close(end, at, whole)
        _seal(folder, whole)


def _seal(folder: RecordingFolder, recording: Recording) -> None:
    try:
        folder.seal(recording)
    except RecordingError as error:  # `huawu recordings seal` tries again
        structlog.get_logger().error("a recording is not sealed", call=recording.call_id, why=str(error))


def _repaired(folder: RecordingFolder, recording: Recording) -> Recording:
    for _ in range(_TRIES):
        try:
            return repair(folder, recording)
        except OpenRecording:
            time.sleep(_PAUSE)
        except RecordingError as error:
            structlog.get_logger().error("a recording is lost", call=recording.call_id, why=str(error))
            break
    return replace(recording, flags=("unfinished",))
