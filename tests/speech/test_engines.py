from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed")

from calls.errors import ModelError
from speech.engines import find_recogniser, load_recogniser
from speech.models import BUILTIN_NAME, ENVIRONMENT, ModelFolder, find_model
from speech.sherpa_folder import SherpaFolder
from speech.transcribe import transcribe_files
from tests.speech.toy_sherpa import paraformer, sense_voice
from tests.speech.toy_voice import RATE, say

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(ENVIRONMENT, raising=False)


def test_the_built_in_model_is_vosks() -> None:
    model = load_recogniser("builtin")

    assert (model.engine, model.name, model.sample_rate) == ("vosk 0.3.45", BUILTIN_NAME, 8000)
    assert isinstance(find_recogniser(), ModelFolder)


def test_the_files_of_a_folder_tell_its_engine(tmp_path: Path) -> None:
    model = load_recogniser(sense_voice(tmp_path / "sv"))

    assert (model.engine.split()[0], model.name, model.sample_rate) == ("sherpa-onnx", "sv", RATE)


def test_a_model_is_found_by_name_by_variable_and_as_the_only_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sense_voice(tmp_path / "cache" / "huawu" / "models" / "mine")
    assert isinstance(find_recogniser(), SherpaFolder)
    assert find_recogniser("mine").name == "mine"
    paraformer(tmp_path / "cache" / "huawu" / "models" / "other")
    with pytest.raises(ModelError, match="several models: mine, other"):
        find_recogniser()
    monkeypatch.setenv(ENVIRONMENT, "other")
    assert find_recogniser().name == "other"


def test_menus_do_not_take_one_that_hears_free_speech_only(tmp_path: Path) -> None:
    sense_voice(tmp_path / "cache" / "huawu" / "models" / "mine")

    assert find_model().builtin
    with pytest.raises(ModelError, match=r"not a Vosk model.*menus need a Vosk model"):
        find_model("mine")


def test_what_is_no_model_of_any_engine_is_said(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()

    with pytest.raises(ModelError, match="not a Vosk model"):
        load_recogniser(tmp_path / "nothing")
    with pytest.raises(ModelError, match="there is no model 'nobody'"):
        load_recogniser("nobody")


def test_several_files_are_transcribed_at_once_with_one_model(tmp_path: Path) -> None:
    import soundfile

    model = load_recogniser(sense_voice(tmp_path / "sv"))
    said = ["好不", "行", "不好行", "好 好"]
    for number, text in enumerate(said):
        soundfile.write(tmp_path / f"{number}.wav", np.pad(say(text), (0, 800)), RATE)
    (tmp_path / "4.wav").write_bytes(b"nothing")

    found = {
        each.index: each
        for each in transcribe_files([tmp_path / f"{n}.wav" for n in range(5)], model, jobs=2)
    }

    texts = [" ".join(each.text for each in found[n].transcript().utterances) for n in range(4)]
    assert texts == said
    assert "4.wav" in str(found[4].outcome)
