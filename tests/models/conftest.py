"""The demo model's ear and the voices that it is tested with."""

from collections.abc import Iterator

import pytest

from models.tiny_cn.build import MODEL
from models.tiny_cn.recipe import Ear
from speech.voices import Speaker


@pytest.fixture(scope="session")
def speaker() -> Iterator[Speaker]:
    with Speaker() as speaker:
        yield speaker


@pytest.fixture(scope="session")
def ear() -> Ear:
    return Ear(MODEL)
