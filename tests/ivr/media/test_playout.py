from __future__ import annotations

import pytest

from ivr.media.playout import STAGE, Playout, Stream
from ivr.media.sounds import SoundBank

pytestmark = pytest.mark.unit

SPAN = slice(0, 2)
SILENCE = 0xD5


class Stage:
    """Two legs, of which the second is played to."""

    def __init__(self) -> None:
        self.ended: list[tuple[int, int]] = []
        bank = SoundBank(20, Playout.reserved(2))
        bank.put("abc", b"".join(bytes([letter]) * 160 for letter in b"abc"))
        bank.put("x", b"x" * 160)
        self.playout = Playout(2, bank, lambda slot, play: self.ended.append((slot, play)))

    def take(self, ticks: int = 1) -> str:
        """What the second leg hears: a letter a frame, a dot for silence."""
        heard = ""
        for _ in range(ticks):
            frames = self.playout.take(SPAN)
            assert (frames[0] == SILENCE).all()
            letter = int(frames[1, 0])
            assert (frames[1] == letter).all()
            heard += "." if letter == SILENCE else chr(letter)
        return heard


def test_a_sound_is_played_once_and_its_end_is_told_with_its_last_frame() -> None:
    stage = Stage()
    stage.playout.play(1, "abc", 7)
    assert stage.take(2) == "ab"
    assert stage.ended == []
    assert stage.take() == "c"
    assert stage.ended == [(1, 7)]
    assert stage.take(2) == ".."


def test_a_loop_goes_on_and_has_no_end() -> None:
    stage = Stage()
    stage.playout.play(1, "abc", 7, loop=True)
    assert stage.take(8) == "abcabcab"
    stage.playout.stop(1)
    assert stage.take(2) == ".."
    assert stage.ended == []


def test_another_sound_takes_the_place_of_the_first_with_the_next_frame() -> None:
    stage = Stage()
    stage.playout.play(1, "abc", 1)
    assert stage.take() == "a"
    stage.playout.play(1, "x", 2)
    assert stage.take(2) == "x."
    assert stage.ended == [(1, 2)]


def test_a_stream_is_played_as_it_comes_with_silence_where_it_comes_too_slowly() -> None:
    stage = Stage()
    stage.playout.play_stream(1, Stream(3))
    assert stage.take() == "."
    stage.playout.feed(1, 3, b"a" * 160 + b"b" * 100, last=False)
    assert stage.take(2) == "a."
    stage.playout.feed(1, 3, b"b" * 60, last=False)
    stage.playout.feed(1, 3, b"c" * 160, last=True)
    assert stage.ended == []
    assert stage.take(3) == "bc."
    assert stage.ended == [(1, 3)]


def test_an_end_that_brings_nothing_is_an_end() -> None:
    stage = Stage()
    stage.playout.play_stream(1, Stream(3))
    stage.playout.feed(1, 3, b"a" * 160, last=False)
    assert stage.take(2) == "a."
    stage.playout.feed(1, 3, b"", last=True)
    assert stage.ended == [(1, 3)]


def test_a_long_stream_is_played_whole() -> None:
    stage = Stage()
    stage.playout.play_stream(1, Stream(3))
    letters = "".join(chr(ord("a") + number % 26) for number in range(3 * STAGE + 5))
    stage.playout.feed(1, 3, b"".join(letter.encode() * 160 for letter in letters), last=True)
    assert stage.take(len(letters)) == letters


def test_what_is_fed_to_a_stream_that_was_stopped_or_another_is_ignored() -> None:
    stage = Stage()
    stage.playout.play_stream(1, Stream(3))
    stage.playout.feed(1, 4, b"a" * 160, last=False)
    stage.playout.stop(1)
    stage.playout.feed(1, 3, b"b" * 160, last=True)
    assert stage.take(2) == ".."
    assert stage.ended == []


def test_a_stream_that_comes_much_too_fast_is_cut_and_says_by_how_much() -> None:
    stage = Stage()
    stage.playout.play_stream(1, Stream(3, most=320))
    assert stage.playout.feed(1, 3, b"a" * 480, last=False) == 160
    assert stage.take(3) == "aa."


def test_a_leg_is_busy_as_long_as_something_may_come() -> None:
    stage = Stage()
    assert not stage.playout.busy(1)
    stage.playout.play_stream(1, Stream(3))
    assert stage.playout.busy(1)
    stage.playout.feed(1, 3, b"", last=True)
    assert not stage.playout.busy(1)
