from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from calls.errors import ModelError
from huawu.models_command import probe
from speech.models import builtin_model, open_model

pytestmark = pytest.mark.integration


def models(*arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "HUAWU_MODEL"}
    environment |= {"XDG_CACHE_HOME": str(home), "no_proxy": "127.0.0.1"}
    command = [sys.executable, "-m", "huawu", "models", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)


def test_the_list_names_every_model_and_whether_it_is_here(tmp_path: Path) -> None:
    shutil.copytree(builtin_model().path, here := tmp_path / "huawu" / "models" / "vosk-model-cn-0.22")

    done = models("list", home=tmp_path)

    assert done.returncode == 0
    table = {line.split()[0]: line for line in done.stdout.splitlines()[1:]}
    assert "synthetic voices only" in table["builtin"]
    assert "42M" in table["vosk-model-small-cn-0.22"]
    assert "SpeechIO-02 23.54" in table["vosk-model-small-cn-0.22"]
    assert str(here) in table["vosk-model-cn-0.22"]
    assert " no " in table["vosk-model-cn-kaldi-multicn-0.15"]


def test_path_prints_what_would_be_used(tmp_path: Path) -> None:
    assert models("path", home=tmp_path).stdout.strip() == str(builtin_model().path)
    copy = Path(shutil.copytree(builtin_model().path, tmp_path / "huawu" / "models" / "mine"))
    assert models("path", home=tmp_path).stdout.strip() == str(copy)
    assert models("path", "builtin", home=tmp_path).stdout.strip() == str(builtin_model().path)


def test_verify_loads_the_model_once(tmp_path: Path) -> None:
    done = models("verify", "builtin", home=tmp_path)
    assert (done.returncode, done.stdout) == (
        0,
        f"{builtin_model().path}: whole, 8000 Hz, lookahead graph\n",
    )


def test_verify_finds_what_is_cut_short(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(builtin_model().path, tmp_path / "mine"))
    (copy / "am" / "final.mdl").write_bytes((copy / "am" / "final.mdl").read_bytes()[:-100_000])
    done = models("verify", copy, home=tmp_path)
    assert done.returncode == 2
    assert "final.mdl is cut short" in done.stderr


def test_a_model_that_libvosk_cannot_take_is_found_in_a_process_of_its_own(tmp_path: Path) -> None:
    copy = Path(shutil.copytree(builtin_model().path, tmp_path / "mine"))
    (copy / "conf" / "model.conf").write_text("--no-such-option=1\n")
    with pytest.raises(
        ModelError, match=r"mine does not load: libvosk cannot load .*mine: Failed to create a model →"
    ):
        probe(open_model(copy))


def test_fetch_refuses_without_a_checksum(tmp_path: Path) -> None:
    done = models("fetch", "vosk-model-cn-0.22", home=tmp_path)
    assert done.returncode == 2
    assert "no checksum of vosk-model-cn-0.22 is known" in done.stderr
    assert "Traceback" not in done.stderr


def test_fetch_without_a_network_tells_the_way_by_hand(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        mirror = f"http://127.0.0.1:{closed.getsockname()[1]}"
    done = models("fetch", "vosk-model-small-cn-0.22", "--mirror", mirror, "--to", tmp_path, home=tmp_path)
    assert done.returncode == 2
    assert f"fetch {mirror}/vosk-model-small-cn-0.22.zip elsewhere" in done.stderr
    assert str(tmp_path / "vosk-model-small-cn-0.22") in done.stderr


def test_an_unknown_name_lists_the_known(tmp_path: Path) -> None:
    done = models("fetch", "vosk-model-martian", home=tmp_path)
    assert done.returncode == 2
    assert "known are vosk-model-small-cn-0.22" in done.stderr


def test_a_model_for_sherpa_onnx_is_listed_and_verified(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")
    from tests.speech.toy_sherpa import sense_voice

    here = sense_voice(tmp_path / "huawu" / "models" / "mine")

    done = models("verify", "mine", home=tmp_path)

    assert (done.returncode, done.stdout) == (0, f"{here}: whole, 16000 Hz, SenseVoice\n")
    assert str(here) in models("list", home=tmp_path).stdout
