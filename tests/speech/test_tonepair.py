import numpy as np
import pytest

from speech.keytones import KEYS, key_tones
from speech.tonepair import BLOCK, CLEAR, DELAY, WINDOW, PairFinder

pytestmark = pytest.mark.unit


def test_a_window_within_a_tone_is_clear_and_silence_holds_nothing() -> None:
    sound = np.concatenate([np.zeros(1600, np.int16), key_tones("B", on=0.1, off=0.1)])
    (pairs,) = PairFinder(1).feed(sound[None])

    ends = BLOCK * (np.arange(len(pairs.key)) + 1) - DELAY
    inside = (ends - WINDOW * BLOCK >= 1610) & (ends <= 2390)
    apart = (ends <= 1590) | (ends - WINDOW * BLOCK >= 2410)
    assert inside.sum() >= 12
    assert set(pairs.key[inside, 0]) == {KEYS.index("B")}
    assert set(pairs.evidence[inside, 0]) == {CLEAR}
    assert set(pairs.key[apart, 0]) == {-1}
    assert set(pairs.evidence[apart, 0]) == {0}


def test_blocks_do_not_depend_on_the_calls_beside_them_nor_on_the_cuts() -> None:
    rng = np.random.default_rng(3)
    sound = key_tones("147*", on=0.05, off=0.05)[None] + rng.integers(-900, 900, (5, 3200), dtype=np.int16)
    (together,) = PairFinder(5).feed(sound)
    for call in range(5):
        finder = PairFinder(1)
        parts = [
            each for at in range(0, 3200, 33) for each in finder.feed(sound[call : call + 1, at : at + 33])
        ]
        assert [part.first for part in parts if len(part.key)] == list(range(len(together.key)))
        assert np.array_equal(np.concatenate([part.key for part in parts])[:, 0], together.key[:, call])
        assert np.array_equal(
            np.concatenate([part.evidence for part in parts])[:, 0], together.evidence[:, call]
        )
        newest = [part.power[:, :, WINDOW:, 0] for part in parts]
        assert np.array_equal(np.concatenate(newest, axis=2), together.power[:, :, WINDOW:, call])


def test_a_forgotten_call_was_silent() -> None:
    finder = PairFinder(1)
    list(finder.feed(key_tones("1", on=0.2, off=0.0)[None]))
    finder.forget(0)
    (pairs,) = finder.feed(np.zeros((1, 800), np.int16))
    assert not pairs.power.any()
    assert set(pairs.key.ravel()) == {-1}
