from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
import soundfile

from calls.errors import AudioError
from calls.recordings import RecordingFolder
from console.callpage.sound import OPEN_END_BYTES, Outline, PcmWave, UnsatisfiableRange, byte_range, outline
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
def test_a_range_without_an_end_gets_no_more_than_a_piece() -> None:
    size = 3 * OPEN_END_BYTES

    assert byte_range("bytes=100-", size) == (100, 100 + OPEN_END_BYTES)
    assert byte_range(f"bytes={size - 10}-", size) == (size - 10, size)
    assert byte_range(f"bytes=0-{size}", size) == (0, size)


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
def test_silent_spans_are_zeros_in_whichever_part_they_are_asked_for(wave: PcmWave) -> None:
    masked = PcmWave(wave.path, [(0.5, 1.0), (2.99, 9.0)])

    whole = b"".join(masked.read(0, masked.size))

    expected = np.frombuffer(b"".join(wave.read(44, wave.size)), "<i2").reshape(-1, 2).copy()
    assert np.abs(expected[4000:8000]).max() > 0
    expected[4000:8000] = expected[23920:] = 0
    np.testing.assert_array_equal(np.frombuffer(whole[44:], "<i2").reshape(-1, 2), expected)
    cuts = [(44 + 16001, 44 + 16007), (44 + 15990, 44 + 32009), (0, 20000), (95000, masked.size)]
    assert all(b"".join(masked.read(start, stop)) == whole[start:stop] for start, stop in cuts)


@pytest.mark.unit
def test_peaks_are_the_greatest_magnitudes_of_each_lane(recordings: RecordingFolder) -> None:
    left = np.zeros(10, np.int16)
    left[[1, 9]] = -32256, 16128
    path = alaw_file(recordings, left, np.zeros(10, np.int16))

    found = outline(path, least=5)

    assert (found.frames, found.peak_seconds) == (10, 2 / 8000)
    assert found.lanes.tolist() == [[251, 0, 0, 0, 126], [0] * 5]


@pytest.mark.unit
@pytest.mark.parametrize(("value", "peak"), [(-32768, 255), (32767, 255), (-129, 1), (127, 0)])
def test_the_greatest_negative_sample_has_a_magnitude_as_well(tmp_path: Path, value: int, peak: int) -> None:
    soundfile.write(tmp_path / "pcm.wav", np.array([[value], [0]], np.int16), 8000)

    assert outline(tmp_path / "pcm.wav", least=1).lanes.tolist() == [[peak]]


@pytest.mark.unit
def test_long_recordings_keep_their_detail_and_short_ones_all(recordings: RecordingFolder) -> None:
    path = recordings.path(record(recordings, "call-1", seconds=3.0))

    assert [outline(path, least=least).lanes.shape for least in (2000, 10, 10**6)] == [
        (2, 2000),
        (2, 60),
        (2, 24000),
    ]


@pytest.mark.unit
def test_outlines_of_blocks_are_those_of_the_whole(recordings: RecordingFolder) -> None:
    path = recordings.path(record(recordings, "call-1", seconds=13.0))
    with soundfile.SoundFile(path) as file:
        read = file.read(dtype="int16").astype(int)
    samples = np.maximum(read, -1 - read).T.reshape(2, -1, 400)

    found = outline(path, least=1).lanes

    np.testing.assert_array_equal(found, samples.max(axis=2) >> 7)


@pytest.mark.unit
def test_an_empty_recording_has_no_peaks(recordings: RecordingFolder) -> None:
    nothing = np.zeros(0, np.int16)

    assert outline(alaw_file(recordings, nothing, nothing)).lanes.tolist() == [[], []]


@pytest.mark.unit
def test_silence_hides_every_peak_that_it_touches() -> None:
    seen = Outline(80, 0.1, np.arange(1, 9, dtype=np.uint8).reshape(1, 8))

    hidden = seen.without([(0.15, 0.31), (0.75, 60.0)])

    assert hidden.lanes.tolist() == [[1, 0, 0, 0, 5, 6, 7, 0]]
    assert seen.lanes.tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]
