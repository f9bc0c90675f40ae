"""The receiver does what ITU-T Q.24 asks, and what spandsp asks of its own in tests 2–7.

The tests of spandsp are restated here by what they show (sound through A-law, limits of Mitel's CM7291 and
Bellcore's TR-TSY-000763), each with a margin. Nothing here reads the clock, the disk or real recordings.
"""

from __future__ import annotations

import numpy as np
import pytest

from speech import g711, tones
from speech.dtmf import DigitEnd, DigitStart, DtmfDetector, KeyPress, detect_digits
from speech.keytones import KEYS, key_tones

pytestmark = pytest.mark.unit

RATE = 8000


def line(sound: np.ndarray) -> np.ndarray:
    """What A-law makes of ``sound``, with silence behind it."""
    padded = np.concatenate([sound, np.zeros(800)])
    return g711.alaw_decode(g711.alaw_encode(np.clip(np.rint(padded), -32768, 32767).astype(np.int16)))


def heard(sound: np.ndarray) -> str:
    return "".join(press.digit for press in detect_digits(line(sound)))


def every_key(key: str = "", **options) -> str:
    """Return what is heard of all keys (or one), each at another place between two blocks."""
    options = {"on": 0.05, "off": 0.05, **options}
    sounds = [np.zeros(7)]
    for number, each in enumerate(key or KEYS):
        sounds += [key_tones(each, **options), np.zeros(3 + number)]
    return heard(np.concatenate(sounds))


def noisy(keys: str, snr_db: float, **options) -> np.ndarray:
    clean = key_tones(keys, level_dbm0=-10.0, **options).astype(float)
    power = (32767 * 10 ** (-13.14 / 20)) ** 2
    noise = np.random.default_rng(5).standard_normal(len(clean)) * np.sqrt(power / 10 ** (snr_db / 10))
    return clean + noise


def events_of(detector: DtmfDetector, sound: np.ndarray, sizes: list[int]) -> list[DigitStart | DigitEnd]:
    events, start = [], 0
    for size in sizes:
        events += detector.feed(sound[:, start : start + size])
        start += size
    return events + detector.feed(sound[:, start:]) + detector.finish()


# What becomes of a key press


def test_a_press_has_a_digit_a_start_and_an_end() -> None:
    sound = np.concatenate([np.zeros(4000), key_tones("5", on=0.1, off=0.2)])
    (press,) = detect_digits(line(sound))
    assert press == KeyPress("5", pytest.approx(0.5, abs=0.003), pytest.approx(0.6, abs=0.003))


def test_the_start_is_told_while_the_key_is_down_and_the_end_soon_after() -> None:
    detector = DtmfDetector()
    sound = line(np.concatenate([np.zeros(777), key_tones("8", on=0.2, off=0.2)]))[None]
    told = {}
    for at in range(0, sound.shape[1], 8):
        for event in detector.feed(sound[:, at : at + 8]):
            told[type(event)] = (at + 8 - 777) / RATE
    assert told[DigitStart] <= 0.045
    assert 0.2 < told[DigitEnd] <= 0.225


def test_a_key_that_is_still_down_goes_up_with_the_sound() -> None:
    sound = key_tones("3", on=0.3, off=0.0)
    near = pytest.approx
    assert detect_digits(sound) == [KeyPress("3", near(0.0, abs=0.003), near(0.3, abs=0.001))]


def test_a_long_press_is_one_digit() -> None:
    assert heard(key_tones("*", on=12.0, off=0.1)) == "*"


def test_floats_are_heard_as_the_integers_they_stand_for() -> None:
    sound = key_tones("147", on=0.06, off=0.06)
    assert detect_digits(sound.astype(np.float32) / 32768) == detect_digits(sound)


@pytest.mark.parametrize("shape", [(800,), (2, 800)])
def test_one_row_for_each_call(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"not \(3, n\)"):
        DtmfDetector(3).feed(np.zeros(shape, np.int16))
    with pytest.raises(ValueError, match="at least one call"):
        DtmfDetector(0)


