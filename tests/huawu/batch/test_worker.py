"""What a worker answers, with real Vosk and real voices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from calls.records import Role, Transcript
from calls.sealing import KEY_VARIABLE, keys_of, new_key, seal
from huawu.batch.tasks import Kind, NotDone, Transcribe, Transcribed
from huawu.batch.worker import FAULTS, Worker
from speech.levels import with_levels
from speech.models import BUILTIN
from speech.transcribe import transcribe
from speech.voices import VOICES, Speaker

pytestmark = pytest.mark.integration
RATE = 8000


@pytest.fixture(scope="module")
def worker() -> Worker:
    return Worker(BUILTIN)


@pytest.fixture(scope="module")
def dialogue() -> npt.NDArray[np.int16]:
    """An agent asks, a caller answers."""
    with Speaker() as speaker:
        asked = speaker.say("您好请问有什么可以帮您", VOICES["agent-1"], RATE)
        said = speaker.say("我要查询余额", VOICES["caller-1"], RATE)
    sound = np.zeros((2, len(asked) + len(said) + RATE), np.int16)
    sound[0, : len(asked)] = asked
    sound[1, -len(said) :] = said
    return sound


@pytest.fixture
def recording(tmp_path: Path, dialogue: npt.NDArray[np.int16]) -> Iterator[Path]:
    path = tmp_path / "call.wav"
    soundfile.write(path, dialogue.T, RATE)
    yield path


def task(path: Path | str) -> Transcribe:
    roles = (Role.AGENT, Role.CALLER)
    return Transcribe(key="1", place=str(path), call_id="c1", recording_id="r1", roles=roles)


def done(worker: Worker, path: Path, threads: int = 2) -> Transcribed:
    result = worker.do(task(path), threads)
    assert isinstance(result, Transcribed), result
    return result


def said(transcript: Transcript) -> list[tuple[Role, str]]:
    return [(each.role, each.text) for each in transcript.utterances]


WORDS = [(Role.AGENT, "您好请问有什么可以帮您"), (Role.CALLER, "我要查询余额")]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_recording_becomes_a_transcript_with_levels(
    worker: Worker, recording: Path, dialogue: npt.NDArray[np.int16], threads: int
) -> None:
    result = done(worker, recording, threads)

    plain = transcribe(
        recording,
        worker.recogniser(),
        roles=(Role.AGENT, Role.CALLER),
        call_id="c1",
        recording_id="r1",
    )
    expected = with_levels(replace(plain, id=result.transcript.id), dialogue, RATE)
    assert said(result.transcript) == WORDS
    assert [each.text for each in expected.utterances] == [each.text for each in result.transcript.utterances]
    assert [each.level for each in result.transcript.utterances] == pytest.approx(
        [each.level for each in expected.utterances], abs=0.01
    )
    assert (result.seconds, result.channels, result.rate) == (dialogue.shape[1] / RATE, 2, RATE)
    assert result.flags == ()
    assert result.cpu_seconds > 0
    assert result.wall_seconds > 0


def test_a_truncated_recording_gives_what_is_there(worker: Worker, recording: Path) -> None:
    whole = recording.read_bytes()
    recording.write_bytes(whole[: len(whole) * 6 // 10])

    result = done(worker, recording)

    assert said(result.transcript) == WORDS[:1]
    assert result.flags == ("truncated",)


def test_a_sealed_recording_is_opened_with_the_key_of_the_environment(
    worker: Worker, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key()
    seal(recording, keys_of(key, "test"))
    sealed_away = worker.do(task(recording))
    monkeypatch.setenv(KEY_VARIABLE, key)

    assert isinstance(sealed_away, NotDone)
    assert "which is not here" in sealed_away.reason
    assert said(done(worker, recording).transcript) == WORDS


def test_what_cannot_be_read_is_said_of_the_recording_not_of_a_copy(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_key()
    monkeypatch.setenv(KEY_VARIABLE, key)
    texts = {"plain.wav": b"nothing", "sealed.wav": b"nothing either", "empty.wav": b""}
    for name, content in texts.items():
        (tmp_path / name).write_bytes(content)
    seal(tmp_path / "sealed.wav", keys_of(key, "test"))
    soundfile.write(tmp_path / "three.wav", np.zeros((800, 3)), RATE)

    for name in (*texts, "three.wav", "missing.wav"):
        answer = worker.do(task(tmp_path / name))
        assert isinstance(answer, NotDone)
        assert answer.kind is Kind.ERROR
        assert answer.reason.startswith(str(tmp_path / name))


def test_an_address_that_is_none_is_refused(worker: Worker) -> None:
    answer = worker.do(task("ftp://example.com/a.wav"))

    assert isinstance(answer, NotDone)
    assert answer.kind is Kind.ERROR
    assert "'ftp://example.com/a.wav' is no URL of an object store" in answer.reason


def test_a_model_that_is_missing_is_an_answer(recording: Path) -> None:
    answer = Worker("no-such-model").do(task(recording))

    assert isinstance(answer, NotDone)
    assert "there is no model 'no-such-model'" in answer.reason


def test_what_nobody_foresaw_is_an_answer_too(
    worker: Worker, recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = worker.do(replace(task(recording), roles=("nobody", "nobody")))  # type: ignore[arg-type]

    assert answer == NotDone(kind=Kind.ERROR, reason="unforeseen: ValueError: 'nobody' is not a valid Role")
    assert "Traceback" in capsys.readouterr().out


def test_a_fault_for_tests_ends_the_process(recording: Path) -> None:
    program = "import sys; from huawu.batch.worker import _fail_on_purpose; _fail_on_purpose(sys.argv[1])"
    died = subprocess.run(
        [sys.executable, "-c", program, str(recording)],
        env={**os.environ, FAULTS: '{"call.wav": "segv"}'},
    )

    assert died.returncode == -signal.SIGSEGV
