from __future__ import annotations

import numpy as np
import pytest

from tests.peers.hearing import Match, find, spans
from tests.peers.rtp import RATE, Samples, decode, encode, key_tones

pytestmark = pytest.mark.unit


def noise(seconds: float, seed: int, level: float = 3000) -> Samples:
    chance = np.random.default_rng(seed)
    return (chance.normal(size=round(seconds * RATE)) * level).astype(np.int16)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.int16)


def test_a_prompt_is_found_where_it_begins() -> None:
    prompt = np.concatenate([silence(0.1), noise(2, seed=1)])
    found = find(prompt, decode(encode(np.concatenate([noise(0.5, seed=2), silence(0.75), prompt]))))
    assert found is not None
    assert (found.start, found.likeness > 0.99) == (1.25, True)


def test_a_prompt_that_was_cut_off_is_found() -> None:
    prompt = noise(3, seed=1)
    sound = np.concatenate([silence(0.5), prompt[:RATE], noise(1, seed=4)])
    assert find(prompt, sound) == Match(0.5, pytest.approx(1))  # type: ignore[arg-type]


def test_a_quiet_prompt_is_found_and_another_is_not() -> None:
    prompt = noise(1, seed=1)
    sound = np.concatenate([noise(1, seed=2), prompt // 8])
    assert find(prompt, sound) is not None
    assert find(noise(1, seed=3), sound) is None


def test_no_prompt_is_heard_in_silence() -> None:
    assert find(noise(1, seed=1), silence(2)) is None
    assert find(silence(1), silence(2)) is None
    assert find(noise(1, seed=1), silence(0)) is None


def test_when_there_is_sound() -> None:
    sound = np.concatenate(
        [silence(0.5), noise(0.5, 1), silence(0.1), noise(0.3, 2), silence(1), key_tones("5", 100, 0)]
    )
    assert np.round(spans(sound), 6).tolist() == [[0.5, 1.4], [2.4, 2.5]]
    assert spans(silence(1)) == []
