"""``huawu recordings`` as its users see it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from calls.errors import RecordingError
from calls.recordings import RecordingFolder
from calls.records import Call, Recording
from calls.sealing import FILE_VARIABLE, is_sealed, keys_of, new_key
from calls.store import Store
from huawu.recordings_command import recordings_app
from speech.audio import read_audio

pytestmark = pytest.mark.integration
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two calls that are over, one of them without its file, and one that runs."""
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    folder = RecordingFolder(tmp_path / "recordings")
    with Store.open(tmp_path / "huawu.db") as store:
        for number, ended in enumerate((NOON, NOON, None)):
            call = Call(id=f"call-{number}", door="script", started_at=NOON, ended_at=ended)
            writer = folder.start(call.id, started=NOON)
            writer.write(b"\xd5" * 8000, b"\xd5" * 8000)
            recording = writer.close()
            store.add(call, recording)
            if number == 1:
                folder.path(recording).unlink()
    return tmp_path


def run(centre: Path, *words: str) -> tuple[int, list[str]]:
    places = ["--db", str(centre / "huawu.db"), "--recordings", str(centre / "recordings")]
    result = CliRunner().invoke(recordings_app, [*words, *(places if "seal" in words else [])])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output.splitlines()


def test_calls_that_are_over_are_sealed_and_a_missing_file_is_named(
    centre: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (key,) = run(centre, "key")
    (centre / "key").write_text(key)
    monkeypatch.setenv(FILE_VARIABLE, str(centre / "key"))

    code, first = run(centre, "seal")
    _, again = run(centre, "seal")

    day = centre / "recordings/2026/03/02"
    assert code == 1
    assert first[0].startswith("call-1  recording") and "No such file" in first[0]
    assert first[-1] == "1 sealed now, 0 were or lie elsewhere, 1 failed"
    assert again[-1] == "0 sealed now, 1 were or lie elsewhere, 1 failed"
    assert (is_sealed(day / "call-0.wav"), is_sealed(day / "call-2.wav")) == (True, False)
    folder = RecordingFolder(centre / "recordings", keys_of(key, "key"))
    with Store.open(centre / "huawu.db") as store:
        (recording,) = store.find(Recording, call_id="call-0")
    with folder.plain(recording) as path:
        assert read_audio(path).samples.shape == (2, 8000)


def test_without_a_key_nothing_is_sealed(centre: Path) -> None:
    with pytest.raises(RecordingError, match="HUAWU_RECORDING_KEY_FILE is not set"):
        run(centre, "seal")


def test_every_key_is_new(centre: Path) -> None:
    assert new_key() != new_key()
    assert len({run(centre, "key")[1][0] for _ in range(3)}) == 3
