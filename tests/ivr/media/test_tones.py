from __future__ import annotations

import numpy as np
import pytest

from ivr.media.tones import LINGER, PLACES, Tone, ToneWatch
from speech.keytones import key_tones

pytestmark = pytest.mark.unit


def told(watch: ToneWatch, sounds: dict[int, np.ndarray], count: int, first: int = 0) -> list[Tone]:
    """Feed sounds by slot to a watch of ``count`` slots from ``first`` on."""
    frames = max(len(sound) for sound in sounds.values()) // 160
    events = []
    for frame in range(frames):
        rows = np.zeros((count, 160), np.int16)
        for slot, sound in sounds.items():
            piece = sound[frame * 160 : (frame + 1) * 160]
            rows[slot - first, : len(piece)] = piece
        power = np.square(rows.astype(np.float32)).mean(axis=1)
        events += watch.feed(slice(first, first + count), rows, power)
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


def test_only_who_is_not_quiet_is_listened_to() -> None:
    watch = ToneWatch(300)
    sounds = {slot: np.pad(key_tones("1"), (0, 160 * (LINGER + 4))) for slot in range(PLACES + 3)}
    rows = np.stack([sound[:160] for sound in sounds.values()])
    loud = np.vstack([rows, np.zeros((300 - len(rows), 160), np.int16)])
    watch.feed(slice(0, 300), loud, np.square(loud.astype(np.float32)).mean(axis=1))
    assert watch.listening == PLACES + 3
    told(watch, {slot: sound[160:] for slot, sound in sounds.items()}, 300)
    assert watch.listening == 0


def test_who_leaves_is_forgotten_and_its_place_is_clean() -> None:
    watch = ToneWatch(1)
    sound = key_tones("7", on=0.1)
    told(watch, {0: sound[: 160 * 2]}, 1)
    watch.leave(0)
    watch.leave(0)
    assert watch.listening == 0
    assert keys(told(watch, {0: np.pad(key_tones("3"), (0, 480))}, 1), 0) == "3"
