"""Judge models on disk."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import skops.io

from analytics.judge import Judge
from analytics.modelfile import load_parts, model_key, read_model, write_model
from calls.errors import AnalyticsError
from tests.analytics.dialogue import transcript

pytestmark = pytest.mark.integration
CALL = transcript("c:宽带断了三天了我要投诉", "a:马上给您处理")


def judged(judge: Judge) -> dict[tuple[str, str], float]:
    return {(f.kind, f.label): f.probability for f in judge.judge(CALL).findings}


def test_a_cached_judge_judges_as_the_trained_one(judge: Judge, judge_cache: Path) -> None:
    written = {path.name: path.stat().st_mtime_ns for path in judge_cache.iterdir()}

    again = Judge.load(judge_cache)

    assert judged(again) == judged(judge)
    assert again.version == judge.version == f"seed-{model_key()[:12]}"
    assert {path.name: path.stat().st_mtime_ns for path in judge_cache.iterdir()} == written


def test_a_broken_model_file_is_trained_anew(
    judge: Judge, judge_cache: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for path in judge_cache.glob(f"{model_key()[:32]}-*.skops"):
        content = path.read_bytes()
        (tmp_path / path.name).write_bytes(
            content[: len(content) // 2] if "assessor" in path.name else content
        )

    with caplog.at_level(logging.WARNING):
        again = Judge.load(tmp_path)

    assert any("-assessor.skops: the model cannot be read" in message for message in caplog.messages)
    # two trainings agree but for the order in which many numbers were added up
    assert judged(again) == pytest.approx(judged(judge), abs=1e-6)
    assert read_model(tmp_path / f"{model_key()[:32]}-assessor.skops") is not None


def test_a_model_file_cannot_name_what_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "evil.skops"
    skops.io.dump({"text": Path.unlink}, path)

    assert read_model(path) is None


def test_a_model_file_of_another_shape_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "list.skops"
    skops.io.dump([1, 2], path)

    assert read_model(path) is None
    assert read_model(tmp_path / "missing.skops") is None


def test_a_model_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "old.skops"
    skops.io.dump({"model": [1, 2]}, path)

    with pytest.raises(AnalyticsError, match="made by an earlier version") as refused:
        load_parts(path)

    assert refused.value.hint == "train it anew, or remove it and its manifest"


def test_a_model_is_stored_whole_or_not_at_all(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_model(tmp_path / "judges" / "one.skops", {"numbers": [1, 2]})
    (tmp_path / "file").write_text("")
    write_model(tmp_path / "file" / "two.skops", {"numbers": [1, 2]})

    assert [path.name for path in (tmp_path / "judges").iterdir()] == ["one.skops"]
    assert read_model(tmp_path / "judges" / "one.skops") == {"numbers": [1, 2]}
    assert "the trained model is not kept" in caplog.text
