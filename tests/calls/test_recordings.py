from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from calls.errors import RecordingError
from calls.recordings import OpenRecording, RecordingFolder, repair, wav_header
from calls.records import Call, Outcome, Recording, Role
from calls.recovery import Recovered, recover
from calls.store import Store

pytestmark = pytest.mark.integration

SILENCE = b"\xd5" * 160
LOUD = b"\x2a" * 160


def test_what_was_written_can_be_played(recordings: RecordingFolder) -> None:
    writer = recordings.start("c1", (Role.CALLER, Role.AGENT))
    for _ in range(100):
        writer.write(LOUD, SILENCE)
    writer.mask(0.5, 1.0)
    recording = writer.close()

    samples, rate = soundfile.read(recordings.path(recording), dtype="int16")
    assert (rate, samples.shape) == (8000, (16000, 2))
    assert abs(samples[:, 0]).min() > 30000
    assert abs(samples[:, 1]).max() <= 8
    assert (recording.seconds, recording.masked, recording.flags) == (2.0, ((0.5, 1.0),), ())
    assert soundfile.info(recordings.path(recording)).subtype == "ALAW"


def test_the_header_is_the_one_soundfile_writes_for_the_same_sound(tmp_path: Path) -> None:
    info = tmp_path / "header.wav"
    info.write_bytes(wav_header(1, 8000) + b"\xd5" * 8000)
    read = soundfile.info(info)
    assert (read.frames, read.channels, read.samplerate) == (8000, 1, 8000)


def test_a_mono_recording(recordings: RecordingFolder) -> None:
    writer = recordings.start("c1", (Role.CALLER,))
    writer.write(LOUD)
    assert writer.close().seconds == 0.02


def test_channels_of_unequal_length_are_refused(recordings: RecordingFolder) -> None:
    writer = recordings.start("c1")
    with pytest.raises(RecordingError, match="160 samples left, 159 right"):
        writer.write(LOUD, LOUD[1:])


def test_a_recording_is_never_overwritten(recordings: RecordingFolder) -> None:
    recordings.start("c1").close()
    with pytest.raises(RecordingError, match="File exists"):
        recordings.start("c1")


def test_a_recording_outside_the_folder_is_refused(recordings: RecordingFolder) -> None:
    evil = Recording(call_id="c", uri="../../etc/passwd", channels=(Role.CALLER,))
    with pytest.raises(RecordingError, match="lies outside"):
        recordings.path(evil)


RECORDS_UNTIL_KILLED = """
import sys
from pathlib import Path
from calls.records import Call
from calls.recordings import RecordingFolder
from calls.store import Store
root = Path(sys.argv[1])
call = Call(door="script", caller="13800001234")
writer = RecordingFolder(root / "recordings").start(call.id)
Store.open(root / "huawu.db").add(call, writer.recording)
written = 0
while True:
    writer.write(b"\\x2a" * 160, b"\\xd5" * 160)
    written += 160
    print(written, flush=True)
"""


@pytest.mark.parametrize("after", [1, 777, 4000])
def test_after_kill_minus_nine_all_but_the_last_second_is_there(tmp_path: Path, after: int) -> None:
    victim = subprocess.Popen(
        [sys.executable, "-c", RECORDS_UNTIL_KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert victim.stdout is not None
    for _ in range(after):
        victim.stdout.readline()
    victim.send_signal(signal.SIGKILL)
    last = [line for line in victim.stdout.read().splitlines() if line.strip()]
    victim.wait()
    victim.stdout.close()
    written = int(last[-1]) if last else after * 160

    folder = RecordingFolder(tmp_path / "recordings")
    with Store.open(tmp_path / "huawu.db") as store:
        (unfinished,) = store.find(Recording)
        readable = soundfile.info(folder.path(unfinished)).frames
        assert readable >= written - 8000

        (closed,) = recover(store, folder)
        (recording,) = store.find(Recording)
        (call,) = store.find(Call)
        assert recover(store, folder) == []

    samples, _ = soundfile.read(folder.path(recording), dtype="int16")
    assert len(samples) >= written
    assert closed == Recovered(call.id, recording.seconds)
    assert recording.seconds == len(samples) / 8000
    assert recording.flags == ("recovered",)
    assert call.outcome is Outcome.INTERRUPTED
    assert call.ended_at is not None


class ReadsAsIfTheCallWereOpen:
    """A store in which the call ends between being looked up and being closed."""

    def __init__(self, store: Store, seen: list[Call]) -> None:
        self._store, self._seen = store, seen

    def find(self, kind: type, **where: object) -> list[object]:
        return list(self._seen) if "ended_at" in where else self._store.find(kind, **where)

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def test_two_recoveries_at_once_close_a_call_once(store: Store, recordings: RecordingFolder) -> None:
    call = Call(door="script")
    writer = recordings.start(call.id)
    writer.write(b"\xd5" * 16000, b"\xd5" * 16000)
    writer.close()
    store.add(call, writer.recording)

    late = ReadsAsIfTheCallWereOpen(store, store.find(Call, ended_at=None))
    assert recover(store, recordings) == [Recovered(call.id, 2.0)]
    closed = store.get(Call, call.id)

    assert recover(late, recordings) == []  # type: ignore[arg-type]
    assert store.get(Call, call.id) == closed


def test_recovery_leaves_running_calls_alone(store: Store, recordings: RecordingFolder) -> None:
    call = Call(door="script")
    writer = recordings.start(call.id)
    store.add(call, writer.recording)

    with pytest.raises(OpenRecording, match="still being written"):
        repair(recordings, writer.recording)
    assert recover(store, recordings) == []
    assert store.get(Call, call.id).ended_at is None
    writer.close()


def test_recovery_closes_a_call_whose_recording_is_gone(store: Store, recordings: RecordingFolder) -> None:
    call = Call(door="script")
    lost = Recording(call_id=call.id, uri="gone.wav", channels=(Role.CALLER,))
    store.add(call, lost)

    (closed,) = recover(store, recordings)

    assert (closed.call_id, closed.seconds) == (call.id, 0.0)
    assert "gone.wav: No such file" in closed.problem
    assert store.get(Call, call.id).outcome is Outcome.INTERRUPTED


FILLS_THE_DISK = """
import errno, os, sys
from pathlib import Path
from calls.recordings import RecordingFolder
real = os.write
def write(file, data):
    # Linux answers EFBIG at the limit of a process; a full disk is the same refusal with ENOSPC.
    try:
        return real(file, data)
    except OSError as error:
        raise OSError(errno.ENOSPC if error.errno == errno.EFBIG else error.errno, "No space left") from None
os.write = write
writer = RecordingFolder(Path(sys.argv[1])).start("c1")
for _ in range(1000):
    writer.write(b"\\x2a" * 160, b"\\xd5" * 160)
recording = writer.close()
print(recording.seconds, *recording.flags)
"""


def test_on_a_full_disk_the_call_goes_on_and_the_recording_says_so(tmp_path: Path) -> None:
    limit = 100_000

    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-c", FILLS_THE_DISK, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=small_files,
        check=True,
    )

    seconds, flag = done.stdout.split()
    (path,) = tmp_path.rglob("*.wav")
    assert flag == "disk-full"
    assert os.stat(path).st_size == limit
    assert soundfile.info(path).frames == int(float(seconds) * 8000) == (limit - 58) // 2