# Chunks and calls


def test_how_sound_is_cut_changes_nothing() -> None:
    sound = line(noisy("159D*0#A77", 12.0, on=0.05, off=0.04))[None]
    whole = events_of(DtmfDetector(), sound, [])
    assert "".join(each.digit for each in whole if isinstance(each, DigitStart)) == "159D*0#A77"
    rng = np.random.default_rng(1)
    cuts = [[1] * 2000, [160] * 50, [0, 39, 41, 1, 1603]]
    cuts += [rng.integers(0, 400, 60).tolist() for _ in range(8)]
    for sizes in cuts:
        assert events_of(DtmfDetector(), sound, sizes) == whole


def test_calls_do_not_change_each_other() -> None:
    alone = [line(noisy(keys, 15.0, on=0.06, off=0.06)) for keys in ("123", "***", "#0#", "9A9")]
    together = events_of(DtmfDetector(4), np.stack(alone), [160] * 10)
    for call, sound in enumerate(alone):
        single = events_of(DtmfDetector(), sound[None], [])
        mine = [event for event in together if event.call == call]
        assert [(type(a), a.digit, a.start) for a in mine] == [(type(a), a.digit, a.start) for a in single]


def test_a_new_call_in_an_old_place_starts_from_nothing() -> None:
    detector = DtmfDetector(2)
    held = key_tones("1", on=0.4, off=0.0)[None].repeat(2, axis=0)
    assert [(each.call, each.digit) for each in detector.feed(held)] == [(0, "1"), (1, "1")]
    detector.reset(0)
    events = detector.feed(np.stack([key_tones("2", on=0.1, off=0.1), np.zeros(1600, np.int16)]))
    near = pytest.approx
    assert [each for each in events if each.call == 0] == [
        DigitStart(0, "2", near(0.0, abs=0.003)),
        DigitEnd(0, "2", near(0.0, abs=0.003), near(0.1, abs=0.003)),
    ]
    assert [each for each in events if each.call == 1] == [
        DigitEnd(1, "1", near(0.0, abs=0.003), near(0.4, abs=0.003))
    ]


# ITU-T Q.24, table A-1, column AT&T


@pytest.mark.parametrize("edge", [0.0, 0.004])
def test_forty_milliseconds_are_a_digit_and_twenty_three_are_not(edge: float) -> None:
    assert every_key(on=0.040, off=0.06, edge=edge) == KEYS
    assert every_key(on=0.036, off=0.06, edge=edge) == KEYS
    assert every_key(on=0.023, off=0.06, edge=edge) == ""
    assert every_key(on=0.028, off=0.06, edge=edge) == ""


@pytest.mark.parametrize("digit", "19D0")
def test_a_pause_parts_equal_digits_and_a_break_does_not(digit: str) -> None:
    for pause, expected in [(0.010, digit), (0.008, digit), (0.040, digit * 2), (0.020, digit * 2)]:
        sound = np.concatenate([key_tones(digit, on=0.06, off=pause), key_tones(digit, on=0.06)])
        assert heard(sound) == expected, pause


def test_a_break_in_the_middle_of_a_tone_does_not_split_it() -> None:
    sound = key_tones("6", on=0.2, off=0.1)
    sound[800:880] = 0
    assert heard(sound) == "6"


def test_ten_digits_a_second_and_faster() -> None:
    keys = KEYS + "0011223344556677"
    assert heard(key_tones(keys, on=0.05, off=0.05)) == keys
    assert heard(key_tones(keys, on=0.05, off=0.043)) == keys  # 93 ms a digit


# spandsp, tests 2–7


def test_2_all_sixteen_digits_ten_times() -> None:
    assert heard(key_tones(KEYS * 10, on=0.05, off=0.05, level_dbm0=-17.0)) == KEYS * 10


