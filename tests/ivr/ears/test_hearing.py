from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from calls.errors import LinkError
from ivr import actions, events
from ivr.doors import RATE, Samples
from ivr.ears.hearing import BLOCK, Ear, Told
from ivr.listener import END_OF_NUMBER, END_OF_PHRASE, END_OF_WHOLE_PHRASE, Listener
from ivr.values import ValueKind
from ivr.wire import ears
from ivr.wire.ring import FRAME, FRAMES, SoundRing
from speech.recogniser import VoskModel
from speech.voices import Speaker
from tests.ivr.ears.sound import AFTER, quiet, said, write

PHRASES = ("查话费", "人工服务", "携号转网")
MENU = ears.Listen("c1", 7, PHRASES)
NUMBER = ears.Listen("c1", 8, value="digits", secret=True)


@pytest.fixture
def ear(model: VoskModel, ring: SoundRing) -> Ear:
    """An ear with call ``c1`` attached in slot 1."""
    made = Ear(model, lambda: ring)
    made.take(ears.Attach("c1", 1))
    return made


def hear(ear: Ear, ring: SoundRing, sound: Samples, slot: int = 1, step: int = 800) -> list[Told]:
    """Write the sound in steps of 100 ms, and have the ear keep up with it."""
    told: list[Told] = []
    for first in range(0, len(sound), step):
        write(ring, slot, sound[first : first + step])
        while ear.due:
            told += ear.step()
    return told


def answer(told: list[Told]) -> list[tuple[str, int, str | None]]:
    return [(each.call, each.listen, each.answer) for each in told if isinstance(each, ears.Heard)]


@pytest.mark.integration
def test_a_menu_is_understood(ear: Ear, ring: SoundRing, speaker: Speaker) -> None:
    ear.take(MENU)
    assert ear.busy
    started, heard = hear(ear, ring, said(speaker, "人工服务"))
    assert started == ears.SpeechStarted("c1", 7)
    assert answer([heard]) == [("c1", 7, "人工服务")]
    assert not ear.busy


@pytest.mark.integration
def test_a_number_is_understood(ear: Ear, ring: SoundRing, speaker: Speaker) -> None:
    ear.take(NUMBER)
    assert answer(hear(ear, ring, said(speaker, "四零七", "八五九", pause=0.8))) == [("c1", 8, "407859")]


@pytest.mark.integration
def test_a_message_ends_with_silence(ear: Ear, ring: SoundRing, speaker: Speaker) -> None:
    ear.take(ears.AwaitSilence("c1", 7, 2.6))
    assert hear(ear, ring, said(speaker, "你好", after=3.5)) == [ears.FellSilent("c1", 7)]
    ear.take(ears.AwaitSilence("c1", 7, 60.0))
    ear.take(ears.StopAwaiting("c1"))
    assert not ear.busy


@pytest.mark.integration
@pytest.mark.parametrize(
    ("listen", "text", "endpoint"),
    [
        (MENU, "人工服务", END_OF_WHOLE_PHRASE),
        (ears.Listen("c1", 7, ("人工服务", "人工服务评价")), "人工服务", END_OF_PHRASE),
        (NUMBER, "四零七八五九", END_OF_NUMBER),
    ],
)
def test_the_decision_comes_within_200_ms_of_the_endpoint(
    ear: Ear, ring: SoundRing, speaker: Speaker, listen: ears.Listen, text: str, endpoint: float
) -> None:
    sound = said(speaker, text)
    ear.take(listen)
    for first in range(0, len(sound), FRAME):
        write(ring, 1, sound[first : first + FRAME])
        if answer(list(ear.step())):
            break
    decided = (first + FRAME) / RATE - (len(sound) / RATE - AFTER)
    assert decided <= endpoint + 0.2


