from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
import soundfile

from calls.errors import AudioError
from calls.recordings import RecordingFolder
from console.sound import PcmWave, UnsatisfiableRange, byte_range, peaks
from speech.g711 import alaw_decode, alaw_encode
from tests.console.scene import record


@pytest.mark.unit
@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-99", (0, 100)),
        ("bytes=0-", (0, 1000)),
        ("bytes=990-5000", (990, 1000)),
        ("bytes=-100", (900, 1000)),
        ("bytes=-5000", (0, 1000)),
        ("bytes=999-999", (999, 1000)),
        # several ranges, nonsense and other units may be answered with the whole
        ("bytes=0-1,5-9", None),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("seconds=0-9", None),
    ],
)
def test_ranges_are_read_as_the_standard_says(header: str | None, part: tuple[int, int] | None) -> None:
    assert byte_range(header, 1000) == part


@pytest.mark.unit
@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_a_range_behind_the_end_is_refused(header: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        byte_range(header, 1000)


@pytest.fixture
def wave(recordings: RecordingFolder) -> PcmWave:
    return PcmWave(recordings.path(record(recordings, "call-1", seconds=3.0)))


@pytest.mark.unit
def test_the_pcm_file_holds_the_recordings_samples(wave: PcmWave) -> None:
    whole = b"".join(wave.read(0, wave.size))

    assert len(whole) == wave.size == 44 + 3 * 8000 * 2 * 2
    samples, rate = soundfile.read(io.BytesIO(whole), dtype="int16")
    assert (rate, soundfile.info(io.BytesIO(whole)).subtype) == (8000, "PCM_16")
    alaw = np.frombuffer(wave.path.read_bytes()[58:], np.uint8).reshape(-1, 2)
    expected = np.stack([alaw_decode(alaw[:, lane].tobytes()) for lane in (0, 1)], axis=1)
    np.testing.assert_array_equal(samples, expected)


@pytest.mark.unit
def test_any_part_is_the_same_bytes_as_in_the_whole(wave: PcmWave) -> None:
    whole = b"".join(wave.read(0, wave.size))
    chance = random.Random(5)
    cuts = [sorted(chance.choices(range(wave.size + 1), k=2)) for _ in range(40)]
    cuts += [[0, 44], [10, 20], [43, 45], [44, 45], [45, 46], [47, 48], [wave.size - 1, wave.size], [7, 7]]

    assert all(b"".join(wave.read(start, stop)) == whole[start:stop] for start, stop in cuts)


@pytest.mark.unit
@pytest.mark.parametrize("content", [None, b"", b"RIFF no sound at all"])
def test_a_missing_or_broken_file_is_an_audio_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.wav"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(AudioError, match=r"broken\.wav"):
        PcmWave(path)


@pytest.mark.unit
def test_a_file_that_is_cut_while_it_is_read_ends_early(wave: PcmWave) -> None:
    with wave.path.open("r+b") as file:
        file.truncate(58 + 1000)

    assert len(b"".join(wave.read(0, wave.size))) == 44 + 1000 * 2


def alaw_file(folder: RecordingFolder, left: np.ndarray, right: np.ndarray) -> Path:
    writer = folder.start("loud")
    writer.write(alaw_encode(left), alaw_encode(right))
    return folder.path(writer.close())


@pytest.mark.unit
def test_peaks_are_the_greatest_magnitudes_of_each_lane(recordings: RecordingFolder) -> None:
    left = np.zeros(10, np.int16)
    left[[1, 9]] = -32256, 16128
    path = alaw_file(recordings, left, np.zeros(10, np.int16))

    loud, silent = peaks(path, count=5)

    assert loud == [251, 0, 0, 0, 125]
    assert max(silent) == 0


@pytest.mark.unit
def test_a_short_recording_has_a_peak_a_sample_and_an_empty_one_none(recordings: RecordingFolder) -> None:
    nothing = np.zeros(0, np.int16)

    assert peaks(alaw_file(recordings, nothing, nothing)) == [[], []]
