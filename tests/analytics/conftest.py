"""One judge for all tests of this folder; its models are named by what they learnt from: any run's do."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.judge import Judge
from huawu import places


@pytest.fixture(scope="session")
def judge_cache() -> Path:
    return places.cache("judges")


@pytest.fixture(scope="session")
def judge(judge_cache: Path) -> Judge:
    return Judge.load(judge_cache)
