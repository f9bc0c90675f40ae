from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from calls.errors import AudioError
from calls.records import Layout
from speech import audio
from speech.audio import TRUNCATED, Heading, heading_of, layout_of, read_audio, resample, to_int16

pytestmark = pytest.mark.unit


def voices(seconds: float = 4.0, rate: int = 8000, count: int = 2) -> npt.NDArray[np.float32]:
    """Noise that comes and goes like speech, independent between the channels."""
    rng = np.random.default_rng(3)
    n = int(seconds * rate)
    talking = np.repeat(rng.random((count, n // 800 + 1)) > 0.5, 800, axis=1)[:, :n]
    return (0.1 * rng.standard_normal((count, n)) * talking).astype(np.float32)


def write(path: Path, samples: npt.NDArray[np.float32], rate: int = 8000, **options: str) -> Path:
    soundfile.write(path, samples.T, rate, **options)
    return path


def stand_in(folder: Path, program: str) -> str:
    """An ``ffmpeg`` that is the given Python program."""
    path = folder / "ffmpeg"
    path.write_text(f"#!{sys.executable}\n{program}")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.wav", {"subtype": "PCM_16"}),
        ("a.wav", {"subtype": "PCM_24"}),
        ("a.wav", {"subtype": "FLOAT"}),
        ("a.wav", {"subtype": "ALAW"}),
        ("a.wav", {"subtype": "ULAW"}),
        ("a.flac", {}),
        ("a.ogg", {}),
        ("a.mp3", {}),
        ("a.aiff", {}),
    ],
)
def test_reads_what_libsndfile_reads(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    spoken = voices()

    read = read_audio(write(tmp_path / name, spoken, **options))

    assert (read.rate, read.layout, read.flags) == (8000, Layout.STEREO, ())
    assert read.samples.shape[0] == 2
    assert read.seconds == pytest.approx(4.0, abs=0.2)
    assert np.isfinite(read.samples).all()


def test_48_khz_is_resampled_without_moving_the_time_axis(tmp_path: Path) -> None:
    click = np.zeros((1, 96_000), np.float32)
    click[0, 48_000:48_480] = np.sin(np.arange(480) * 2 * np.pi * 1000 / 48_000)

    read = read_audio(write(tmp_path / "a.wav", click, 48_000))
    slow = resample(read.samples, read.rate, 8000)

    assert (read.rate, slow.shape) == (48_000, (1, 16_000))
    assert abs(int(np.argmax(np.abs(slow[0]))) / 8000 - 1.005) < 0.006


def test_16_bits_are_clipped_and_exact() -> None:
    samples = np.array([-1.5, -1.0, 0.0, 0.5, 1.0], np.float32)
    assert to_int16(samples).tolist() == [-32768, -32768, 0, 16384, 32767]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b"hello, I am no sound at all" * 20, "is not sound"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "is not sound"),
    ],
)
def test_bad_files_are_refused_with_their_name(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "bad.wav"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(AudioError, match=message) as error:
        read_audio(path, ffmpeg=None)

    assert str(path) in error.value.message
    assert error.value.hint


@pytest.mark.parametrize(
    "name", ["录音 一.wav", 'say "hi".wav', "-lead.wav", "new\nline.wav", b"\xff\xfe.wav"]
)
def test_any_file_name_is_read(tmp_path: Path, name: str | bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    write(tmp_path / "plain.wav", voices()).rename(path)

    assert read_audio(path).seconds == 4.0


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="is not a file"):
        read_audio(tmp_path)


def test_a_wav_of_no_length_holds_no_sound(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="its length is zero"):
        read_audio(write(tmp_path / "a.wav", np.zeros((2, 0), np.float32)))


def test_three_channels_name_the_choices(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", voices(count=3))

    with pytest.raises(AudioError, match="has 3 channels; a call has one") as error:
        read_audio(path)

    assert error.value.hint == "mix it down to mono, or keep the caller's and the agent's channel"


@pytest.mark.parametrize("form", ["wav", "flac"])
def test_of_a_truncated_file_is_read_what_is_there(tmp_path: Path, form: str) -> None:
    path = write(tmp_path / f"a.{form}", voices(4.0))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    read = read_audio(path)

    assert read.flags == (TRUNCATED,)
    assert read.seconds == pytest.approx(2.0, abs=0.7)


def test_samples_that_are_no_numbers(tmp_path: Path) -> None:
    spoken = voices()
    spoken[0, 100] = np.nan
    with pytest.raises(AudioError, match="not numbers"):
        read_audio(write(tmp_path / "a.wav", spoken, subtype="FLOAT"))


def test_too_long_and_too_large(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", voices(4.0))
    with pytest.raises(AudioError, match="lasts 4 s, more than 3 s"):
        read_audio(path, max_seconds=3)
    with pytest.raises(AudioError, match="more than 1,000"):
        read_audio(path, max_bytes=1000)


@pytest.mark.parametrize("name", ['it\'s "x" $(y).m4a', "-vn.m4a", "http:x.m4a", "语音 1.m4a"])
def test_ffmpeg_gets_any_name_as_a_file(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(b"coded in a way that libsndfile does not know")
    program = (
        "import io, sys, soundfile, numpy\n"
        "name = sys.argv[sys.argv.index('-i') + 1]\n"
        "assert name.startswith('file:/') and open(name[5:], 'rb').read(5) == b'coded'\n"
        "out = io.BytesIO()\n"
        "soundfile.write(out, numpy.full(8000, 0.5), 8000, format='AU', subtype='PCM_16')\n"
        "sys.stdout.buffer.write(out.getvalue())\n"
    )

    read = read_audio(Path(name), ffmpeg=stand_in(tmp_path, program))

    assert (read.seconds, read.layout) == (1.0, Layout.MONO)


def test_what_ffmpeg_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.m4a").write_bytes(b"no sound")
    ffmpeg = stand_in(tmp_path, "import sys\nsys.exit('moov atom not found')")
    with pytest.raises(AudioError, match=r"a\.m4a is not sound: moov atom not found"):
        read_audio(tmp_path / "a.m4a", ffmpeg=ffmpeg)


def test_a_hanging_ffmpeg_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "FFMPEG_SECONDS", 0.2)
    (tmp_path / "a.m4a").write_bytes(b"no sound")
    note = tmp_path / "pid"
    program = f"import os, signal\nopen({str(note)!r}, 'w').write(str(os.getpid()))\nsignal.pause()"
    begun = time.monotonic()

    with pytest.raises(AudioError, match="took longer than 0 s"):
        read_audio(tmp_path / "a.m4a", ffmpeg=stand_in(tmp_path, program))

    assert time.monotonic() - begun < 30
    if note.exists():  # it may be ended before it writes
        assert not os.path.exists(f"/proc/{note.read_text()}")


@pytest.mark.parametrize("copy", [1.0, 0.2, -1.0])
def test_a_scaled_or_inverted_copy_is_a_twin(copy: float) -> None:
    left, _ = voices()
    assert layout_of(np.stack([left, copy * left]), 8000) is Layout.TWIN


def test_a_late_and_coded_copy_is_a_twin(tmp_path: Path) -> None:
    left, _ = voices()
    late = np.roll(left, 80)
    path = write(tmp_path / "a.wav", np.stack([left, 0.5 * late]), subtype="ALAW")
    assert read_audio(path).layout is Layout.TWIN


def test_two_voices_with_crosstalk_are_stereo() -> None:
    left, right = voices()
    assert layout_of(np.stack([left + 0.3 * right, right + 0.3 * left]), 8000) is Layout.STEREO


def test_music_on_both_sides_does_not_make_a_call_a_twin() -> None:
    left, right = 0.05 * voices(20)
    music = voices(20, count=1)[0]
    music[: 8000 * 5] = 0
    assert layout_of(np.stack([left + music, right + music]), 8000) is Layout.STEREO


def test_a_silent_caller_is_still_a_caller() -> None:
    spoken = voices(count=1)[0]
    assert layout_of(np.stack([np.zeros_like(spoken), spoken]), 8000) is Layout.STEREO
    assert layout_of(np.zeros((2, 8000), np.float32), 8000) is Layout.STEREO


def test_a_heading_is_read_without_the_sound(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", voices(), subtype="ALAW")

    with path.open("rb") as file:
        assert heading_of(file, "a.wav") == Heading(4.0, 2, 8000)


def test_what_a_heading_tells_is_refused_as_reading_would(tmp_path: Path) -> None:
    (tmp_path / "words.wav").write_text("no sound")
    write(tmp_path / "three.wav", voices(count=3))
    write(tmp_path / "none.wav", np.zeros((1, 0), np.float32))
    write(tmp_path / "long.wav", voices(seconds=2.0))

    for path in sorted(tmp_path.iterdir()):
        with path.open("rb") as file, pytest.raises(AudioError) as early:
            heading_of(file, str(path), max_seconds=1.0, ffmpeg=None)
        with pytest.raises(AudioError) as late:
            read_audio(path, max_seconds=1.0, ffmpeg=None)
        assert str(early.value) == str(late.value)


def test_what_only_ffmpeg_may_know_has_no_heading(tmp_path: Path) -> None:
    (tmp_path / "a.amr").write_bytes(b"#!AMR\n")

    with (tmp_path / "a.amr").open("rb") as file:
        assert heading_of(file, "a.amr", ffmpeg=stand_in(tmp_path, "")) is None
