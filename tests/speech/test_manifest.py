from __future__ import annotations

from pathlib import Path

import pytest

from calls.errors import ModelError
from speech.manifest import ModelEntry, find_entry, read_manifest

pytestmark = pytest.mark.unit

SMALL = '[[model]]\nname = "a"\nurl = "https://example.org/a.zip"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "manifest.toml"
    path.write_text(text)
    return path


def test_the_official_small_model_is_known_exactly() -> None:
    assert read_manifest()["vosk-model-small-cn-0.22"] == ModelEntry(
        name="vosk-model-small-cn-0.22",
        url="https://alphacephei.com/vosk/models/vosk-model-small-cn-0.22.zip",
        language="zh-CN",
        bytes=43_898_754,
        sha256="3af8b0e7e0f835ae9d414ce5df580237a3cfb08d586c9fbbb0f7ff29ad5b14ba",
        published_size="42M",
        sample_rate=16000,
        graph="lookahead",
        licence="Apache-2.0",
        cer={"SpeechIO-02": 23.54, "SpeechIO-06": 38.29, "THCHS-30": 17.15},
        cer_source="vosk-space",
        notes="Lightweight; menus can listen for their own phrases.",
    )


def test_what_nobody_verified_stays_empty() -> None:
    entries = read_manifest()
    assert list(entries) == [
        "vosk-model-small-cn-0.22",
        "vosk-model-cn-0.22",
        "vosk-model-cn-kaldi-multicn-0.15",
        "sherpa-onnx-paraformer-zh-2023-09-14",
        "sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2024-07-17",
        "sherpa-onnx-streaming-zipformer-multi-zh-hans-2023-12-12",
    ]
    assert [entry.sha256 for entry in entries.values()][1:] == [""] * 5
    assert [entry.engine for entry in entries.values()] == ["vosk"] * 3 + ["sherpa-onnx"] * 3


def test_an_entry_needs_only_name_and_address(tmp_path: Path) -> None:
    path = write(tmp_path, f"schema = 1\n{SMALL}")
    assert read_manifest(path) == {"a": ModelEntry(name="a", url="https://example.org/a.zip")}


def test_an_unknown_name_lists_the_known(tmp_path: Path) -> None:
    entries = read_manifest(write(tmp_path, f"schema = 1\n{SMALL}"))
    assert find_entry("a", entries).name == "a"
    with pytest.raises(ModelError, match="has no model 'b'") as error:
        find_entry("b", entries)
    assert error.value.hint == "known are a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema = [", "manifest.toml"),
        ("schema = 2", "schema is 2, this huawu reads 1"),
        (f"schema = 1\n{SMALL}{SMALL}", "two models are called a"),
        (f"schema = 1\n{SMALL}colour = 'red'", "model 1: unknown field 'colour'"),
        (f"schema = 1\n{SMALL}bytes = 'many'", "bytes = 'many' has the wrong type"),
        (f"schema = 1\n{SMALL}sha256 = '12'", "sha256 = '12'"),
        (f"schema = 1\n{SMALL}graph = 'big'", "graph = 'big'"),
        (f"schema = 1\n{SMALL}engine = 'steam'", "engine = 'steam'.*vosk or sherpa-onnx"),
        ("schema = 1\n[[model]]\nname = 'a'\nurl = 'https://a/a.rar'", "is no archive"),
        ("schema = 1\n[[model]]\nname = '../a'\nurl = 'https://a'", r"name = '\.\./a' cannot be a folder"),
        ("schema = 1\n[[model]]\nname = 'a'\nurl = 'file:///a.zip'", "is no web address"),
    ],
)
def test_a_wrong_manifest_names_the_field(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        read_manifest(write(tmp_path, text))


def test_a_missing_manifest(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.toml"):
        read_manifest(tmp_path / "gone.toml")
