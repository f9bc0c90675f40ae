from __future__ import annotations

import numpy as np
import pytest

from ivr.media.tones import MOST, Tone, ToneWatch
from speech.dtmf import detect_digits
from speech.g711 import alaw_decode, alaw_encode
from speech.keytones import KEYS, key_tones

pytestmark = pytest.mark.unit


def frames_of(sound: np.ndarray) -> np.ndarray:
    whole = np.pad(sound, (0, -len(sound) % 160)).astype(np.int16)
    return np.frombuffer(alaw_encode(whole), np.uint8).reshape(-1, 160)


def told(watch: ToneWatch, sounds: dict[int, np.ndarray], count: int, first: int = 0) -> list[Tone]:
    """Feed sounds by slot to a watch of ``count`` slots from ``first`` on."""
    said = {slot: frames_of(sound) for slot, sound in sounds.items()}
    events = []
    for frame in range(max(map(len, said.values()))):
        rows = np.full((count, 160), 0xD5, np.uint8)
        for slot, frames in said.items():
            if frame < len(frames):
                rows[slot - first] = frames[frame]
        exact = alaw_decode(rows.tobytes()).reshape(-1, 160).astype(np.float32)
        events += watch.feed(slice(first, first + count), rows, exact, np.square(exact).mean(axis=1))
    return events


def keys(events: list[Tone], slot: int) -> str:
    return "".join(tone.key for tone in events if tone.slot == slot and tone.what == "down")


def test_keys_of_many_legs_are_heard_each_by_itself() -> None:
    watch = ToneWatch(200)
    sounds = {slot: key_tones("0123456789*#ABCD"[slot % 16] + "5") for slot in range(100, 200)}
    events = told(watch, sounds, 100, first=100)
    assert {slot: keys(events, slot) for slot in sounds} == {
        slot: "0123456789*#ABCD"[slot % 16] + "5" for slot in sounds
    }


@pytest.mark.parametrize("at", [0, 1, 40, 80, 119, 150])
def test_a_short_tone_is_heard_wherever_it_begins_in_a_frame(at: int) -> None:
    sound = np.concatenate([np.zeros(at), key_tones("9", on=0.04, off=0.2)]).astype(np.int16)
    events = told(ToneWatch(1), {0: np.pad(sound, (0, 160))}, 1)
    assert keys(events, 0) == "9"
    up = [tone for tone in events if tone.what == "up"]
    assert [tone.seconds for tone in up] == [pytest.approx(0.04, abs=0.008)]


@pytest.mark.parametrize("level", [-3.0, -20.0, -36.0])
def test_faint_tones_are_heard_too(level: float) -> None:
    sound = np.pad(key_tones("42", level_dbm0=level), (0, 800))
    assert keys(told(ToneWatch(1), {0: sound}, 1), 0) == "42"


def heard(sound: np.ndarray) -> str:
    return keys(told(ToneWatch(1), {0: np.pad(sound, (0, 800))}, 1), 0)


def test_what_is_heard_is_what_a_detector_hears_that_listens_all_the_time() -> None:
    chance = np.random.default_rng(8)
    differ = 0
    for _ in range(60):
        sound = key_tones(
            "".join(chance.choice(list(KEYS), 4)),
            on=chance.uniform(0.042, 0.15),
            off=chance.uniform(0.045, 0.15),
            level_dbm0=chance.uniform(-30, -6),
            twist_db=chance.uniform(-7, 3),
            offset_percent=(chance.uniform(-1.5, 1.5), chance.uniform(-1.5, 1.5)),
        ).astype(float)
        sound = np.concatenate([np.zeros(int(chance.integers(0, 400))), sound, np.zeros(800)])
        sound += chance.standard_normal(len(sound)) * np.sqrt(np.mean(sound**2)) * chance.uniform(0, 0.2)
        line = alaw_decode(alaw_encode(np.clip(sound, -32768, 32767).astype(np.int16)))
        differ += heard(line) != "".join(press.digit for press in detect_digits(line))
    assert differ == 0


def test_a_key_on_a_dial_tone_is_heard() -> None:
    time = np.arange(4000) / 8000
    dial = 2000 * np.sin(2 * np.pi * 450 * time)
    dial[800:1600] += key_tones("6", on=0.1, off=0.0, level_dbm0=-14.0)[:800]
    assert heard(dial.astype(np.int16)) == "6"


def test_a_key_is_told_as_soon_as_it_is_certain() -> None:
    watch, sound = ToneWatch(1), key_tones("5", on=0.2, off=0.0)
    assert [tone.what for tone in told(watch, {0: sound[:480]}, 1)] == ["down"]
    assert watch.followed == 1


def test_a_long_key_is_one_press() -> None:
    events = told(ToneWatch(1), {0: np.pad(key_tones("5", on=2.0, off=0.0), (0, 800))}, 1)
    assert events == [Tone(0, "5", "down"), Tone(0, "5", "up", pytest.approx(2.0, abs=0.01))]


def test_nobody_is_followed_who_presses_nothing() -> None:
    chance = np.random.default_rng(1)
    watch = ToneWatch(20)
    sounds = {slot: chance.standard_normal(8000) * 2000 for slot in range(20)}
    assert told(watch, sounds, 20) == []
    assert watch.followed == 0


def test_where_everyone_presses_at_once_some_have_to_wait_and_it_is_counted() -> None:
    watch = ToneWatch(3 * MOST)
    sound = np.pad(key_tones("8", on=0.3, off=0.0), (0, 1600))
    events = told(watch, {slot: sound for slot in range(3 * MOST)}, 3 * MOST)
    assert watch.waited > 0
    assert {slot: keys(events, slot) for slot in range(3 * MOST)} == dict.fromkeys(range(3 * MOST), "8")
    assert watch.followed == 0


def test_who_leaves_is_forgotten_and_its_place_is_clean() -> None:
    watch = ToneWatch(1)
    sound = key_tones("7", on=0.1)
    told(watch, {0: sound[: 160 * 4]}, 1)
    assert watch.followed == 1
    watch.leave(0)
    watch.leave(0)
    assert watch.followed == 0
    assert keys(told(watch, {0: np.pad(key_tones("3"), (0, 480))}, 1), 0) == "3"
