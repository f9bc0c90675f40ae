from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.wire.ring import SoundRing
from speech.models import find_model
from speech.recogniser import VoskModel, load
from speech.voices import Speaker


@pytest.fixture(scope="session")
def model() -> VoskModel:
    return load(find_model("builtin"))


@pytest.fixture(scope="session")
def speaker() -> Iterator[Speaker]:
    with Speaker() as opened:
        yield opened


@pytest.fixture
def ring(tmp_path: Path) -> SoundRing:
    """A ring of four slots at ``tmp_path / "ring"``."""
    return SoundRing.create(tmp_path / "ring", 4)
