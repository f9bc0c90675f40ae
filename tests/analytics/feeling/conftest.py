"""One built-in model for all tests of this folder, trained in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.feeling.model import SentimentModel


@pytest.fixture(scope="session")
def feeling_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feeling")


@pytest.fixture(scope="session")
def builtin(feeling_cache: Path) -> SentimentModel:
    return SentimentModel.builtin(feeling_cache)
