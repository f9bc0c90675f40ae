"""The model, the voices and the telephone line that several of these tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest

from speech.channel import telephone
from speech.models import BUILTIN, find_model
from speech.recogniser import VoskModel, load
from speech.voices import VOICES, Speaker

Say = Callable[[str, str], npt.NDArray[np.float32]]


@pytest.fixture(scope="session")
def model() -> VoskModel:
    return load(find_model(BUILTIN))


@pytest.fixture(scope="session")
def say() -> Iterator[Say]:
    """Say a text with a voice, over a good telephone line, in samples between −1 and 1 at 8 kHz."""
    with Speaker() as speaker:

        def spoken(text: str, voice: str) -> npt.NDArray[np.float32]:
            clean = speaker.say(text, VOICES[voice], 8000)
            line = telephone(clean, snr_db=40.0, codec="alaw", rng=np.random.default_rng(7))
            return (line / 32768).astype(np.float32)

        yield spoken
