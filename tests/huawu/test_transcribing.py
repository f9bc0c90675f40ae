from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from huawu.transcribing import output_paths
from speech.voices import VOICES, Speaker

RATE = 8000


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A stereo recording: the caller on the left, the agent on the right, two seconds later."""
    with Speaker() as speaker:
        left = speaker.say("您好我想查询余额", VOICES["caller-1"], RATE)
        right = speaker.say("请稍等", VOICES["agent-1"], RATE)
    sound = np.zeros((len(left) + len(right) + 3 * RATE, 2), np.int16)
    sound[: len(left), 0] = left
    sound[len(left) + 2 * RATE : len(left) + 2 * RATE + len(right), 1] = right
    path = tmp_path_factory.mktemp("calls") / "call.wav"
    soundfile.write(path, sound, RATE)
    yield path


def transcribe(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "huawu", "transcribe", "--model", "builtin", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)


@pytest.mark.unit
def test_equal_names_stay_apart(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "x.wav", tmp_path / "b" / "x.wav", tmp_path / "a" / "x.mp3"]
    assert output_paths(files, Path("out"), "srt") == [
        Path("out/a/x.wav.srt"),
        Path("out/b/x.wav.srt"),
        Path("out/a/x.mp3.srt"),
    ]
    assert output_paths([tmp_path / "a" / ".." / "x.wav"], Path("out"), "txt") == [Path("out/x.wav.txt")]


@pytest.mark.integration
def test_text_on_the_screen(call: Path) -> None:
    done = transcribe(call)
    assert (done.returncode, done.stdout) == (0, "00:00  caller   您好我想查询余额\n00:04  agent    请稍等\n")
    assert "synthetic voices only" in done.stderr


@pytest.mark.integration
def test_the_caller_on_the_right(call: Path) -> None:
    done = transcribe(call, "--caller-channel", "right", "--format", "json")
    roles = [utterance["role"] for utterance in json.loads(done.stdout)["utterances"]]
    assert (done.returncode, roles) == (0, ["agent", "caller"])


@pytest.mark.integration
def test_bad_files_are_listed_and_the_others_go_on(call: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_text("no sound")

    done = transcribe(tmp_path / "bad.wav", call, tmp_path / "gone.wav", call, "--output", tmp_path / "out")

    assert done.returncode == 1
    assert f"{tmp_path / 'bad.wav'} is not sound" in done.stderr
    assert f"{tmp_path / 'gone.wav'}: No such file" in done.stderr
    assert "2 of 3 files failed" in done.stderr
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert [path.name for path in written] == ["call.wav.txt"]
    assert written[0].read_text().startswith("00:00  caller   您好")


@pytest.mark.integration
def test_a_transcript_that_cannot_be_written_is_listed_and_the_others_go_on(
    call: Path, tmp_path: Path
) -> None:
    long = tmp_path / ("x" * 251 + ".wav")
    odd = tmp_path / os.fsdecode(b"\xff.wav")
    for path in (long, odd):
        path.write_bytes(call.read_bytes())

    done = transcribe(long, odd, "--output", tmp_path / "out")

    assert done.returncode == 1
    assert f"{long.name}.txt: File name too long → free space or choose another folder" in done.stderr
    assert "1 of 2 files failed" in done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [f"{odd.name}.txt"]


@pytest.mark.integration
def test_what_is_read_stands_beside_what_was_recognised(call: Path, tmp_path: Path) -> None:
    listed = tmp_path / "words.txt"
    listed.write_text("茶讯 2\n", "utf-8")  # heavy: it is put in whatever the recogniser is sure of

    done = transcribe(call, "--written", "--hot-words", listed, "--format", "json")

    caller, agent = json.loads(done.stdout)["utterances"]
    assert (caller["text"], agent["text"]) == ("您好我想查询余额", "请稍等")
    assert caller["written"].replace("，", "") == "您好我想茶讯余额。"
    (correction,) = (each for each in caller["edits"] if each["kind"] == "hot-word")
    assert caller["text"][correction["start"] : correction["end"]] == correction["said"] == "查询"
    assert caller["written"][correction["written_start"] : correction["written_end"]] == "茶讯"


@pytest.mark.integration
def test_several_files_on_one_screen_in_their_order(call: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.wav"
    soundfile.write(second, np.zeros(RATE), RATE)

    done = transcribe(second, tmp_path / "gone.wav", call)

    assert done.returncode == 1
    note = "# mono recording: both voices on one channel, so roles are not available"
    turns = "00:00  caller   您好我想查询余额\n00:04  agent    请稍等\n"
    assert done.stdout == f"== {second}\n{note}\n\n== {call}\n{turns}"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "pdf"], "pdf"),
        (["--model", "nowhere"], "there is no model 'nowhere'"),
        (["a.wav", "--format", "srt"], "add --output FOLDER"),
        (["--output", "/dev/null/x"], "--output /dev/null/x"),
        (["--hot-words", "none.txt"], "none.txt: No such file"),
    ],
)
def test_a_wrong_request(call: Path, arguments: list[str], message: str) -> None:
    done = transcribe(call, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.integration
def test_interrupted_work_keeps_what_is_done(call: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    sound, rate = soundfile.read(call, dtype="int16")
    soundfile.write(long, np.tile(sound, (200, 1)), rate)
    command = [sys.executable, "-m", "huawu", "transcribe", "--model", "builtin", "--jobs", "1"]
    command += [str(call), str(long), "--output", str(tmp_path / "out")]

    work = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert work.stderr is not None
    seen = ""
    while "call.wav.txt" not in seen:
        seen += work.stderr.readline()
    work.send_signal(signal.SIGINT)
    _, rest = work.communicate(timeout=60)

    assert work.returncode == 130
    assert "1 of 2 transcripts are kept" in rest
    kept = [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert kept == ["call.wav.txt"]
