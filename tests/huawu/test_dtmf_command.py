from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speech.keytones import key_tones

pytestmark = pytest.mark.integration


def huawu(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "huawu", "dtmf", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture
def order(tmp_path: Path) -> Path:
    path = tmp_path / "order.wav"
    soundfile.write(path, key_tones("10#", on=0.1, off=0.1, rate_hz=16000), 16000)
    return path


def test_the_digits_of_one_file_and_when(order: Path) -> None:
    plain, as_json = huawu(order), huawu("--json", order)
    assert (plain.returncode, plain.stdout, plain.stderr) == (0, "10#\n", "")
    presses = json.loads(as_json.stdout)
    assert [press["digit"] for press in presses] == ["1", "0", "#"]
    assert [press["start"] for press in presses] == pytest.approx([0.0, 0.2, 0.4], abs=0.004)
    assert [press["end"] for press in presses] == pytest.approx([0.1, 0.3, 0.5], abs=0.004)
    assert {key for press in presses for key in press} == {"digit", "start", "end"}


def test_several_files_go_by_name_and_a_bad_one_is_listed(order: Path, tmp_path: Path) -> None:
    silent, bad = tmp_path / "silent.wav", tmp_path / "bad.wav"
    soundfile.write(silent, np.zeros(8000), 8000)
    bad.write_text("no sound")

    plain, as_json = huawu(order, bad, silent), huawu(order, bad, silent, "--json")

    assert (plain.returncode, plain.stdout) == (1, f"{order}: 10#\n{silent}: \n")
    assert "bad.wav is not sound" in plain.stderr and plain.stderr.endswith("1 of 3 files failed\n")
    assert as_json.returncode == 1
    found = {
        file: [press["digit"] for press in presses] for file, presses in json.loads(as_json.stdout).items()
    }
    assert found == {str(order): ["1", "0", "#"], str(silent): []}


def test_both_channels_are_heard_and_what_is_on_both_counts_once(tmp_path: Path) -> None:
    caller = np.concatenate([key_tones("12"), np.zeros(3200, np.int16)])
    agent = np.concatenate([key_tones("1") // 8, np.zeros(1600, np.int16), key_tones("78")])
    path = tmp_path / "call.wav"
    soundfile.write(path, np.stack([caller, agent], axis=1), 8000)

    plain, as_json = huawu(path), huawu(path, "--json")

    assert (plain.returncode, plain.stdout) == (0, "1278\n")
    assert plain.stderr == f"{path}: left 12, right 178\n"
    found = [(press["digit"], press["channel"]) for press in json.loads(as_json.stdout)]
    assert sorted(found[:1]) in ([("1", "left")], [("1", "right")])
    assert found[1:] == [("2", "left"), ("7", "right"), ("8", "right")]


def test_what_cannot_be_read(tmp_path: Path) -> None:
    one, two = huawu(tmp_path / "no.wav"), huawu(tmp_path / "no.wav", tmp_path / "none.wav", "--json")
    assert (one.returncode, two.returncode) == (2, 2)
    assert (
        one.stderr.count("\n") == 1
        and "no.wav: No such file or directory → check the file name" in one.stderr
    )
    assert (one.stdout, two.stdout) == ("", "{}\n")
    assert huawu().returncode == 2
