from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from calls.errors import ModelError
from models.tiny_cn.variants import build_variant
from speech.models import (
    BUILTIN,
    ENVIRONMENT,
    ModelFolder,
    builtin_model,
    find_model,
    installed,
    open_model,
)

pytestmark = pytest.mark.unit


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the built-in model, to be damaged."""
    return Path(shutil.copytree(builtin_model().path, tmp_path / "model"))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and an empty cache."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    return here


def cut(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def test_the_builtin_model_is_whole() -> None:
    model = builtin_model()
    assert model == ModelFolder(model.path, "tiny-cn", 8000, "lookahead", builtin=True)


def test_where_a_model_is_found(
    copy: Path, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_model().builtin
    shutil.copytree(copy, tmp_path / "cache" / "huawu" / "models" / "cached")
    assert find_model().name == "cached"
    shutil.copytree(copy, elsewhere / "models" / "near")
    assert find_model().name == "near"
    monkeypatch.setenv(ENVIRONMENT, str(copy))
    assert find_model().name == "model"
    assert find_model("cached").name == "cached"
    assert find_model(elsewhere / "models" / "near").name == "near"
    assert find_model(BUILTIN).builtin


def test_several_models_in_one_place_ask_for_a_choice(copy: Path, elsewhere: Path) -> None:
    for name in ("b", "a"):
        shutil.copytree(copy, elsewhere / "models" / name)
    assert [folder.name for folder in installed(Path("models"))] == ["a", "b"]
    with pytest.raises(ModelError, match="holds several models: a, b"):
        find_model()


@pytest.mark.parametrize("kind", ["option", "environment"])
def test_a_model_that_is_not_there(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "nowhere" if kind == "environment" else "")
    with pytest.raises(ModelError, match="there is no model 'nowhere'") as error:
        find_model("nowhere" if kind == "option" else None)
    assert "huawu models fetch" in error.value.hint


def test_a_missing_folder_and_a_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        open_model(tmp_path / "gone")
    (tmp_path / "model.zip").write_bytes(b"PK")
    with pytest.raises(ModelError, match="is a file, not a folder") as error:
        open_model(tmp_path / "model.zip")
    assert error.value.hint == "unpack it and name the folder"


def test_a_folder_without_a_model_says_where_it_might_be(tmp_path: Path, copy: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelError, match="is not a Vosk model"):
        open_model(empty)
    (empty / "cn.zip").write_bytes(b"PK")
    with pytest.raises(ModelError, match="not a Vosk model") as error:
        open_model(empty)
    assert error.value.hint == f"unpack {empty / 'cn.zip'} first"
    shutil.copytree(copy, empty / "inner")
    with pytest.raises(ModelError, match="not a Vosk model") as error:
        open_model(empty)
    assert error.value.hint == f"the model is one folder deeper: {empty / 'inner'}"


@pytest.mark.parametrize(
    "name", ["conf/mfcc.conf", "conf/model.conf", "graph/Gr.fst", "graph/HCLr.fst", "graph/words.txt"]
)
def test_a_missing_or_empty_file_is_named(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"")
    with pytest.raises(ModelError, match=f"is incomplete: {name} missing or empty"):
        open_model(copy)
    (copy / name).unlink()
    with pytest.raises(ModelError, match=f"is incomplete: {name} missing or empty"):
        open_model(copy)


def test_a_half_unpacked_speaker_adaptation(copy: Path) -> None:
    (copy / "ivector").mkdir()
    (copy / "ivector" / "final.ie").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"incomplete: ivector/final\.dubm, ivector/final\.mat"):
        open_model(copy)


@pytest.mark.parametrize("share", [0.001, 0.5, 0.999])
@pytest.mark.parametrize("name", ["am/final.mdl", "graph/Gr.fst", "graph/HCLr.fst"])
def test_a_truncated_file_is_named(copy: Path, name: str, share: float) -> None:
    cut(copy / name, share)
    with pytest.raises(ModelError, match=f"{name} is (cut short|not a)"):
        open_model(copy)


def test_a_word_list_that_was_cut_short_is_named(copy: Path) -> None:
    cut(copy / "graph" / "words.txt", 0.5)
    with pytest.raises(
        ModelError, match=r"words.txt is cut short \([\d,]+ bytes\): its last line does not end"
    ):
        open_model(copy)


@pytest.mark.parametrize("name", ["am/final.mdl", "graph/Gr.fst"])
def test_a_file_of_another_kind_is_named(copy: Path, name: str) -> None:
    (copy / name).write_bytes(b"<html>404 Not Found</html>" * 100)
    with pytest.raises(ModelError, match=f"{name} is not"):
        open_model(copy)


def test_the_flat_layout_of_old_models(copy: Path, tmp_path: Path) -> None:
    flat = tmp_path / "old"
    flat.mkdir()
    for file in [*copy.glob("am/*"), *copy.glob("conf/mfcc.conf"), *copy.glob("graph/*.*")]:
        shutil.copy(file, flat)
    assert open_model(flat) == ModelFolder(flat, "old", 8000, "lookahead")


@pytest.mark.parametrize(
    ("line", "rate", "upsamples"),
    [
        ("--sample-frequency=16000 # wide", 16000, False),
        ("--sample_frequency=8000.0\n--allow-upsample", 8000, True),
        ("# --sample-frequency=8000", 16000, False),
        ("--allow_upsample=true", 16000, True),
        ("--allow-upsample=false", 16000, False),
    ],
)
def test_the_rate_is_read_from_the_features(copy: Path, line: str, rate: int, upsamples: bool) -> None:
    (copy / "conf" / "mfcc.conf").write_text(f"--use-energy=false\n{line}\n")
    model = open_model(copy)
    assert (model.sample_rate, model.allow_upsample) == (rate, upsamples)


def test_a_senseless_rate_is_refused(copy: Path) -> None:
    (copy / "conf" / "mfcc.conf").write_text("--sample-frequency=fast\n")
    with pytest.raises(ModelError, match="--sample-frequency=fast is no sampling rate"):
        open_model(copy)


def test_the_variants_are_told_apart(tmp_path: Path) -> None:
    wide = open_model(build_variant("16k", tmp_path / "wide"))
    static = open_model(build_variant("static", tmp_path / "static"))
    assert (wide.sample_rate, wide.graph, wide.allow_upsample, wide.builtin) == (
        16000,
        "lookahead",
        False,
        False,
    )
    assert (static.sample_rate, static.graph) == (8000, "static")
    cut(tmp_path / "static" / "graph" / "HCLG.fst", 0.5)
    with pytest.raises(ModelError, match=r"HCLG\.fst is cut short"):
        open_model(tmp_path / "static")
