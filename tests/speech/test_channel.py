import numpy as np
import pytest

from speech.channel import NOMINAL_LEVEL, RATE, band_limited, noise, telephone

pytestmark = pytest.mark.unit


def sine(frequency: float, *, seconds: float = 1.0, amplitude: float = 8000.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    return np.rint(amplitude * np.sin(2 * np.pi * frequency * time)).astype(np.int16)


def level(samples: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples.astype(float) ** 2)) / 32768 + 1e-12))


def gain_at(frequency: float) -> float:
    tone = sine(frequency)
    return level(band_limited(tone)[1000:-1000]) - level(tone[1000:-1000])


@pytest.mark.parametrize("frequency", [400, 700, 1000, 2000, 3000, 3300])
def test_the_band_passes_unchanged(frequency: float) -> None:
    assert gain_at(frequency) == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("frequency", [50, 100, 200, 3500, 3700, 3900])
def test_outside_the_band_nothing_is_left(frequency: float) -> None:
    assert gain_at(frequency) < -50.0


@pytest.mark.parametrize("frequency", [300, 3400])
def test_the_band_ends_at_half_amplitude(frequency: float) -> None:
    assert gain_at(frequency) == pytest.approx(-6.0, abs=0.2)


@pytest.mark.parametrize("codec", ["alaw", "ulaw"])
def test_the_line_keeps_length_and_does_not_delay(codec: str) -> None:
    tone = sine(1000)
    heard = telephone(tone, snr_db=None, codec=codec, rng=np.random.default_rng(1))
    assert heard.dtype == np.int16 and heard.shape == tone.shape
    inner = slice(400, -400)
    assert level(heard[inner].astype(float) - tone[inner]) < level(tone) - 34  # G.711's own noise


@pytest.mark.parametrize("colour", ["white", "pink"])
@pytest.mark.parametrize("snr_db", [6.0, 20.0])
def test_noise_lies_as_far_below_the_speech_as_asked(snr_db: float, colour: str) -> None:
    # half of it is a pause, which must not count as speech
    talk = np.concatenate([sine(1000), np.zeros(RATE, np.int16)])
    quiet = telephone(talk, snr_db=None, codec="alaw", rng=np.random.default_rng(1))
    noisy = telephone(talk, snr_db=snr_db, codec="alaw", rng=np.random.default_rng(1), colour=colour)
    assert level(quiet[:RATE]) - level(noisy[RATE:]) == pytest.approx(snr_db, abs=1.0)


def test_a_silent_line_is_as_noisy_as_under_a_talker_of_nominal_level() -> None:
    silence = np.zeros(4 * RATE, np.int16)
    heard = telephone(silence, snr_db=20, codec="alaw", rng=np.random.default_rng(1))
    assert level(heard) == pytest.approx(NOMINAL_LEVEL - 20, abs=0.5)


def test_without_noise_silence_stays_silence() -> None:
    heard = telephone(np.zeros(800, np.int16), snr_db=None, codec="ulaw", rng=np.random.default_rng(1))
    assert not heard.any()


def test_level_is_the_gain_of_speech_and_noise() -> None:
    talk = sine(1000)
    plain = telephone(talk, snr_db=10, codec="alaw", rng=np.random.default_rng(1))
    faint = telephone(talk, snr_db=10, codec="alaw", rng=np.random.default_rng(1), level_db=-12)
    assert level(faint) - level(plain) == pytest.approx(-12, abs=0.2)


def test_what_is_too_loud_is_clipped_and_does_not_wrap() -> None:
    talk = sine(1000)
    heard = telephone(talk, snr_db=None, codec="alaw", rng=np.random.default_rng(1), level_db=30)
    loud = np.abs(talk) > 2000
    assert set(heard[loud][400:-400] * np.sign(talk[loud][400:-400])) == {32256}


def test_equal_generators_give_equal_lines() -> None:
    one, two, other = (
        telephone(sine(1000), snr_db=15, codec="alaw", rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(one, two) and not np.array_equal(one, other)


def test_pink_noise_is_louder_low_and_white_is_not() -> None:
    def tilt(colour: str) -> float:
        sound = noise(8 * RATE, level_dbov=-30, rng=np.random.default_rng(1), colour=colour)
        power = np.abs(np.fft.rfft(sound)) ** 2
        low, high = power[8 * 400 : 8 * 800].mean(), power[8 * 1600 : 8 * 3200].mean()
        return float(10 * np.log10(low / high))

    assert tilt("white") == pytest.approx(0, abs=0.5)
    assert tilt("pink") == pytest.approx(6, abs=0.7)  # two octaves


@pytest.mark.parametrize("count", [0, 1, 100, 8000])
def test_noise_has_the_length_asked_for(count: int) -> None:
    assert noise(count, level_dbov=-40, rng=np.random.default_rng(1)).shape == (count,)


def test_nothing_in_nothing_out() -> None:
    heard = telephone(np.zeros(0, np.int16), snr_db=10, codec="alaw", rng=np.random.default_rng(1))
    assert heard.shape == (0,)
