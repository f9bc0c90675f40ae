import numpy as np
import pytest

from speech.keytones import HIGH_GROUP, KEYS, LOW_GROUP, key_frequencies, key_tones

pytestmark = pytest.mark.unit


def lines(sound: np.ndarray) -> list[tuple[float, float]]:
    """Return frequency in hertz and level in dBm0 of the two strongest lines, the lower one first."""
    spectrum = np.abs(np.fft.rfft(sound.astype(float))) / len(sound) * 2 / 32767
    places = sorted(np.argsort(spectrum)[-2:])
    return [
        (float(place * 8000 / len(sound)), float(20 * np.log10(spectrum[place]) + 3.14)) for place in places
    ]


def test_every_key_has_its_two_tones() -> None:
    found = [lines(key_tones(key, on=1.0, off=0.0)) for key in KEYS]
    assert [(low[0], high[0]) for low, high in found] == [
        (low, high) for low in LOW_GROUP for high in HIGH_GROUP
    ]
    assert key_frequencies("5") == (770, 1336)


def test_level_twist_and_offset() -> None:
    sound = key_tones("5", on=50.0, off=0.0, level_dbm0=-14.0, twist_db=3.0, offset_percent=(1.0, -1.0))
    (low, low_level), (high, high_level) = lines(sound)
    assert (low, high) == pytest.approx((777.7, 1322.64), abs=0.05)
    assert (low_level, high_level) == pytest.approx((-14.0, -11.0), abs=0.1)


def test_length_is_that_of_all_tones_and_pauses() -> None:
    sound = key_tones("12", on=0.05, off=0.03)
    loud = np.abs(sound.astype(int)) > 0
    assert len(sound) == 2 * 640
    assert loud[:404].any() and not loud[410:640].any() and loud[640:1044].any()
    assert len(key_tones("")) == 0


@pytest.mark.parametrize("key", ["", "E", "12", "a"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(ValueError, match="is no key of a telephone"):
        key_frequencies(key)
