"""One judge for all tests of this folder, trained in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.judge import Judge


@pytest.fixture(scope="session")
def judge_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judges")


@pytest.fixture(scope="session")
def judge(judge_cache: Path) -> Judge:
    return Judge.load(judge_cache)
