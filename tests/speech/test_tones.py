import numpy as np
import pytest

from speech import tones

pytestmark = pytest.mark.unit


def spans(sound: np.ndarray, rate: int = 8000) -> list[tuple[float, float]]:
    """Return where sound is, in seconds rounded to hundredths."""
    frames = np.abs(sound[: len(sound) // 80 * 80].astype(int)).reshape(-1, 80).max(axis=1) > 1000
    edges = np.flatnonzero(np.diff(np.concatenate([[0], frames.astype(int), [0]])))
    return [(float(a) / 100, float(b) / 100) for a, b in edges.reshape(-1, 2)]


def test_cadences() -> None:
    assert spans(tones.dial_tone(2.0)) == [(0.0, 2.0)]
    assert spans(tones.ring_back(6.0)) == [(0.0, 1.0), (5.0, 6.0)]
    assert spans(tones.busy(1.4)) == [(0.0, 0.35), (0.7, 1.05)]
    assert spans(tones.congestion(2.1)) == [(0.0, 0.7), (1.4, 2.1)]


@pytest.mark.parametrize("tone", [tones.dial_tone, tones.ring_back, tones.busy, tones.congestion])
def test_every_tone_is_450_hertz(tone) -> None:
    spectrum = np.abs(np.fft.rfft(tone(5.0)))
    assert int(np.argmax(spectrum)) / 5 == pytest.approx(450, abs=0.4)


def test_level_is_in_dbm0() -> None:
    sound = tones.dial_tone(1.0, level_dbm0=-10.0)[800:-800].astype(float)
    assert 20 * np.log10(np.sqrt(2) * sound.std() / 32767) + 3.14 == pytest.approx(-10.0, abs=0.05)


def test_bursts_begin_and_end_without_a_click() -> None:
    assert max(abs(int(step)) for step in np.diff(tones.busy(1.0), prepend=0, append=0)) < 3500


def test_other_rates_last_as_long() -> None:
    assert len(tones.ring_back(1.5, rate_hz=16000)) == 24000
    assert len(tones.dial_tone(0.0)) == 0