@pytest.mark.integration
@pytest.mark.parametrize(("listen", "text"), [(MENU, "人工服务"), (NUMBER, "四零七八五九")])
def test_blocks_delay_an_answer_by_a_frame_at_most(
    model: VoskModel, ear: Ear, ring: SoundRing, speaker: Speaker, listen: ears.Listen, text: str
) -> None:
    sound = said(speaker, text)
    sound = sound[: len(sound) // FRAME * FRAME]
    ear.take(listen)
    listener = Listener(model)
    listener.start(
        actions.Listen(listen.listen, listen.phrases, cast(ValueKind | None, listen.value or None))
    )
    in_blocks, in_frames = [], []
    for frame, sound_of_it in enumerate(sound.reshape(-1, FRAME)):
        write(ring, 1, sound_of_it)
        in_blocks += [frame for told in ear.step() if isinstance(told, ears.Heard)]
        in_frames += [frame for told in listener.feed(sound_of_it) if isinstance(told, events.Heard)]
    (by_blocks,), (by_frames,) = in_blocks, in_frames
    assert by_blocks - by_frames in (0, 1)


@pytest.mark.integration
def test_what_nobody_waits_for_is_left_in_the_ring(ear: Ear, ring: SoundRing, speaker: Speaker) -> None:
    assert hear(ear, ring, said(speaker, "人工服务")) == []
    assert not ear.due


@pytest.mark.integration
def test_a_word_that_had_begun_before_the_question_counts(
    ear: Ear, ring: SoundRing, speaker: Speaker
) -> None:
    sound = said(speaker, "人工服务")
    middle = round(2.9 * RATE)
    hear(ear, ring, quiet(20.0))
    hear(ear, ring, sound[:middle])
    ear.take(MENU)
    assert answer(hear(ear, ring, sound[middle:])) == [("c1", 7, "人工服务")]


@pytest.mark.integration
def test_the_slot_s_former_call_is_never_heard(model: VoskModel, ring: SoundRing, speaker: Speaker) -> None:
    sound = said(speaker, "人工服务")
    ear = Ear(model, lambda: ring)
    write(ring, 1, sound[: -round(AFTER * RATE)])
    ear.take(ears.Attach("c1", 1))
    ear.take(MENU)
    assert hear(ear, ring, sound[-round(AFTER * RATE) :]) == []


@pytest.mark.integration
def test_after_an_answer_the_rest_is_kept_for_the_next_question(
    ear: Ear, ring: SoundRing, speaker: Speaker
) -> None:
    ear.take(MENU)
    write(ring, 1, said(speaker, "人工服务", "查话费", pause=1.5))  # 7 s at once: the ear was held up
    told: list[Told] = []
    while ear.due:
        told += ear.step()
    ear.take(ears.Listen("c1", 9, PHRASES))
    told += hear(ear, ring, quiet(1.0))
    assert answer(told) == [("c1", 7, "人工服务")]


@pytest.mark.integration
def test_several_calls_are_heard_side_by_side(model: VoskModel, ring: SoundRing, speaker: Speaker) -> None:
    ear = Ear(model, lambda: ring)
    texts = dict(enumerate(("查话费", "人工服务", "携号转网")))
    sounds = {slot: said(speaker, text, after=3.0) for slot, text in texts.items()}
    for slot in texts:
        ear.take(ears.Attach(f"c{slot}", slot))
        ear.take(ears.Listen(f"c{slot}", slot, PHRASES))
    told: list[Told] = []
    for first in range(0, max(map(len, sounds.values())), 800):
        for slot, sound in sounds.items():
            write(ring, slot, sound[first : first + 800])
        told += ear.step()
    assert sorted(answer(told)) == [(f"c{slot}", slot, text) for slot, text in texts.items()]


@pytest.mark.integration
def test_sound_that_was_lost_is_silence_and_is_told(ear: Ear, ring: SoundRing) -> None:
    ear.take(ears.AwaitSilence("c1", 7, 11.0))
    write(ring, 1, quiet(FRAMES * 0.02 + 2.0))
    told: list[Told] = []
    while ear.due:
        told += ear.step()
    assert told == [ears.FellSilent("c1", 7)]
    assert ear.health() == ears.EarHealth(1, FRAMES * 20.0 + 2000.0)
    assert ear.health() == ears.EarHealth(1, 0.0)


@pytest.mark.integration
def test_a_call_that_is_not_attached_is_left_alone(ear: Ear, ring: SoundRing) -> None:
    ear.take(ears.Listen("other", 1, PHRASES))
    ear.take(ears.Detach("other"))
    ear.take(MENU)
    ear.take(ears.Detach("c1"))
    write(ring, 1, quiet(1.0))
    assert (ear.busy, ear.due, list(ear.step()), ear.health()) == (False, False, [], ears.EarHealth(0, 0.0))


@pytest.mark.integration
def test_a_failure_of_one_call_is_its_own_and_says_nothing_of_what_was_said(
    ear: Ear, ring: SoundRing, speaker: Speaker, capsys: pytest.CaptureFixture[str]
) -> None:
    ear.take(ears.Listen("c1", 1, value="no such kind"))
    assert hear(ear, ring, said(speaker, "四零七八")) == [ears.SpeechStarted("c1", 1)]
    ear.take(ears.AwaitSilence("c1", 7, float("nan")))
    assert not ear.busy
    ear.take(MENU)
    assert answer(hear(ear, ring, said(speaker, "人工服务"))) == [("c1", 7, "人工服务")]
    logged = capsys.readouterr()
    assert logged.out.count("hearing a call failed") == 2
    assert "no such kind" not in logged.out + logged.err


@pytest.mark.integration
def test_calls_beyond_the_limit_and_slots_beyond_the_ring_are_not_heard(
    model: VoskModel, ring: SoundRing
) -> None:
    ear = Ear(model, lambda: ring, most_calls=1)
    for call, slot in (("c1", 99), ("c2", 0), ("c3", 1)):
        ear.take(ears.Attach(call, slot))
        ear.take(ears.Listen(call, 1, PHRASES))
    assert ear.health() == ears.EarHealth(1, 0.0)


@pytest.mark.integration
def test_without_a_ring_nothing_is_heard(model: VoskModel) -> None:
    def none() -> SoundRing:
        raise LinkError("ring: none")

    ear = Ear(model, none)
    ear.take(ears.Attach("c1", 0))
    assert ear.health() == ears.EarHealth(0, 0.0)


@pytest.mark.integration
def test_a_block_is_a_tenth_of_a_second(ear: Ear, ring: SoundRing) -> None:
    ear.take(MENU)
    write(ring, 1, np.zeros((BLOCK - 1) * FRAME, np.int16))
    assert not ear.due
    write(ring, 1, np.zeros(FRAME, np.int16))
    assert ear.due
