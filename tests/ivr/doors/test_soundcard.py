from __future__ import annotations

from queue import Empty

import numpy as np
import pytest

from calls.errors import SoundCardError
from ivr.doors import FRAME, RATE, Samples, soundcard
from ivr.doors.soundcard import BACKLOG, STEPS, Capture, Playback, SoundCard

pytestmark = pytest.mark.unit

RATES = [RATE, 16_000, 44_100, 48_000]
SILENCE = np.zeros(FRAME, np.int16)


def tone(seconds: float, rate: int = RATE) -> Samples:
    time = np.arange(round(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * 1000 * time)).astype(np.int16)


def level(sound: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=float))))


def played_by(playback: Playback, blocks: int) -> Samples:
    return np.concatenate([np.frombuffer(playback.next_block(), np.int16) for _ in range(blocks)])


@pytest.mark.parametrize("rate", RATES)
def test_the_microphone_is_heard_at_the_telephones_rate(rate: int) -> None:
    capture = Capture(rate)
    for block in np.split(tone(1.0, rate), STEPS):
        capture.put(block.tobytes())
    frames = []
    with pytest.raises(Empty):
        while True:
            frames.append(capture.take(0))
    assert {(len(frame), frame.dtype) for frame in frames} == {(FRAME, np.dtype(np.int16))}
    assert len(frames) == pytest.approx(STEPS, abs=5)  # the resampler holds some back
    assert level(np.concatenate(frames[5:-5])) == pytest.approx(8000 / np.sqrt(2), rel=0.02)


@pytest.mark.parametrize("rate", RATES)
def test_a_sound_is_played_at_the_cards_rate(rate: int) -> None:
    playback = Playback(rate)
    playback.play(tone(1.0))
    sound = played_by(playback, STEPS + 1)
    assert len(sound) == rate // STEPS * (STEPS + 1)
    spectrum = np.abs(np.fft.rfft(sound[:rate]))
    assert (spectrum.argmax(), not sound[rate:].any()) == (1000, True)


def test_what_was_played_is_told_step_by_step() -> None:
    playback = Playback(48_000)
    playback.play(tone(0.05))
    told = []
    for _ in range(4):
        playback.next_block()
        told.append(playback.take())
    assert [ended for _, ended in told] == [False, False, True, False]
    heard = np.concatenate([frame for frame, _ in told])
    assert np.array_equal(heard, np.pad(tone(0.05), (0, 4 * FRAME - 400)))


def test_a_stopped_sound_is_silent_with_the_next_block_and_never_ends() -> None:
    playback = Playback(RATE)
    playback.play(tone(0.04))
    played_by(playback, 2)
    playback.stop()
    assert not played_by(playback, 1).any()
    assert [playback.take()[1] for _ in range(3)] == [False] * 3


def test_a_sound_takes_the_place_of_another() -> None:
    playback = Playback(RATE)
    playback.play(tone(1.0))
    playback.play(np.full(FRAME, 7, np.int16))
    assert np.array_equal(played_by(playback, 2), np.pad(np.full(FRAME, 7, np.int16), (0, FRAME)))
    assert [playback.take()[1] for _ in range(2)] == [True, False]


def test_a_sound_without_samples_ends_too() -> None:
    playback = Playback(RATE)
    playback.play(np.zeros(0, np.int16))
    playback.next_block()
    assert playback.take()[1]


def test_headphones_that_run_ahead_are_caught_up_with() -> None:
    playback = Playback(RATE)
    playback.play(tone(0.4))
    played_by(playback, 30)
    assert playback.take()[1]


def test_a_call_that_takes_its_time_loses_the_newest_sound_and_counts_it() -> None:
    capture = Capture(RATE)
    for number in range(BACKLOG + 3):
        capture.put(np.full(FRAME, number, np.int16).tobytes())
    assert [int(capture.take(0)[0]) for _ in range(BACKLOG)] == list(range(BACKLOG))
    assert capture.lost == 3


def test_what_the_card_reports_is_counted() -> None:
    capture, playback = Capture(RATE), Playback(RATE)
    card = SoundCard(capture, playback)
    capture.put(SILENCE.tobytes())
    card.start()
    capture.put(SILENCE.tobytes(), after_loss=True)
    playback.next_block(after_gap=True)
    assert (card.lost, card.gaps) == (1, 1)


def test_a_call_begins_with_what_is_heard_then() -> None:
    capture, playback = Capture(RATE), Playback(RATE)
    card = SoundCard(capture, playback)
    for number in (1, 2, 3):
        capture.put(np.full(FRAME, number, np.int16).tobytes())
        playback.next_block()
    card.start()
    capture.put(np.full(FRAME, 4, np.int16).tobytes())
    card.play(np.full(FRAME, 5, np.int16))
    playback.next_block()
    heard, played, ended = card.exchange()
    assert (heard[0], played[0], ended) == (4, 5, True)


def test_a_microphone_that_stops_ends_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundcard, "PATIENCE", 0.0)
    with pytest.raises(SoundCardError, match=r"the microphone has given no sound.*--list-devices"):
        SoundCard(Capture(RATE), Playback(RATE)).exchange()


def test_headphones_that_stop_end_the_call() -> None:
    capture = Capture(RATE)
    card = SoundCard(capture, Playback(RATE))
    card.play(tone(1.0))
    with pytest.raises(SoundCardError, match=r"the headphones have taken no sound"):
        for _ in range(BACKLOG):
            capture.put(SILENCE.tobytes())
            card.exchange()
