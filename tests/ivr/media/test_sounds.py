from __future__ import annotations

import numpy as np
import pytest

from ivr.media.sounds import SoundBank

pytestmark = pytest.mark.unit


def test_a_sound_lies_in_whole_frames_padded_with_silence() -> None:
    bank = SoundBank(10)
    assert bank.put("a", bytes([1]) * 200)
    first, end = bank.hold("a")
    assert end - first == 2
    assert bank.frames[first:end].reshape(-1).tolist() == [1] * 200 + [0xD5] * 120


def test_the_first_frame_is_silence_and_those_reserved_are_left_alone() -> None:
    bank = SoundBank(3, reserved=5)
    bank.put("a", bytes(160))
    assert bank.hold("a") == (5, 6)
    assert (bank.frames[0] == 0xD5).all()


def test_the_sound_not_played_for_longest_makes_room() -> None:
    bank = SoundBank(4)
    for name in "abcd":
        bank.put(name, name.encode() * 160)
    bank.hold("a")
    bank.release("a")
    assert bank.put("e", b"e" * 160)
    assert [name for name in "abcde" if name in bank] == ["a", "c", "d", "e"]
    first, _ = bank.hold("e")
    assert bank.frames[first].tobytes() == b"e" * 160


def test_what_is_being_played_stays_and_then_there_may_be_no_room() -> None:
    bank = SoundBank(2)
    bank.put("a", bytes(160))
    bank.put("b", bytes(160))
    bank.hold("a")
    bank.hold("a")
    bank.hold("b")
    bank.release("a")
    assert not bank.put("c", bytes(160))
    bank.release("a")
    assert bank.put("c", bytes(160))
    assert "a" not in bank


def test_a_sound_longer_than_everything_has_no_room() -> None:
    bank = SoundBank(2)
    bank.put("a", bytes(160))
    assert not bank.put("b", bytes(161 * 2 + 160))
    assert not np.shares_memory(bank.frames, SoundBank(1).frames)


def test_everything_can_be_forgotten() -> None:
    bank = SoundBank(1)
    bank.put("a", bytes(160))
    bank.hold("a")
    bank.forget()
    assert "a" not in bank
    assert bank.put("b", bytes(160))
