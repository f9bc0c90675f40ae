from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pytest

from calls.recordings import wav_header
from ivr.media.recorder import Closed, Recorder, Track
from ivr.wire.media import Recorded, RecordingFailed

pytestmark = pytest.mark.integration

LEFT, RIGHT = np.full((2, 4000), [[ord("l")], [ord("r")]], np.uint8)
HEAD = len(wav_header(2, 0))


class Desk:
    """A recorder whose reports are kept."""

    def __init__(self, **options: int) -> None:
        self.reports: SimpleQueue[RecordingFailed | Closed] = SimpleQueue()
        self.recorder = Recorder(self.reports.put, **options)

    def next(self) -> RecordingFailed | Closed:
        return self.reports.get(timeout=20)


def sides(path: Path) -> tuple[bytes, bytes]:
    data = path.read_bytes()[HEAD:]
    return data[0::2], data[1::2]


def test_a_recording_holds_both_sides_and_its_masked_spans(tmp_path: Path) -> None:
    desk, track = Desk(), Track("a", str(tmp_path / "a.wav"), 0.5)
    desk.recorder.start(track)
    desk.recorder.write(track, LEFT, RIGHT)
    desk.recorder.mask(track, 0.0, 0.25)
    desk.recorder.close(track)
    desk.recorder.end()
    closed = desk.next()
    assert isinstance(closed, Closed)
    assert closed.track is track
    assert closed.recorded
    assert closed.recorded == Recorded(0.5, closed.recorded.sha256, ((0.0, 0.25),), ())
    assert len(closed.recorded.sha256) == 64
    assert sides(tmp_path / "a.wav") == (LEFT.tobytes(), RIGHT.tobytes())


def test_a_file_that_exists_is_not_written_over_and_that_is_said(tmp_path: Path) -> None:
    desk, track = Desk(), Track("a", str(tmp_path / "a.wav"))
    (tmp_path / "a.wav").write_bytes(b"precious")
    desk.recorder.start(track)
    desk.recorder.write(track, LEFT, RIGHT)
    desk.recorder.close(track)
    desk.recorder.end()
    failed, closed = desk.next(), desk.next()
    assert isinstance(failed, RecordingFailed)
    assert failed.leg == "a"
    assert "File exists" in failed.reason
    assert closed == Closed(track, None)
    assert (tmp_path / "a.wav").read_bytes() == b"precious"


def test_what_a_slow_disk_did_not_take_is_silence_and_is_said(tmp_path: Path) -> None:
    desk, track = Desk(backlog=2), Track("a", str(tmp_path / "a.wav"))
    desk.recorder.start(track)
    for _ in range(3):  # nothing is handed over meanwhile: as slow as a disk can be
        desk.recorder.write(track, LEFT, RIGHT)
    assert track.dropped == 1
    desk.recorder.hand_over()
    desk.recorder.end()
    desk = Desk()
    again = Track("b", str(tmp_path / "b.wav"))
    desk.recorder.start(again)
    desk.recorder.write(again, LEFT, RIGHT)
    again.length += 4000
    again.dropped += 1
    desk.recorder.write(again, LEFT, RIGHT)
    desk.recorder.close(again)
    desk.recorder.end()
    closed = desk.next()
    assert isinstance(closed, Closed)
    assert closed.recorded
    assert (closed.recorded.seconds, closed.recorded.flags) == (1.5, ("gaps",))
    silence = b"\xd5" * 4000
    assert sides(tmp_path / "b.wav") == (
        b"l" * 4000 + silence + b"l" * 4000,
        b"r" * 4000 + silence + b"r" * 4000,
    )


FULL = """
import resource, signal, sys
from queue import SimpleQueue
import numpy as np
from ivr.media.recorder import Recorder, Track
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
reports = SimpleQueue()
recorder = Recorder(reports.put)
track = Track("a", sys.argv[1])
recorder.start(track)
for _ in range(4):
    recorder.write(track, *np.zeros((2, 4000), np.uint8))
recorder.close(track)
recorder.end()
print(reports.get().reason)
print(reports.get().recorded.seconds)
"""


def test_a_disk_that_fails_ends_the_recording_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    done = subprocess.run(
        [sys.executable, "-c", FULL, path], capture_output=True, text=True, check=True, timeout=60
    )
    reason, seconds = done.stdout.splitlines()[-2:]
    assert "File too large" in reason
    assert float(seconds) == pytest.approx((10_000 - HEAD) / 2 / 8000, abs=0.001)
