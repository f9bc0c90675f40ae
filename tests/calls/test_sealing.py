from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest
import soundfile

from calls.errors import RecordingError
from calls.sealing import (
    CHUNK,
    FILE_VARIABLE,
    KEY_VARIABLE,
    RecordingKeys,
    is_sealed,
    keys_from,
    keys_of,
    new_key,
    open_sound,
    plain_path,
    seal,
)

pytestmark = pytest.mark.unit

KEYS = keys_of(base64.b64encode(bytes(range(32))).decode(), "here")
SIZES = [0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7]


def written(folder: Path, size: int = 2 * CHUNK + 1000) -> tuple[Path, bytes]:
    content = os.urandom(size)
    path = folder / "call.wav"
    path.write_bytes(content)
    return path, content


def changed(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_is_read_whole(tmp_path: Path, size: int) -> None:
    path, content = written(tmp_path, size)

    assert seal(path, KEYS)

    assert is_sealed(path)
    with open_sound(path, KEYS) as sound:
        assert sound.read() == content
    assert [each.name for each in tmp_path.iterdir()] == ["call.wav"]


@pytest.mark.parametrize("start", [0, 5, CHUNK - 3, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 999, 9**9])
def test_any_part_is_read_by_itself(tmp_path: Path, start: int) -> None:
    path, content = written(tmp_path)
    seal(path, KEYS)

    with open_sound(path, KEYS) as sound:
        sound.seek(start)
        assert sound.read(10) == content[start : start + 10]
        assert sound.seek(-4, os.SEEK_END) == len(content) - 4
        assert sound.read() == content[-4:]


def test_of_a_plain_file_nothing_is_asked(tmp_path: Path) -> None:
    path, content = written(tmp_path)

    with open_sound(path, None) as sound:
        assert sound.read() == content
    with plain_path(path, None) as plain:
        assert plain == path


def test_sealing_twice_seals_once_and_keeps_the_rights(tmp_path: Path) -> None:
    path, _ = written(tmp_path)
    path.chmod(0o640)

    assert (seal(path, KEYS), seal(path, KEYS)) == (True, False)

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_two_files_of_the_same_sound_have_nothing_in_common(tmp_path: Path) -> None:
    path, content = written(tmp_path)
    other = tmp_path / "other.wav"
    other.write_bytes(content)
    seal(path, KEYS)
    seal(other, KEYS)

    one, two = path.read_bytes(), other.read_bytes()

    assert content[:64] not in one
    assert one[:16] == two[:16] and one[32:40] == two[32:40]  # magic, key, length
    assert one[16:32] != two[16:32] and one[40:1064] != two[40:1064]


@pytest.mark.parametrize("at", [9, 20, 35, 41, 40 + CHUNK, 40 + CHUNK + 17, -1])
def test_a_single_bit_that_was_changed_is_noticed(tmp_path: Path, at: int) -> None:
    path, _ = written(tmp_path)
    seal(path, KEYS)
    changed(path, at)

    with pytest.raises((OSError, RecordingError)), open_sound(path, KEYS) as sound:
        sound.read()


def test_chunks_cannot_be_exchanged_left_out_or_cut_off(tmp_path: Path) -> None:
    path, _ = written(tmp_path, 3 * CHUNK)
    seal(path, KEYS)
    whole = path.read_bytes()
    head, each = whole[:40], CHUNK + 16
    one, two, three = (whole[40 + n * each : 40 + (n + 1) * each] for n in range(3))

    for forged in (two + one + three, one + three, one + two, one + one + three, b""):
        path.write_bytes(head + forged)
        with open_sound(path, KEYS) as sound, pytest.raises(OSError, match="changed or cut off"):
            sound.read()
    # shortened, with a header that says so
    path.write_bytes(head[:32] + (2 * CHUNK).to_bytes(8, "big") + one + two)
    with open_sound(path, KEYS) as sound, pytest.raises(OSError, match="changed or cut off"):
        sound.read()


def test_the_first_key_seals_and_older_ones_still_open(tmp_path: Path) -> None:
    path, content = written(tmp_path)
    seal(path, KEYS)
    fresh = new_key()
    both = keys_of(f"{fresh}\n{base64.b64encode(bytes(range(32))).decode()}\n", "here")
    newer = tmp_path / "newer.wav"
    newer.write_bytes(content)
    seal(newer, both)

    for each in (path, newer):
        with open_sound(each, both) as sound:
            assert sound.read() == content
    with pytest.raises(RecordingError, match="which is not here → name it by HUAWU_RECORDING_KEY_FILE"):
        open_sound(newer, KEYS)
    with pytest.raises(RecordingError, match="which is not here"):
        open_sound(path, None)


def test_a_decoder_reads_a_sealed_recording_from_memory(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    soundfile.write(path, [[0.5, -0.5]] * 8000, 8000, subtype="ALAW")
    seal(path, KEYS)

    with plain_path(path, KEYS) as plain:
        samples, rate = soundfile.read(plain)
        name = plain

    assert (samples.shape, rate) == ((8000, 2), 8000)
    assert not name.exists()
    assert is_sealed(path)


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    for use in (is_sealed, lambda path: open_sound(path, None), lambda path: seal(path, KEYS)):
        with pytest.raises(RecordingError, match=r"nothing\.wav: No such file"):
            use(tmp_path / "nothing.wav")


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "holds no key"), ("abc", "line 1 is no key"), (f"{'A' * 43}=\nAAAA", "line 2 is no key")],
)
def test_what_is_no_key_is_told_without_showing_it(text: str, why: str) -> None:
    with pytest.raises(RecordingError, match=why) as told:
        keys_of(text, "KEYS")
    assert "AAAA" not in str(told.value) and "abc" not in str(told.value).replace("base64", "")


def test_keys_come_from_the_environment_or_its_file(tmp_path: Path) -> None:
    key = new_key()
    (tmp_path / "key").write_text(f"{key}\n")

    assert keys_from({}) is None
    assert keys_from({KEY_VARIABLE: key}) == keys_from({FILE_VARIABLE: str(tmp_path / "key")})
    with pytest.raises(RecordingError, match="No such file"):
        keys_from({FILE_VARIABLE: str(tmp_path / "no")})
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(RecordingError, match="is no text"):
        keys_from({FILE_VARIABLE: str(tmp_path / "bytes")})


def test_a_key_is_not_shown() -> None:
    key = new_key()

    assert key not in repr(keys_of(key, "here"))
    assert isinstance(keys_of(key, "here"), RecordingKeys)