@pytest.mark.parametrize("digit", "159D")
@pytest.mark.parametrize("group", [0, 1])
def test_3_the_bandwidth_is_over_3_and_under_7_percent(digit: str, group: int) -> None:
    def found(percent: float) -> bool:
        offset = (percent, 0.0) if group == 0 else (0.0, percent)
        return every_key(digit, level_dbm0=-17.0, offset_percent=offset) == digit

    sweep = [percent / 10 for percent in range(-60, 61)]
    accepted = [percent for percent in sweep if found(percent)]
    assert min(accepted) <= -1.8 and max(accepted) >= 1.8
    assert min(accepted) >= -3.0 and max(accepted) <= 3.0
    assert len(accepted) == round((max(accepted) - min(accepted)) * 10) + 1


def test_3_all_digits_at_the_limits_of_q24() -> None:
    for sign in (1, -1):
        for both in ((1.5, 1.5), (1.5, -1.5)):
            assert every_key(offset_percent=(sign * both[0], sign * both[1])) == KEYS
        for one in ((3.5, 0.0), (0.0, 3.5)):
            assert every_key(offset_percent=(sign * one[0], sign * one[1])) == ""


@pytest.mark.parametrize("digit", "159D")
def test_4_twist_is_accepted_beyond_8_decibels_and_4_reversed(digit: str) -> None:
    for twist in (-8.5, -8.0, 4.0, 4.5):
        assert every_key(digit, twist_db=twist, level_dbm0=-12.0) == digit
    for twist in (-10.0, -20.0, 6.0, 20.0):
        assert every_key(digit, twist_db=twist, level_dbm0=-20.0) == ""


def test_5_the_dynamic_range_is_over_35_decibels() -> None:
    for level in (2.0, 0.0, -10.0, -25.0, -35.0, -39.0):
        assert every_key(level_dbm0=level) == KEYS, level
    for level in (-42.0, -50.0):
        assert every_key(level_dbm0=level) == "", level


def test_6_the_guard_time_lies_between_the_limits_of_q24() -> None:
    lengths = range(20, 50, 2)
    shortest = min(on for on in lengths if every_key("159D", on=on / 1000, off=0.06) == "159D")
    longest = max(on for on in lengths if every_key("159D", on=on / 1000, off=0.06) == "")
    assert 24 <= longest < shortest <= 38


@pytest.mark.parametrize("snr_db", [26.0, 20.0, 15.0])
def test_7_a_thousand_digits_in_white_noise(snr_db: float) -> None:
    assert heard(noisy("1" * 1000, snr_db, on=0.05, off=0.05)) == "1" * 1000


# What else is on a line


def test_a_digit_on_a_dial_tone() -> None:
    sound = key_tones("16", on=0.1, off=0.1, level_dbm0=-8.0).astype(float)
    assert heard(sound + tones.dial_tone(len(sound) / RATE, level_dbm0=-12.0)) == "16"


@pytest.mark.parametrize(("times", "on"), [(1.5, 0.05), (2.0, 0.1), (3.0, 0.3)])
def test_overdriven_digits(times: float, on: float) -> None:
    sound = key_tones(KEYS, on=on, off=0.1).astype(float)
    peak = sound.max()
    assert heard(np.clip(times * sound, -peak, peak)) == KEYS


def test_noise_and_progress_tones_are_no_digits() -> None:
    rng = np.random.default_rng(2)
    for sound in (
        rng.standard_normal(20 * RATE) * 3000,
        np.cumsum(rng.standard_normal(20 * RATE)) * 10,
        tones.dial_tone(3.0),
        tones.busy(3.0),
        np.zeros(RATE),
    ):
        assert heard(sound) == ""


@pytest.mark.parametrize("group", [0, 1])
def test_one_tone_of_a_group_is_no_digit(group: int) -> None:
    twist = -60.0 if group == 0 else 60.0
    level = -10.0 if group == 0 else -70.0
    assert every_key(on=0.1, off=0.1, level_dbm0=level, twist_db=twist) == ""
